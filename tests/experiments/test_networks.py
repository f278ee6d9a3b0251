"""The claims on whole networks, on records with a known truth."""

import numpy as np
import pytest

from archbench.experiments.claim import Outcome, judge
from archbench.experiments.networks import CLAIMS
from archbench.workloads.case import Case
from archbench.workloads.grids import SIX
from archbench.workloads.network import FORM_FUNCTION, NETWORKS, NetworkWorkload
from archbench.workloads.pattern import PatternWorkload
from tests.samples import record

NAMED = {claim.name: claim for claim in CLAIMS}

#: Seconds on torch and speedup of each network; each gains as its core pattern does.
CORE_GAINS = dict(zip(SIX, (2.2, 2.5, 3.0, 4.0, 5.0, 2.7), strict=True))
PAPER = {name: (20e-3 + 1e-3 * index, CORE_GAINS[NETWORKS[name].core]) for index, name in enumerate(FORM_FUNCTION)} | {
    "mobilenet-v2": (5e-3, 5.0),
    "darts": (30e-3, 6.0),
}
NOISY = {"between": 0.3, "count": 3}


def measured(networks, patterns=CORE_GAINS, **kwargs):
    generator = np.random.default_rng(3)
    points = [(NetworkWorkload(network=name), native, gain) for name, (native, gain) in networks.items()]
    points += [(PatternWorkload(pattern=name, depth=10, width=64), 2e-3, gain) for name, gain in patterns.items()]
    made = {}
    for workload, native, gain in points:
        for backend, own, reference in (("torch", native, None), ("openvino-cpu-f32", native / gain, native)):
            case_id = Case(workload=workload, backend=backend).id
            made[case_id] = record(case_id, generator, own=own, reference=reference, **kwargs)
    return made


def outcome(name, networks=PAPER, patterns=CORE_GAINS, **kwargs):
    return judge(NAMED[name], measured(networks, patterns, **kwargs)).outcome


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_a_claim_holds_where_the_paper_is_right_and_needs_its_cases(claim):
    assert judge(claim, {}).outcome is Outcome.NOT_MEASURED
    assert outcome(claim.name) is Outcome.HOLDS


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("networks-gain-twofold", {"resnet18": (20e-3, 1.7)}),
        ("networks-darts-gains-most", {"resnet18": (20e-3, 7.0)}),
        ("networks-mobilenet-v2-is-fastest", {"resnet18": (4e-3, 2.2)}),
        ("networks-gain-follows-core-pattern", {name: (20e-3, 10 / gain) for name, (_, gain) in PAPER.items()}),
    ],
)
def test_a_claim_that_is_false_does_not_hold(name, changed):
    assert outcome(name, PAPER | changed) is Outcome.DOES_NOT_HOLD


def test_the_twofold_gain_has_a_verdict_for_each_network():
    networks = PAPER | {"resnet18": (20e-3, 1.5), "resnet34": (20e-3, 1.4)}
    found = judge(NAMED["networks-gain-twofold"], measured(networks))

    holds, fails = found.evidence.split("; ")
    assert fails.startswith("does not: resnet18 1.") and ", resnet34 1." in fails
    assert holds.startswith("holds: resnet50") and all(name in holds for name in FORM_FUNCTION[2:])


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("networks-gain-twofold", {"resnet18": (20e-3, 2.02)}),
        ("networks-darts-gains-most", {"resnet18": (20e-3, 6.0)}),
        ("networks-mobilenet-v2-is-fastest", {"resnet18": (5e-3, 5.0)}),
    ],
)
def test_what_noise_hides_is_inconclusive(name, changed):
    assert outcome(name, PAPER | changed, **NOISY) is Outcome.INCONCLUSIVE


def test_gains_that_have_nothing_to_do_with_the_core_pattern_are_inconclusive():
    shuffled = {name: (20e-3, 2.0 + (index * 7) % 11) for index, name in enumerate(FORM_FUNCTION)}

    assert outcome("networks-gain-follows-core-pattern", shuffled) is Outcome.INCONCLUSIVE


def test_other_networks_patterns_and_threads_are_not_the_papers():
    generator = np.random.default_rng(3)
    records = measured({})
    for case_id in ("efficientnet-b0-224x224-b1:openvino-cpu-f32:t1", "darts-224x224-b1:openvino-cpu-f32:t2"):
        records[case_id] = record(case_id, generator)

    assert {judge(claim, records).outcome for claim in CLAIMS} == {Outcome.NOT_MEASURED}
