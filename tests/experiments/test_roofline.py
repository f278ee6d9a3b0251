"""Records on the roofline: blocks as single units, networks whole, and what cannot be placed with its reason."""

import dataclasses

import numpy as np
import pytest

from archbench.cost.formulas import cost_by_formula
from archbench.cost.units import unit_cost
from archbench.errors import RecordFileError, UsageError
from archbench.experiments.roofline import check_machine, roofline
from archbench.records.peaks import Limit
from archbench.records.record import Status
from archbench.stats.roofline import Bound
from archbench.workloads.ids import parse_workload
from tests.samples import peaks, record, trial

PATTERN = "standard-d10-w64-k3-28x28-b1"
BLOCK = "residual-block-i64-o64-k3-s1-28x28-b1"
OPERATOR = "depthwise-i32-o32-k3-s1-relu-28x28-b1"


def pattern_record(backend="torch", *, own=10e-3, identifier=PATTERN, settings=":t1", **kwargs):
    made = record(f"{identifier}:{backend}{settings}", np.random.default_rng(0), own=own, between=1e-5, **kwargs)
    return dataclasses.replace(made, cost=dataclasses.asdict(cost_by_formula(parse_workload(identifier))))


def pair(kind, unit, *, backend="torch", once=100e-6, copies=(2, 6)):
    """Networks of few and of many copies, each copy taking `unit` seconds."""
    for count in copies:
        case = f"{kind}-n{count}:{backend}:t1"
        yield record(case, np.random.default_rng(count), own=once + count * unit, between=1e-5)


def test_a_network_is_placed_whole_by_its_cost():
    made = pattern_record()
    (entry,) = roofline([made], peaks()).placed
    cost = cost_by_formula(parse_workload(PATTERN))

    assert (entry.name, entry.label, entry.backend, entry.is_operator) == (PATTERN, "standard d10 w64", "torch", False)
    assert entry.seconds == pytest.approx(10e-3, rel=0.02)
    assert entry.placement.intensity == pytest.approx(cost.flops / cost.memory_access_bytes)
    assert entry.placement.attained == pytest.approx(cost.flops / entry.seconds)
    assert entry.placement.share == pytest.approx(cost.flops / 100e9 / entry.seconds)
    assert entry.placement.bound is Bound.COMPUTE


def test_a_block_is_placed_as_one_unit_by_the_difference():
    cost = unit_cost(parse_workload(f"{BLOCK}-n1"))
    seconds = cost.operations / 80e9

    (entry,) = roofline(pair(BLOCK, seconds), peaks()).placed

    assert (entry.name, entry.label, entry.is_operator) == (f"{BLOCK}-n1", "residual 64 @28", False)
    assert entry.seconds == pytest.approx(seconds, rel=0.02)
    assert entry.placement.share == pytest.approx(0.8, rel=0.02)
    assert entry.placement.bound_text == "compute"


def test_an_operator_near_the_cost_of_an_empty_one_is_bound_by_overhead():
    # 0.45 Mop on 0.3 MB take 6 us from the cache; an empty operator takes 2 us.
    (entry,) = roofline(pair(OPERATOR, 3.9e-6, copies=(2, 4), once=1e-6), peaks()).placed

    assert (entry.is_operator, entry.label) == (True, "depthwise 32 relu @28")
    assert entry.placement.bound is Bound.OVERHEAD


def test_lower_precision_moves_fewer_bytes():
    lower = dataclasses.replace(peaks(), trials=(*peaks().trials, trial(Limit.COMPUTE, "bf16", work=200e9, seconds=(1.0,))))
    found = roofline([pattern_record(), pattern_record("openvino-cpu-bf16")], lower)
    full, half = found.placed

    assert half.placement.intensity == pytest.approx(2 * full.placement.intensity)
    assert found.roofs["openvino-cpu-bf16"].operations_per_second == pytest.approx(200e9)


def test_what_cannot_be_placed_is_counted_with_its_reason():
    records = [
        pattern_record(),
        pattern_record(settings=":t2"),
        pattern_record(settings=":t1:avx2"),
        pattern_record("openvino-cpu-int8"),
        pattern_record("openvino-gpu-f16"),
        next(pair(BLOCK, 1e-3)),
        dataclasses.replace(pattern_record(), cost={"macs": 1.0}),
        *pair(OPERATOR, 1e-9, once=1e-3),
    ]

    found = roofline(records, peaks())

    assert [entry.name for entry in found.placed] == [PATTERN]
    assert found.omitted == {
        "measured on 2 threads, the peaks on 1 thread": 1,
        "measured on 1 thread under avx2, the peaks on 1 thread": 1,
        "there is no peak of int8 arithmetic": 1,
        "openvino-gpu-f16 computes on a GPU, the peaks are of the CPU": 1,
        "networks of few and of many copies are both needed, from the same workers": 1,
        "their time is below what can be resolved": 1,
        "their records hold no cost": 1,
    }


def test_peaks_of_another_machine_are_refused():
    check_machine("here", peaks())
    with pytest.raises(UsageError, match="the peaks are of there but the run is of here; run `archbench peaks`"):
        check_machine("here", peaks(fingerprint="there"))


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ([], "it holds no measured latency"),
        ([record(f"{PATTERN}:torch:t1", np.random.default_rng(0), status=Status.ERROR)], "it holds no measured latency"),
        ([pattern_record(planted=0.1)], "it holds no measured latency"),
        ([pattern_record(settings=":t2")], "measured on 2 threads, the peaks on 1 thread"),
    ],
)
def test_a_run_of_which_nothing_can_be_placed_is_one_line(records, reason):
    with pytest.raises(RecordFileError, match=f"nothing of what was measured can be placed on the roofline: {reason}"):
        roofline(records, peaks())
