"""Real pytest runs under the simulator, and on machines that lack it."""

import sys

import pytest

from archbench.instruments.callgrind import CALLGRIND
from archbench.records.record import Status
from archbench.records.runfile import read_run_file

WORKLOAD = "standard-d2-w16-k3-9x9-b1"
OPENVINO = f"{WORKLOAD}:openvino-cpu-f32:t1:avx"
BENCHMARK = """
def test_patterns(archbench, archbench_case):
    archbench.measure(archbench_case)
"""

HOT_PATHS = """
def test_hot_path(archbench, archbench_hot_path):
    archbench.count(archbench_hot_path)
"""

needs_valgrind = pytest.mark.skipif(CALLGRIND.absence() is not None, reason=str(CALLGRIND.absence()))


@pytest.fixture
def count(pytester, cache_root, monkeypatch):
    """`count(...)` is pytest under callgrind in a process of its own."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    pytester.makepyfile(test_speed=BENCHMARK)

    def run(*options, instrument="--archbench-instrument=callgrind"):
        return pytester.runpytest_subprocess(
            f"--archbench-cache={cache_root}", f"--archbench-workload={WORKLOAD}", "--archbench-backend=openvino-cpu-f32",
            "-p", "no:cacheprovider", instrument, *options,
        )  # fmt: skip

    return run


@needs_valgrind
def test_a_counted_run_is_shown_kept_accepted_and_gated(count, pytester):
    result = count("--benchmark-json=run.json")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["workload *instructions *", f"{WORKLOAD} *openvino-cpu-f32 *", "callgrind-i5-7600k (callgrind *"]
    )
    run = read_run_file(pytester.path / "run.json")
    assert run.section.instrument == "callgrind"
    assert run.section.fingerprint == "callgrind-i5-7600k"
    assert run.records[OPENVINO].status is Status.COUNTED
    accepted = pytester.run(sys.executable, "-m", "archbench", "baseline", "accept", "run.json", "--reason", "first")
    assert accepted.ret == 0
    assert (pytester.path / "baselines/callgrind-i5-7600k/0001_custom-callgrind.json").exists()

    by_hand = pytester.run(sys.executable, "-m", "archbench", "gate", "run.json")

    assert by_hand.ret == 0
    by_hand.stdout.fnmatch_lines(["verdict *warm instructions *warm LL misses*", f"pass *{OPENVINO} *", "gate: passed"])


@needs_valgrind
@pytest.mark.slow
def test_a_counted_run_is_gated_as_it_ends(count, pytester):
    count("--benchmark-json=run.json")
    accepted = pytester.run(sys.executable, "-m", "archbench", "baseline", "accept", "run.json", "--reason", "first")
    assert accepted.ret == 0

    gated = count("--archbench-gate", "--benchmark-json=again.json")
    by_hand = pytester.run(sys.executable, "-m", "archbench", "gate", "again.json")

    assert gated.ret == by_hand.ret == 0
    gated.stdout.fnmatch_lines(["verdict *warm instructions *warm LL misses*", f"pass *{OPENVINO} *", "gate: passed"])
    by_hand.stdout.fnmatch_lines(["gate: passed"])


@needs_valgrind
def test_hot_paths_are_counted_beside_cases_and_skipped_by_the_clock(count, pytester):
    pytester.makepyfile(test_speed=HOT_PATHS)

    counted = count("-k", "case-ids", "--benchmark-json=run.json")
    timed = count("-rs", instrument="--archbench-seconds=0.02")

    counted.assert_outcomes(passed=1, deselected=1)
    counted.stdout.fnmatch_lines(["archbench-case-ids *python *"])
    run = read_run_file(pytester.path / "run.json")
    assert [record.status for record in run.records.values()] == [Status.COUNTED]
    assert set(run.section.deselected) == {OPENVINO, "archbench-sampling-loop:python:t1"}
    timed.assert_outcomes(skipped=2)
    timed.stdout.fnmatch_lines(["*hot paths are counted, not timed*"])


def test_without_valgrind_one_line_says_so_and_the_cases_are_skipped(count, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")

    result = count("-rs")

    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*valgrind is not installed; install your system's package `valgrind`*"])


def test_a_gated_run_without_valgrind_is_not_green(count, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")

    assert count("--archbench-gate").ret == 11


@pytest.mark.parametrize(
    ("options", "instrument", "message"),
    [
        ((), "--require-instrument=callgrind", "--require-instrument callgrind: valgrind is not installed"),
        ((), "--archbench-instrument=stopwatch", "unknown instrument 'stopwatch'"),
        (("--archbench-cache-model=i7",), "--archbench-instrument=callgrind", "unknown cache model 'i7'"),
        (("--threads=2",), "--archbench-instrument=callgrind", "callgrind counts one thread"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(count, monkeypatch, options, instrument, message):
    monkeypatch.setenv("PATH", "/nowhere")

    result = count(*options, instrument=instrument)

    said = result.outlines + result.errlines
    assert result.ret == 2
    assert len([line for line in said if message in line]) == 1
    assert not any("Traceback" in line for line in said)
