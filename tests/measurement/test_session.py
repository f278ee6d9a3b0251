"""The paired session with real workers: replication, extension, crashes that cost one case."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from archbench.measurement.session import PairedSession, Plan
from archbench.measurement.settings import SessionSettings
from archbench.records.record import Status
from archbench.workloads.case import Case
from archbench.workloads.layer import LayerWorkload
from archbench.workloads.pattern import PatternWorkload

TORCH, OPENVINO = "torch", "openvino-cpu-f32"


def settings(cache_root, **changes):
    fields = {
        "processes": 2,
        "budget": 2,
        "precision": 1e9,
        "seconds": 0.02,
        "min_rounds": 3,
        "allocator": "retained",
        "cache": cache_root,
    }
    return SessionSettings(**{**fields, **changes})


def plan(*backends, depth=1):
    workload = PatternWorkload(pattern="standard", depth=depth, width=8, resolution=(5, 5))
    return Plan.paired([Case(workload=workload, backend=backend) for backend in backends])


@pytest.fixture(scope="module")
def usual(cache_root):
    with PairedSession(settings(cache_root)) as session:
        yield session


def test_each_process_is_another_one_and_samples_the_reference_too(usual):
    (record,) = usual.measure([plan(OPENVINO)])

    assert [process.process for process in record.processes] == [0, 1]
    assert all(process.reference is not None for process in record.processes)
    assert record.speedup.low <= record.speedup.estimate <= record.speedup.high


def test_the_reference_has_no_speedup(usual):
    native, accelerated = usual.measure([plan(TORCH, OPENVINO)])

    assert native.speedup is None
    assert accelerated.speedup is not None


def test_a_wide_interval_gets_more_processes_until_the_budget_is_spent(cache_root):
    with PairedSession(settings(cache_root, precision=1e-12, budget=5)) as session:
        native, accelerated = session.measure([plan(TORCH, OPENVINO)])

    assert len(native.processes) == len(accelerated.processes) == 5


def test_a_workload_that_took_too_long_gets_no_more_processes_than_it_needs(cache_root):
    with PairedSession(settings(cache_root, precision=1e-12, budget=5, patience_s=0.0)) as session:
        (record,) = session.measure([plan(OPENVINO)])

    assert len(record.processes) == 2


@pytest.fixture
def quiet(monkeypatch):
    """As on a machine without neighbours: no process is disturbed."""
    monkeypatch.setattr("archbench.stats.disturbance.SLOWER", 1e9)
    monkeypatch.setattr("archbench.stats.disturbance.MILD", 1e9)
    monkeypatch.setattr("archbench.stats.disturbance.STOLEN", 1e9)


@pytest.mark.usefixtures("quiet")
def test_a_case_that_needs_another_look_gets_more_processes_until_it_is_settled(cache_root):
    doubtful, settled = plan(TORCH, OPENVINO, depth=1), plan(TORCH, OPENVINO, depth=2)
    seen = []

    def look(records):
        seen.append({record.case_id: len(record.processes) for record in records})
        return frozenset({doubtful.cases[1].id}) if len(seen) < 3 else frozenset()

    with PairedSession(settings(cache_root, processes=3, budget=9)) as session:
        records = session.measure([doubtful, settled], look)

    assert [len(record.processes) for record in records] == [5, 5, 3, 3]
    assert [max(counts.values()) for counts in seen] == [3, 4, 5]


def test_plans_take_turns_and_keep_their_order(usual):
    plans = [plan(TORCH, OPENVINO, depth=depth) for depth in (1, 2, 3)]

    records = usual.measure(plans)

    assert [record.case_id for record in records] == [case.id for plan in plans for case in plan.cases]
    assert all(len(record.processes) == 2 for record in records)


def test_plans_are_prepared_side_by_side_and_give_the_same(cache_root, tmp_path):
    before = set(psutil.Process().children())
    plans = [plan(TORCH, OPENVINO, depth=depth) for depth in (1, 2, 3)]
    with PairedSession(settings(tmp_path), timed=False) as session:
        session.measure(plans[:2])
        together = session.measure(plans)
        helpers = set(psutil.Process().children()) - before
    with PairedSession(settings(cache_root), timed=False) as session:
        alone = [record for entry in plans for record in session.measure([entry])]

    assert len(helpers) == min(len(os.sched_getaffinity(0)), 3)
    for side_by_side, single in zip(together, alone, strict=True):
        assert side_by_side.status is Status.CHECKED
        assert side_by_side.environment.versions["torch"]
        for name in ("case_id", "granted", "executed_graph", "cost", "environment"):
            assert getattr(side_by_side, name) == getattr(single, name), name


def test_what_cannot_be_prepared_costs_its_plan_alone(cache_root, monkeypatch):
    real = PairedSession._preload
    plans = [plan(TORCH), plan("torch-channels-last"), plan(OPENVINO)]
    monkeypatch.setattr(
        PairedSession,
        "_preload",
        staticmethod(lambda entry: ("no_such_module",) if entry is plans[1] else real(entry)),
    )
    with PairedSession(settings(cache_root)) as session:
        statuses = [record.status for record in session.measure(plans)]

    assert statuses == [Status.MEASURED, Status.CRASHED, Status.MEASURED]


INTERRUPTED = """
import sys
from pathlib import Path
from tests.measurement.test_session import OPENVINO, PairedSession, plan, settings

with PairedSession(settings(Path(sys.argv[1]))) as session:
    print("begun", flush=True)
    session.measure([plan(OPENVINO, depth=depth) for depth in range(21, 41)])
"""


def test_an_interrupted_preparation_ends_its_workers(tmp_path):
    running = subprocess.Popen([sys.executable, "-c", INTERRUPTED, tmp_path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stdout.readline() == b"begun\n"
    launchers = []
    while len(launchers) < 2:
        launchers = psutil.Process(running.pid).children()
        time.sleep(0.05)

    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    _, alive = psutil.wait_procs(launchers, timeout=10)

    assert b"KeyboardInterrupt" in said
    assert not alive


def test_without_timing_a_case_is_checked(cache_root):
    with PairedSession(settings(cache_root), timed=False) as session:
        (record,) = session.measure([plan(OPENVINO)])

    assert record.status is Status.CHECKED
    assert record.parity.holds
    assert record.processes == ()


def test_absent_backends_are_told(cache_root):
    with PairedSession(settings(cache_root), timed=False) as session:
        absences = session.absences((OPENVINO, "openvino-gpu-f16"))

    assert OPENVINO not in absences


def test_a_crash_costs_its_case_alone_and_names_the_cause(cache_root, usual):
    number = signal.SIGSEGV
    with PairedSession(settings(cache_root, seconds=60.0)) as session:
        killer = threading.Timer(0.0, kill_first_worker, [number])
        killer.start()
        native, accelerated = session.measure([plan(TORCH, OPENVINO, depth=2)])
        killer.join()

        assert native.status is accelerated.status is Status.CRASHED
        assert signal.Signals(number).name in native.reason
        assert usual.measure([plan(OPENVINO)])[0].status is Status.MEASURED


def test_a_hang_costs_its_case_alone(cache_root):
    with PairedSession(settings(cache_root, seconds=600.0, timeout_s=4.0)) as session:
        (record,) = session.measure([plan(OPENVINO)])

    assert record.status is Status.CRASHED
    assert "did not answer in time" in record.reason


def test_a_launcher_that_cannot_start_is_a_crash_with_its_last_words(cache_root, monkeypatch):
    monkeypatch.setattr(PairedSession, "_preload", staticmethod(lambda plan: ("no_such_module",)))
    with PairedSession(settings(cache_root)) as session:
        (record,) = session.measure([plan(OPENVINO)])

    assert record.status is Status.CRASHED
    assert "No module named 'no_such_module'" in record.reason


def kill_first_worker(number):
    """Wait until a worker has been sampling for a while, then send it the signal."""
    while True:
        time.sleep(0.05)
        with contextlib.suppress(psutil.Error):
            workers = [worker for launcher in psutil.Process().children() for worker in launcher.children()]
            for worker in workers:
                if worker.cpu_times().user > 1.5:
                    worker.send_signal(number)
                    return


def test_workers_end_with_the_session(cache_root):
    before = set(psutil.Process().children())
    with PairedSession(settings(cache_root)) as session:
        session.measure([plan(OPENVINO)])
        launchers = set(psutil.Process().children()) - before
    _, alive = psutil.wait_procs(launchers, timeout=10)

    assert launchers
    assert not alive


def test_agreement_is_looked_at_where_it_is_asked_for(cache_root, usual):
    with PairedSession(settings(cache_root, agreement_images=3)) as session:
        native, lowered = session.measure([plan(TORCH, "openvino-cpu-int8", depth=3)])
    (unasked,) = usual.measure([plan(TORCH)])

    assert (native.agreement.images, native.agreement.top1) == (3, 1.0)
    assert native.agreement.error < 1e-6
    assert 1e-3 < lowered.agreement.error < 0.5
    assert 0.5 < lowered.agreement.top1 <= 1.0
    assert lowered.status is Status.MEASURED
    assert unasked.agreement is None


def sweep(*kinds, backend=OPENVINO):
    networks = [
        LayerWorkload(layer=kind, in_channels=8, out_channels=8, resolution=(9, 9), copies=copies)
        for kind in kinds
        for copies in (2, 6)
    ]
    return Plan.sweep([Case(workload=network, backend=backend) for network in networks])


def test_the_cases_of_a_sweep_share_their_processes_and_have_no_reference(usual):
    records = usual.measure([sweep("conv", "depthwise")])

    assert [record.status for record in records] == [Status.MEASURED] * 4
    assert all(process.reference is None for record in records for process in record.processes)
    first, *others = ([process.calibration for process in record.processes] for record in records)
    assert all(calibrations == first for calibrations in others)


def test_one_wrong_case_of_a_sweep_costs_itself_alone(usual):
    cases = sweep("conv").cases
    absent = Case(workload=cases[0].workload, backend="openvino-gpu-f16")

    records = usual.measure([Plan.sweep([*cases, absent])])

    assert [record.status for record in records] == [Status.MEASURED] * 2 + [Status.SKIPPED]


def test_what_a_sweep_loads_is_gone_afterwards(tmp_path):
    with PairedSession(settings(tmp_path / "cache", keeps_artifacts=False)) as session:
        (record, *_) = session.measure([sweep("conv")])
        assert record.status is Status.MEASURED
        assert list((tmp_path / "cache").iterdir()) == []


def test_a_rough_latency_of_a_sweep_gets_more_processes(cache_root):
    with PairedSession(settings(cache_root, processes=2, budget=4, precision=1e-9)) as session:
        records = session.measure([sweep("conv")])

    assert all(len(record.processes) == 4 for record in records)


@pytest.mark.usefixtures("quiet")
def test_another_look_at_one_network_of_a_sweep_samples_its_unit_alone_in_as_many_rounds(cache_root):
    swept = sweep("conv", "depthwise")

    def look(_):
        return frozenset({swept.cases[0].id})

    with PairedSession(settings(cache_root, processes=2, budget=4, min_rounds=1, seconds=0.4)) as session:
        records = session.measure([swept], look)

    assert [[process.process for process in record.processes] for record in records] == [[0, 1, 2, 3]] * 2 + [[0, 1]] * 2
    # A probe goes before each turn: of four networks at first, of two later.
    turns = [len(process.calibration.duration_ns) for process in records[0].processes]
    assert max(turns[2:]) / 2 < 1.5 * max(turns[:2]) / 4


def test_a_pattern_is_sampled_again_on_all_its_backends():
    paired = plan(TORCH, OPENVINO)

    assert paired.narrowed({paired.cases[1].id}) == paired.sampled
    assert paired.narrowed(()) == ()
