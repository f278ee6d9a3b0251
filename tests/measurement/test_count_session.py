"""Real networks under the simulator: counts repeat, changed networks are seen, crashes cost one case."""

import json

import openvino
import openvino.opset13 as ops
import pytest

from archbench.cache import file_digest
from archbench.gate.counters import TOLERANCES
from archbench.instruments.callgrind import CALLGRIND
from archbench.measurement.count_session import CountSession
from archbench.measurement.session import PairedPlan
from archbench.measurement.settings import CountSettings, SessionSettings
from archbench.records.counts import total
from archbench.records.record import Status
from archbench.workloads.pattern import PatternWorkload

pytestmark = pytest.mark.skipif(CALLGRIND.absence() is not None, reason=str(CALLGRIND.absence()))

OPENVINO = "openvino-cpu-f32"


def count(cache, *plans):
    settings = SessionSettings(
        processes=1, budget=1, precision=1.0, seconds=1.0, min_rounds=1, allocator="mapped", cache=cache, timeout_s=120.0
    )
    with CountSession(settings, CountSettings(instrument="callgrind", model="i5-7600k", allocator="mapped")) as session:
        return list(session.measure(plans))


def plan(*backends, threads=1):
    workload = PatternWorkload(pattern="standard", depth=2, width=16, resolution=(9, 9))
    return PairedPlan(workload=workload, backends=backends, threads=threads, isa="avx")


def moved(before, after):
    return {
        (state, tolerance.name)
        for state in ("cold", "warm")
        for tolerance in TOLERANCES
        if (then := total(before.states[state], tolerance.quantities)) is not None
        and tolerance.direction(then, total(after.states[state], tolerance.quantities))
    }


def square_root_of_the_square(cache):
    """Two operations more after each activation of the cached network, which leave every value as it was."""
    (path,) = cache.glob("*/*/model.xml")
    model = openvino.Core().read_model(path)
    for node in [node for node in model.get_ordered_ops() if node.get_type_name() == "Relu"]:
        readers = list(node.output(0).get_target_inputs())
        square = ops.multiply(node, node)
        for reader in readers:
            reader.replace_source_output(ops.sqrt(square).output(0))
    openvino.save_model(model, path.with_name("new.xml"), compress_to_fp16=False)
    entries = {}
    for suffix in (".xml", ".bin"):
        file = path.with_suffix(suffix)
        path.with_name(f"new{suffix}").replace(file)
        entries[file.name] = [file.stat().st_size, file_digest(file)]
    (path.parent / "manifest.json").write_text(json.dumps(entries))


def test_counts_repeat_and_extra_operations_are_seen_in_one_run(tmp_path):
    ((first,), (again,)) = (count(tmp_path, plan(OPENVINO)) for _ in range(2))
    square_root_of_the_square(tmp_path)
    (changed,) = count(tmp_path, plan(OPENVINO))

    assert [record.status for record in (first, again, changed)] == [Status.COUNTED] * 3
    assert first.parity.holds
    assert first.processes == ()
    assert moved(first.counts, again.counts) == set()
    assert again.counts.states["warm"]["instructions"] == pytest.approx(first.counts.states["warm"]["instructions"], rel=1e-3)
    assert ("warm", "instructions") in moved(first.counts, changed.counts)
    assert changed.executed_graph != first.executed_graph


@pytest.mark.slow
def test_torch_repeats_too_and_another_memory_format_is_seen(tmp_path):
    first, last = count(tmp_path, plan("torch", "torch-channels-last"))
    again, _ = count(tmp_path, plan("torch", "torch-channels-last"))

    assert moved(first.counts, again.counts) == set()
    assert ("warm", "instructions") in moved(first.counts, last.counts)


def test_what_counted_is_in_the_record(tmp_path):
    (record,) = count(tmp_path, plan(OPENVINO))

    assert record.environment.fingerprint == record.counts.machine == "callgrind-i5-7600k"
    assert record.environment.versions["callgrind"] == CALLGRIND.version()
    assert "avx512f" not in record.counts.cpu
    assert record.environment.allocator == "mapped"
    assert not any("avx2" in line or "avx512" in line for line in record.executed_graph)
    assert record.phases["counting"] > 0


def test_a_process_that_cannot_start_costs_its_cases_and_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(type(CALLGRIND), "command", lambda self, model, folder: ("valgrind", "--tool=nonsense"))
    (record,) = count(tmp_path, plan(OPENVINO))

    assert record.status is Status.CRASHED
    assert "nonsense" in record.reason


def test_a_backend_that_is_absent_is_skipped_with_its_reason(tmp_path):
    (record,) = count(tmp_path, plan("openvino-gpu-f16"))

    assert record.status in (Status.SKIPPED, Status.COUNTED)
