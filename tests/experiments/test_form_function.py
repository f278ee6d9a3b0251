"""Each claim on records with a known truth: it holds, it does not, it cannot be told."""

import dataclasses

import numpy as np
import pytest

from archbench.experiments.claim import Outcome, has_changed, judge, settle
from archbench.experiments.form_function import CLAIMS
from archbench.records.record import Status
from archbench.workloads.case import Case
from archbench.workloads.grids import SIX
from archbench.workloads.pattern import PatternWorkload
from tests.samples import record

NAMED = {claim.name: claim for claim in CLAIMS}


def measured(points, **kwargs):
    """Records of (workload, torch seconds, OpenVINO seconds), both backends each."""
    generator = np.random.default_rng(5)
    made = {}
    for workload, native, accelerated in points:
        for backend, own, reference in (("torch", native, None), ("openvino-cpu-f32", accelerated, native)):
            case_id = Case(workload=workload, backend=backend).id
            made[case_id] = record(case_id, generator, own=own, reference=reference, **kwargs)
    return made


def network(pattern="standard", depth=10, width=64, batch=1):
    return PatternWorkload(pattern=pattern, depth=depth, width=width, batch=batch)


def outcome(name, points, **kwargs):
    return judge(NAMED[name], measured(points, **kwargs)).outcome


NOISY = {"between": 0.3, "count": 3}


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_without_its_cases_a_claim_is_not_measured(claim):
    assert judge(claim, {}).outcome is Outcome.NOT_MEASURED


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_a_claim_names_its_source(claim):
    assert "Figure" in claim.source
    assert claim.statement.endswith(".")


@pytest.mark.parametrize(
    ("accelerated", "noise", "expected"),
    [(1e-3, {}, Outcome.HOLDS), (3e-3, {}, Outcome.DOES_NOT_HOLD), (1.9e-3, NOISY, Outcome.INCONCLUSIVE)],
)
def test_faster_everywhere(accelerated, noise, expected):
    points = [(network(pattern), 20e-3, 1e-3) for pattern in SIX[1:]] + [(network("standard"), 2e-3, accelerated)]

    assert outcome("openvino-faster-everywhere", points, **noise) is expected


@pytest.mark.parametrize(
    ("gain", "expected"), [(5.0, Outcome.HOLDS), (2.0, Outcome.DOES_NOT_HOLD), (3.001, Outcome.INCONCLUSIVE)]
)
def test_depthwise_bottleneck_gains_most(gain, expected):
    points = [(network(pattern, depth=50), 3e-3, 1e-3) for pattern in SIX if pattern != "depthwise-bottleneck"]
    points.append((network("depthwise-bottleneck", depth=50), gain * 1e-3, 1e-3))

    assert outcome("depthwise-bottleneck-gains-most", points) is expected


def test_gaining_most_among_fewer_than_six_says_nothing():
    points = [(network("depthwise-bottleneck", depth=50), 5e-3, 1e-3), (network("standard", depth=50), 2e-3, 1e-3)]

    assert outcome("depthwise-bottleneck-gains-most", points) is Outcome.NOT_MEASURED


@pytest.mark.parametrize(
    ("deep_gain", "noise", "expected"),
    [
        (3.3, {}, Outcome.HOLDS),
        (3.0, {}, Outcome.HOLDS),
        (2.5, {}, Outcome.DOES_NOT_HOLD),
        (3.0, NOISY, Outcome.INCONCLUSIVE),
    ],
)
def test_speedup_does_not_fall_with_depth(deep_gain, noise, expected):
    points = [(network(depth=10), 3e-3, 1e-3), (network(depth=50), deep_gain * 5e-3, 5e-3)]

    assert outcome("speedup-does-not-fall-with-depth", points, **noise) is expected


@pytest.mark.parametrize(
    ("per_image", "rises", "steady"),
    [
        (1.5e-3, Outcome.HOLDS, Outcome.DOES_NOT_HOLD),
        (1.0e-3, Outcome.DOES_NOT_HOLD, Outcome.HOLDS),
        (0.7e-3, Outcome.DOES_NOT_HOLD, Outcome.DOES_NOT_HOLD),
    ],
)
def test_latency_per_image_against_batch(per_image, rises, steady):
    points = [(network(batch=1), 1e-3, 1e-3), (network(batch=32), 32 * per_image, 32 * per_image)]

    assert outcome("native-per-image-latency-rises-with-batch", points) is rises
    assert outcome("accelerated-per-image-latency-steady-with-batch", points) is steady


def test_widths_of_equal_work_lie_too_close_to_open_a_verdict():
    points = [(network(width=width), width * 1e-5, width * 1e-5) for width in (64, 128, 736, 744)]
    # What is faster at 752 than at 736 is told of no doubling.
    points.append((network(width=752), 700e-5, 700e-5))

    assert outcome("latency-rises-with-width", points) is Outcome.HOLDS
    assert outcome("flops-rank-widths", points) is Outcome.HOLDS


@pytest.mark.parametrize(("wide", "expected"), [(4e-3, Outcome.HOLDS), (0.9e-3, Outcome.DOES_NOT_HOLD)])
def test_latency_against_width(wide, expected):
    points = [(network(width=64), 1e-3, 1e-3), (network(width=128), wide, wide)]

    assert outcome("latency-rises-with-width", points) is expected
    assert outcome("flops-rank-widths", points) is expected


def test_flops_do_not_rank_patterns_once_a_lighter_one_is_surely_slower():
    lighter_is_slower = [(network("depthwise-separable"), 2e-3, 1e-3), (network("standard"), 1e-3, 1e-3)]
    lighter_is_faster = [(network("depthwise-separable"), 1e-3, 1e-3), (network("standard"), 2e-3, 1e-3)]

    assert outcome("flops-do-not-rank-patterns", lighter_is_slower) is Outcome.HOLDS
    assert outcome("flops-do-not-rank-patterns", lighter_is_faster) is Outcome.DOES_NOT_HOLD


@pytest.mark.parametrize("noise", [{}, NOISY])
def test_patterns_too_close_to_tell_leave_open_whether_flops_rank_them(noise):
    close = measured([(network("depthwise-separable"), 2e-3, 1e-3), (network("standard"), 2.001e-3, 1e-3)], **noise)

    found = judge(NAMED["flops-do-not-rank-patterns"], close)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.evidence.endswith("of the time, which is too close to tell")


@pytest.mark.parametrize(
    ("seconds", "expected"), [((2e-3, 2e-3, 1e-3), Outcome.HOLDS), ((1e-3, 2e-3, 2e-3), Outcome.INCONCLUSIVE)]
)
def test_one_sure_inversion_outweighs_a_pair_too_close_to_tell_and_sure_order_does_not(seconds, expected):
    lightest_first = ("bottleneck", "depthwise-separable", "standard")
    points = [(network(pattern), native, 1e-3) for pattern, native in zip(lightest_first, seconds, strict=True)]

    assert outcome("flops-do-not-rank-patterns", points) is expected


def test_planted_and_failed_records_are_no_evidence():
    records = measured([(network(pattern), 2e-3, 1e-3) for pattern in SIX])
    planted = {case_id: dataclasses.replace(entry, planted=0.2) for case_id, entry in records.items()}
    failed = {case_id: dataclasses.replace(entry, status=Status.ERROR) for case_id, entry in records.items()}

    for tainted in (planted, failed):
        assert judge(NAMED["openvino-faster-everywhere"], tainted).outcome is Outcome.NOT_MEASURED


def test_one_refuted_part_refutes_and_one_open_part_leaves_open():
    assert settle([(True, "a"), (None, "b"), (False, "c")]).outcome is Outcome.DOES_NOT_HOLD
    assert settle([(True, "a"), (None, "b")]).evidence == "b"
    assert settle([(True, letter) for letter in "abcd"]).evidence == "a; b; and 2 more like it"


@pytest.mark.parametrize(
    ("accepted", "now", "changed"),
    [
        ("holds", Outcome.DOES_NOT_HOLD, True),
        ("does not hold here", Outcome.HOLDS, True),
        ("holds", Outcome.HOLDS, False),
        ("holds", Outcome.INCONCLUSIVE, False),
        ("inconclusive", Outcome.DOES_NOT_HOLD, False),
        ("holds", Outcome.NOT_MEASURED, False),
        (None, Outcome.DOES_NOT_HOLD, False),
    ],
)
def test_only_a_flip_between_decided_outcomes_is_a_change(accepted, now, changed):
    assert has_changed(accepted, now) is changed
