"""Experiments in real pytest runs: left out until asked for, timed and read, kept as each case is read."""

import json
import signal
import subprocess
import sys
import time

import psutil
import pytest

from archbench.instruments.callgrind import CALLGRIND
from archbench.records.journal import read_journal
from archbench.records.record import Status
from archbench.records.runfile import read_run_file
from tests.command import archbench

WORKLOADS = ("standard-d2-w16-k3-9x9-b1", "standard-d4-w16-k3-9x9-b1")
OPENVINO = "openvino-cpu-f32"
CACHE = """
import pytest

pytestmark = pytest.mark.archbench_on_request

@pytest.mark.archbench_experiment("cache-depth")
def test_depth(archbench, archbench_case):
    archbench.measure(archbench_case)
"""
BEHAVIOUR = """
import pytest

pytestmark = pytest.mark.archbench_on_request

@pytest.mark.archbench_experiment("behaviour")
def test_behaviour(archbench, archbench_case):
    archbench.measure(archbench_case)
"""
PATTERNS = """
def test_patterns(archbench, archbench_case):
    archbench.measure(archbench_case)
"""

needs_valgrind = pytest.mark.skipif(CALLGRIND.absence() is not None, reason=str(CALLGRIND.absence()))


@pytest.fixture
def project(pytester, cache_root, monkeypatch):
    """`project(...)` is pytest in a process of its own, over tests of an experiment and tests without one."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    pytester.makepyfile(test_cache=CACHE, test_patterns=PATTERNS)

    def run(*options):
        return pytester.runpytest_subprocess(*command(cache_root), *options)

    return run


def command(cache_root):
    return (
        f"--archbench-cache={cache_root}", *(f"--archbench-workload={workload}" for workload in WORKLOADS),
        f"--archbench-backend={OPENVINO}", "--archbench-processes=2", "--archbench-seconds=0.02", "-p", "no:cacheprovider",
    )  # fmt: skip


def collected(result):
    return {line.partition("[")[0] for line in result.outlines if "::" in line}


@pytest.mark.parametrize(
    ("options", "tests"),
    [
        ((), {"test_patterns.py::test_patterns"}),
        (("-k", "d2"), {"test_patterns.py::test_patterns"}),
        (("-k", "cache"), {"test_cache.py::test_depth"}),
        (("test_cache.py",), {"test_cache.py::test_depth"}),
        (("test_cache.py::test_depth",), {"test_cache.py::test_depth"}),
    ],
)
def test_an_experiment_waits_until_it_is_asked_for(project, options, tests):
    assert collected(project("--collect-only", "-q", *options)) == tests


def test_a_profile_that_the_experiment_lacks_hinders_nobody_else(project):
    assert project("--collect-only", "-q", "--archbench-profile=counters").ret == 0


def test_a_workload_named_as_its_experiment_is_measured_by_that_alone(pytester):
    pytester.makepyfile(test_kws=CACHE.replace("cache-depth", "kws"), test_patterns=PATTERNS)

    result = pytester.runpytest_subprocess("-k", "kws", "--archbench-workload=kws-seed-b1", "--collect-only", "-q")

    assert collected(result) == {"test_kws.py::test_depth"}


def test_cases_that_are_not_measured_alike_are_not_measured_together(project):
    result = project("-k", "cache or patterns")

    assert result.ret == 2
    result.stdout.fnmatch_lines(["*cases of cache-depth are not measured like the others; run them apart.*"])


@pytest.mark.slow
def test_an_experiment_may_need_less_effort_and_a_person_may_ask_for_more(pytester, cache_root, monkeypatch):
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    pytester.makepyfile(test_networks=CACHE.replace("cache-depth", "networks"))
    usual = [option for option in command(cache_root) if "processes" not in option]

    found = []
    for asked in ((), ("--archbench-processes=2", "--archbench-budget=2")):
        result = pytester.runpytest_subprocess(
            *usual, *asked, "-k", "networks", "--archbench-precision=1e6", "--benchmark-json=run.json"
        )
        result.assert_outcomes(passed=2)
        found.append({len(record.processes) for record in read_run_file(pytester.path / "run.json").records.values()})

    assert min(found[0]) >= 3
    assert found[1] == {2}


@needs_valgrind
def test_each_case_is_timed_and_read_and_has_one_record(project, pytester):
    result = project("-k", "cache and d2", "--benchmark-json=run.json")

    result.assert_outcomes(passed=1, deselected=3)
    result.stdout.fnmatch_lines(["pattern * FLOPs *per image *LL misses*", "standard * 2 *", "callgrind-i5-7600k (callgrind *"])
    run = read_run_file(pytester.path / "run.json")
    assert run.section.instrument == ""
    assert run.section.profile == "cache-depth-custom"
    assert len(run.records) == 1
    for record in run.records.values():
        assert record.status is Status.MEASURED
        assert len(record.processes) >= 2
        assert record.environment.allocator == "retained"
        assert record.environment.versions["callgrind"] == CALLGRIND.version()
        assert record.counts.isa == "avx"
        assert record.counts.states["warm"]["instructions"] > 0
        assert record.counts.executed_graph
    document = json.loads((pytester.path / "run.json").read_text())
    assert all(entry["stats"]["rounds"] > 0 for entry in document["benchmarks"])


def test_without_its_instrument_an_experiment_is_skipped_and_nothing_is_timed(project, pytester, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")

    result = project("-k", "cache", "-rs")

    result.assert_outcomes(skipped=2, deselected=2)
    result.stdout.fnmatch_lines(["*valgrind is not installed; install your system's package `valgrind`*"])
    (journal,) = pytester.path.glob(".archbench/runs/*/records.jsonl")
    assert [record.status for record in read_journal(journal)] == [Status.SKIPPED] * 2


@pytest.mark.slow
@needs_valgrind
def test_an_interrupted_run_keeps_what_was_read_and_leaves_no_process(project, pytester, cache_root):
    # A shell's background jobs, and what they start, ignore the signal.
    counted = (*command(cache_root), "--archbench-instrument=callgrind", "-k", "patterns")
    run = subprocess.Popen(
        ["env", "--default-signal=INT", sys.executable, "-m", "pytest", *counted],
        cwd=pytester.path,
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 120
        while not (kept := list(pytester.path.glob(".archbench/runs/*/records.jsonl"))) and time.monotonic() < deadline:
            time.sleep(0.05)
        children = psutil.Process(run.pid).children(recursive=True)
        run.send_signal(signal.SIGINT)

        assert run.wait(timeout=30) == pytest.ExitCode.INTERRUPTED
        assert [record.status for record in read_journal(kept[0])][:1] == [Status.COUNTED]
        _, alive = psutil.wait_procs(children, timeout=10)
        assert alive == []
    finally:
        run.kill()


def test_a_sweep_is_measured_on_each_backend_apart_and_read_by_the_commands(pytester, cache_root, monkeypatch):
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    pytester.makepyfile(test_behaviour=BEHAVIOUR)
    layers = ("conv-i8-o8-k3-s1", "conv-i8-o8-k3-s1-relu", "conv-i8-o8-k3-s1-swish")
    workloads = [f"--archbench-workload={layer}-9x9-b1-n{copies}" for layer in layers for copies in (2, 6)]
    options = ("--archbench-processes=2", "--archbench-budget=2", "--archbench-seconds=0.05", "-p", "no:cacheprovider")

    result = pytester.runpytest_subprocess(
        f"--archbench-cache={cache_root}", *workloads, *options, "-k", "behaviour", "--benchmark-json=run.json"
    )

    result.assert_outcomes(passed=12)
    result.stdout.fnmatch_lines(["*archbench: 2 sweeps of up to 24 cases to measure*"])
    run = read_run_file(pytester.path / "run.json")
    assert all(record.status is Status.MEASURED and record.speedup is None for record in run.records.values())
    advice = json.loads(said(pytester.path, "advise", "run.json", "--json"))
    assert [entry["platform"] for entry in advice["platforms"]] == [OPENVINO, "torch"]
    found = json.loads(said(pytester.path, "findings", "run.json", "--json", "--backend", OPENVINO))
    assert len(found) == 9
    assert {entry["platform"] for entry in found} == {OPENVINO}
    assert said(pytester.path, "steps", "run.json", status=2) == (
        "archbench: the runs hold no sweep along channels of twelve counts or more.\n"
    )


def said(folder, *arguments, status=0):
    """What the command says: on standard error if it fails."""
    done = archbench(*arguments, cwd=folder)
    assert done.returncode == status, done.stderr
    return done.stderr if status else done.stdout
