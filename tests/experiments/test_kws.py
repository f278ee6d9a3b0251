"""The claims on keyword-spotting networks, on records with a known truth."""

import numpy as np
import pytest

from archbench.experiments.claim import Outcome, judge
from archbench.experiments.kws import CLAIMS
from archbench.workloads.kws import published
from tests.samples import record

NAMED = {claim.name: claim for claim in CLAIMS}
FASTER, ORDER = "kws-front-is-faster", "kws-operations-do-not-tell-latency"

IN_ORDER = {workload.id: 10e-3 / (index + 1) for index, workload in enumerate(published())}
SHUFFLED = IN_ORDER | {"kws12-b1": 5e-3}
NOISY = {"between": 0.3, "count": 3}


def measured(seconds, backends=("torch", "openvino-cpu-f32"), **kwargs):
    generator = np.random.default_rng(3)
    return {
        f"{name}:{backend}:t1": record(f"{name}:{backend}:t1", generator, own=own, reference=None, **kwargs)
        for name, own in seconds.items()
        for backend in backends
    }


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_a_claim_holds_where_the_paper_is_right_and_needs_its_cases(claim):
    assert judge(claim, {}).outcome is Outcome.NOT_MEASURED
    assert judge(claim, measured(SHUFFLED)).outcome is Outcome.HOLDS


def test_a_found_network_that_is_slower_than_the_seed_refutes():
    found = judge(NAMED[FASTER], measured(IN_ORDER | {"kws3-b1": 11e-3}))

    assert found.outcome is Outcome.DOES_NOT_HOLD
    assert found.evidence.startswith("torch: 12 networks, 0.91x [")
    assert "(kws3) to 1" in found.evidence


def test_the_seed_alone_refutes_nothing():
    assert judge(NAMED[FASTER], measured({"kws-seed-b1": 1e-3})).outcome is Outcome.NOT_MEASURED
    assert judge(NAMED[ORDER], measured({"kws-seed-b1": 1e-3})).outcome is Outcome.NOT_MEASURED


def test_latency_in_the_order_of_operations_refutes():
    found = judge(NAMED[ORDER], measured(IN_ORDER))

    assert found.outcome is Outcome.DOES_NOT_HOLD
    assert found.evidence.startswith("torch: rank correlation +1.00 [")


def test_the_evidence_names_the_pair_furthest_apart():
    found = judge(NAMED[ORDER], measured(SHUFFLED, backends=("torch",)))

    assert "10 pairs surely in the wrong order, such as kws12 with 0.10 of the operations of kws2" in found.evidence


@pytest.mark.parametrize("name", [FASTER, ORDER])
def test_what_noise_hides_is_inconclusive(name):
    alike = {name: 5e-3 + 1e-5 * index for index, name in enumerate(IN_ORDER)}

    assert judge(NAMED[name], measured(alike, **NOISY)).outcome is Outcome.INCONCLUSIVE
