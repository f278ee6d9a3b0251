"""Real networks under the simulator: counts repeat, changed networks are seen, crashes cost one case."""

import shutil

import msgspec
import numpy as np
import openvino
import openvino.opset13 as ops
import pytest

from archbench.cache import write_manifest
from archbench.gate.counters import TOLERANCES
from archbench.instruments.callgrind import CALLGRIND
from archbench.measurement.count_session import CountSession
from archbench.measurement.session import Plan
from archbench.measurement.settings import CountSettings, SessionSettings
from archbench.records.counts import total
from archbench.records.record import Status
from archbench.workloads.case import Case
from archbench.workloads.pattern import PatternWorkload

pytestmark = pytest.mark.skipif(CALLGRIND.absence() is not None, reason=str(CALLGRIND.absence()))

OPENVINO = "openvino-cpu-f32"


def session(cache):
    settings = SessionSettings(
        processes=1, budget=1, precision=1.0, seconds=1.0, min_rounds=1, allocator="mapped", cache=cache, timeout_s=120.0
    )
    return CountSession(settings, CountSettings(instrument="callgrind", model="i5-7600k", allocator="mapped"))


def count(cache, *plans, look=None):
    with session(cache) as counting:
        return list(counting.measure(plans, look))


def plan(*backends, threads=1):
    workload = PatternWorkload(pattern="standard", depth=2, width=16, resolution=(9, 9))
    return Plan.paired([Case(workload=workload, backend=backend, threads=threads, isa="avx") for backend in backends])


def moved(before, after):
    return {
        (state, tolerance.name)
        for state in ("cold", "warm")
        for tolerance in TOLERANCES
        if (then := total(before.states[state], tolerance.quantities)) is not None
        and tolerance.direction(then, total(after.states[state], tolerance.quantities))
    }


def square_root_of_the_square(model):
    """Two operations more after each activation, which leave every value as it was."""
    for node in activations(model):
        readers = list(node.output(0).get_target_inputs())
        square = ops.multiply(node, node)
        for reader in readers:
            reader.replace_source_output(ops.sqrt(square).output(0))


def rectify_twice_around_a_second_reader(model):
    """An extra ReLU a block that cannot be fused, since what it reads is read elsewhere too."""
    for node in activations(model):
        readers = list(node.output(0).get_target_inputs())
        again = ops.relu(node)
        for reader in readers:
            reader.replace_source_output(again.output(0))
        read_elsewhere(model, node.output(0))


def read_before_the_activation(model):
    """Hardly more is computed, but a convolution whose result is read before its ReLU cannot be fused with it."""
    for node in activations(model):
        read_elsewhere(model, node.input_value(0))


def read_elsewhere(model, value):
    """Add nothing times one of the numbers to the network's output."""
    result = model.get_results()[0]
    one = ops.slice(value, [0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1])
    nothing = ops.multiply(ops.reduce_sum(one, [0, 1, 2, 3]), np.float32(0))
    result.input(0).replace_source_output(ops.add(result.input_value(0), nothing).output(0))


def activations(model):
    return [node for node in model.get_ordered_ops() if node.get_type_name() == "Relu"]


def change_cached_network(cache, change):
    (path,) = cache.glob("*/*/model.xml")
    model = openvino.Core().read_model(path)
    change(model)
    openvino.save_model(model, path.with_name("new.xml"), compress_to_fp16=False)
    for suffix in (".xml", ".bin"):
        path.with_name(f"new{suffix}").replace(path.with_suffix(suffix))
    write_manifest(path.parent)


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory):
    """A cache, and what the network in it counted twice."""
    cache = tmp_path_factory.mktemp("unchanged")
    ((first,), (again,)) = (count(cache, plan(OPENVINO)) for _ in range(2))
    return cache, first, again


def test_counts_repeat(unchanged):
    _, first, again = unchanged

    assert first.status is again.status is Status.COUNTED
    assert first.parity.holds
    assert first.processes == ()
    # A cold inference of so small a network is to a good part the interpreter's.
    assert not {state for state, _ in moved(first.counts, again.counts)} & {"warm"}
    warm = again.counts.states["warm"]["instructions"]
    assert warm == pytest.approx(first.counts.states["warm"]["instructions"], rel=1e-3)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(square_root_of_the_square, marks=pytest.mark.slow),
        pytest.param(rectify_twice_around_a_second_reader, marks=pytest.mark.slow),
        read_before_the_activation,
    ],
)
def test_a_changed_network_is_seen_in_one_run(unchanged, tmp_path, change):
    cache, first, _ = unchanged
    shutil.copytree(cache, tmp_path / "cache")
    change_cached_network(tmp_path / "cache", change)

    (changed,) = count(tmp_path / "cache", plan(OPENVINO))

    assert changed.status is Status.COUNTED
    assert changed.parity.holds
    assert ("warm", "instructions") in moved(first.counts, changed.counts)
    assert changed.executed_graph != first.executed_graph


def test_a_case_that_looks_changed_is_read_three_times_and_the_middle_one_is_its_record(unchanged, monkeypatch):
    cache, first, _ = unchanged
    misses = iter((9, 1, 5))
    counts = CountSession._counts

    def numbered(self, counted, isa):
        return counts(self, msgspec.structs.replace(counted, states={"warm": {"LL read misses": next(misses)}}), isa)

    monkeypatch.setattr(CountSession, "_counts", numbered)
    (record,) = count(cache, plan(OPENVINO), look=lambda records: frozenset(entry.case_id for entry in records))

    assert record.case_id == first.case_id
    assert record.counts.states["warm"]["LL read misses"] == 5


@pytest.mark.slow
def test_a_hot_path_of_the_harness_repeats_and_knows_what_decides_it(tmp_path):
    with session(tmp_path) as counting:
        first, again = (counting.count_hot_path("case-ids") for _ in range(2))
        missing = counting.count_hot_path("no-such-path")

    assert first.case_id == "archbench-case-ids:python:t1"
    assert {"python", "numpy", "callgrind"} <= set(first.environment.versions)
    assert moved(first.counts, again.counts) == set()
    assert missing.status is Status.CRASHED


@pytest.mark.slow
def test_torch_repeats_too_and_another_memory_format_is_seen(tmp_path):
    first, last = count(tmp_path, plan("torch", "torch-channels-last"))
    again, _ = count(tmp_path, plan("torch", "torch-channels-last"))

    assert moved(first.counts, again.counts) == set()
    assert ("warm", "instructions") in moved(first.counts, last.counts)


def test_what_counted_is_in_the_record(unchanged):
    _, record, _ = unchanged

    assert record.environment.fingerprint == record.counts.machine == "callgrind-i5-7600k"
    assert record.environment.versions["callgrind"] == CALLGRIND.version()
    assert "avx512f" not in record.counts.cpu
    assert record.environment.allocator == "mapped"
    assert not any("avx2" in line or "avx512" in line for line in record.executed_graph)
    assert record.phases["counting"] > 0


def test_a_process_that_cannot_start_costs_its_cases_and_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(type(CALLGRIND.simulator), "command", lambda self, model, folder: ("valgrind", "--tool=nonsense"))
    (record,) = count(tmp_path, plan(OPENVINO))

    assert record.status is Status.CRASHED
    assert "nonsense" in record.reason


def test_a_backend_that_is_absent_is_skipped_with_its_reason(tmp_path):
    (record,) = count(tmp_path, plan("openvino-gpu-f16"))

    assert record.status in (Status.SKIPPED, Status.COUNTED)


def test_the_first_count_with_an_empty_cache_is_like_those_after_it(unchanged):
    """A worker that compiled the network has another heap than one that found it compiled: it is not the one that counts."""
    _, first, again = unchanged

    assert set(first.counts.states) == {"cold", "warm"}
    assert not moved(first.counts, again.counts)
