"""Real worker processes: they answer, crash, hang and die, and nothing stays behind."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from archbench.errors import WorkerError
from archbench.measurement import messages
from archbench.measurement.launcher import Launcher
from archbench.workloads.ids import parse_case

WORKLOAD = "standard-d1-w8-k3-5x5-b1"


def job(cache_root, **changes):
    fields = {
        "cases": (f"{WORKLOAD}:torch:t1", f"{WORKLOAD}:openvino-cpu-f32:t1"),
        "threads": 1,
        "isa": None,
        "cache": str(cache_root),
        "seed": 0,
        "seconds": 0.02,
        "min_rounds": 3,
    }
    return messages.Job(**{**fields, **changes})


@pytest.fixture(scope="module")
def launcher():
    """One for all: it outlives its workers."""
    made = start()
    yield made
    made.close()


def start():
    preload = messages.Preload(modules=("archbench.measurement.job",), affinity=tuple(os.sched_getaffinity(0)))
    return Launcher(preload, {})


def run(launcher, a_job, timeout_s=120.0):
    heard = []
    return launcher.run(a_job, heard.append, timeout_s), heard


def of_kind(events, kind):
    return [event for event in events if isinstance(event, kind)]


def test_a_job_is_answered_with_parity_then_samples(launcher, cache_root):
    exited, events = run(launcher, job(cache_root))

    assert (exited.status, exited.signal) == (0, 0)
    assert [parse_case(event.case).backend for event in of_kind(events, messages.Loaded)] == ["torch", "openvino-cpu-f32"]
    assert all(event.parity.holds for event in of_kind(events, messages.Loaded))
    (measured,) = of_kind(events, messages.Measured)
    turns = len(measured.calibration.duration_ns)
    assert turns >= 2 * 3
    assert all(len(samples.duration_ns) >= turns / 2 for samples in measured.samples.values())
    assert measured.phases["inference"] <= measured.phases["timed"]


def test_a_worker_reads_its_own_job_and_nothing_of_the_next(launcher, cache_root):
    launcher.wait_ready()
    both = [job(cache_root, seconds=None, seed=seed) for seed in (1, 2)]
    # pytest's process is the only writer: two lines are in the pipe before the first is read.
    launcher._process.stdin.write(messages.encode(both[0]))
    exited, events = run(launcher, both[1])
    later = launcher._next_event(time.monotonic() + 120.0)
    while not isinstance(later, messages.Exited):
        events.append(later)
        later = launcher._next_event(time.monotonic() + 120.0)

    assert exited.status == later.status == 0
    assert len(of_kind(events, messages.Loaded)) == 4


def test_without_seconds_nothing_is_timed(launcher, cache_root):
    _, events = run(launcher, job(cache_root, seconds=None))

    assert of_kind(events, messages.Loaded)
    assert not of_kind(events, messages.Measured)


def test_an_absent_backend_is_reported_and_the_others_go_on(launcher, cache_root):
    _, events = run(launcher, job(cache_root, cases=(f"{WORKLOAD}:torch:t1", f"{WORKLOAD}:openvino-gpu-f16:t1")))

    (absent,) = of_kind(events, messages.Absent)
    assert parse_case(absent.case).backend == "openvino-gpu-f16"
    assert "GPU" in absent.reason
    assert list(of_kind(events, messages.Measured)[0].samples) == [f"{WORKLOAD}:torch:t1"]


def test_what_a_backend_raises_costs_it_alone(launcher, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")

    exited, events = run(launcher, job(blocked / "cache"))

    assert exited.status == 0
    assert [parse_case(event.case).backend for event in of_kind(events, messages.Failed)] == ["torch", "openvino-cpu-f32"]
    assert all("CacheError" in event.error and event.stage == "build" for event in of_kind(events, messages.Failed))


def kill_worker_when_sampling(launcher, signal_number):
    """An `on_event` that sends a signal to the forked worker once it samples."""

    def react(event):
        if isinstance(event, messages.Entered) and event.stage == "sampling":
            (child,) = psutil.Process(launcher.pid).children()
            threading.Timer(0.2, child.send_signal, [signal_number]).start()

    return react


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
def test_a_killed_worker_is_named_by_its_signal_and_the_launcher_serves_on(launcher, cache_root, number):
    exited = launcher.run(job(cache_root, seconds=60.0), kill_worker_when_sampling(launcher, number), 60.0)

    assert exited.signal == number
    assert run(launcher, job(cache_root))[0].status == 0


def test_a_worker_that_hangs_is_killed(cache_root):
    with contextlib.closing(start()) as launcher:
        run(launcher, job(cache_root))

        with pytest.raises(WorkerError, match="did not answer in time"):
            launcher.run(job(cache_root, seconds=600.0), lambda event: None, 3.0)
        children = psutil.Process(launcher.pid).children()
    _, alive = psutil.wait_procs(children, timeout=10)

    assert not alive


def test_a_launcher_that_died_says_its_last_words():
    preload = messages.Preload(modules=("no_such_module",), affinity=tuple(os.sched_getaffinity(0)))
    launcher = Launcher(preload, {})
    try:
        with pytest.raises(WorkerError, match="No module named 'no_such_module'"):
            launcher.wait_ready()
    finally:
        launcher.close()


def test_workers_die_with_the_process_that_started_them(cache_root):
    """A killed parent leaves neither launcher nor worker behind."""
    script = f"""
import os, sys
from archbench.measurement import messages
from archbench.measurement.launcher import Launcher
launcher = Launcher(messages.Preload(modules=(), affinity=tuple(os.sched_getaffinity(0))), {{}})
job = messages.Job(cases=("{WORKLOAD}:torch:t1",), threads=1, isa=None, cache={str(cache_root)!r}, seed=0,
                   seconds=600.0, min_rounds=3)
launcher.run(job, lambda event: print(launcher.pid, event, flush=True), 600.0)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        line = next(line for line in parent.stdout if "sampling" in line)
        launcher_pid = int(line.split()[0])
        (worker,) = psutil.Process(launcher_pid).children()
        parent.kill()

    _, alive = psutil.wait_procs([worker], timeout=10)
    assert not alive
    assert not is_alive(launcher_pid)


def is_alive(pid):
    return Path(f"/proc/{pid}").exists() and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_no_library_thread_runs_beside_what_is_measured(monkeypatch):
    for name in ("CI", "TF_BUILD"):
        monkeypatch.delenv(name, raising=False)
    preload = messages.Preload(modules=("openvino", "openvino.tools.ovc", "nncf"), affinity=tuple(os.sched_getaffinity(0)))

    with contextlib.closing(Launcher(preload, {})) as launcher:
        launcher.wait_ready()
        assert psutil.Process(launcher.pid).num_threads() == 1
        assert psutil.Process(launcher.pid).children(recursive=True) == []
