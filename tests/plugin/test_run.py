"""Real pytest runs of the plugin, in a project of their own."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from archbench.cache import write_manifest
from archbench.experiments.claim import Outcome
from archbench.experiments.claims import CLAIMS as EVERY_CLAIM
from archbench.gate.baselines import accept
from archbench.gate.estimates import RunEstimates
from archbench.records.record import Status
from archbench.records.runfile import read_run_file
from archbench.stats.processes import undisturbed
from tests.plugin.neighbours import once_left_alone, tell_nothing_apart

WORKLOAD = "standard-d2-w16-k3-9x9-b1"
MORE_THAN_TAKE_TURNS = tuple(f"standard-d{depth}-w16-k3-9x9-b1" for depth in range(1, 14))
OPENVINO = f"{WORKLOAD}:openvino-cpu-f32:t1"

BENCHMARK = """
def test_patterns(archbench, archbench_case):
    archbench.measure(archbench_case)
"""


CLAIMS = (Path(__file__).parents[2] / "benchmarks/test_claims.py").read_text()


@pytest.fixture
def project(pytester, cache_root, monkeypatch):
    """A project with one benchmark file; `project.run(...)` is pytest in a process of its own."""
    # pytest-benchmark would take it for a sign that these runs share the machine.
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    pytester.makepyfile(test_speed=BENCHMARK)
    quick = [
        f"--archbench-cache={cache_root}",
        "--archbench-processes=1",
        "--archbench-seconds=0.02",
        "--archbench-precision=1000",
        "-p",
        "no:cacheprovider",
    ]

    def run(*options, workloads=(WORKLOAD,)):
        chosen = [f"--archbench-workload={workload}" for workload in workloads]
        return pytester.runpytest_subprocess(*quick, *chosen, *options)

    pytester.run_archbench = run
    return pytester


ENOUGH = ("--archbench-processes=8", "--archbench-budget=8", "--archbench-seconds=0.05")


@pytest.fixture(scope="session")
def baseline_run(tmp_path_factory, cache_root):
    """The run file of an honest run with enough processes to decide something."""
    folder = tmp_path_factory.mktemp("baseline")
    (folder / "test_speed.py").write_text(BENCHMARK)
    (folder / "test_claims.py").write_text(CLAIMS)
    command = [sys.executable, "-m", "pytest", f"--archbench-cache={cache_root}", f"--archbench-workload={WORKLOAD}", *ENOUGH]
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_XDIST_WORKER"}
    for _ in range(4):
        subprocess.run([*command, "--benchmark-json=run.json"], cwd=folder, env=environment, check=True, capture_output=True)
        records = read_run_file(folder / "run.json").records
        if not any(RunEstimates(records).is_disturbed(case_id) for case_id in records):
            break
    return folder / "run.json"


@pytest.fixture
def accepted(project, baseline_run):
    """The project, with that run as its baseline."""
    accept(read_run_file(baseline_run), project.path / "baselines", "first")
    return project


def run_json(project, *options, **kwargs):
    result = project.run_archbench("--benchmark-json=run.json", *options, **kwargs)
    return result, read_run_file(project.path / "run.json")


def test_a_run_fills_pytest_benchmark_and_our_record_from_the_same_samples(project):
    result, run = run_json(project, "--archbench-processes=2")

    result.assert_outcomes(passed=2)
    record = run.records[OPENVINO]
    seconds = [value for process in undisturbed(record.processes) for value in process.own.seconds_per_inference]
    entry = next(entry for entry in run.document["benchmarks"] if OPENVINO in entry["name"])
    assert entry["stats"]["data"] == pytest.approx(seconds)
    assert entry["stats"]["median"] == pytest.approx(sorted(seconds)[len(seconds) // 2], rel=0.5)
    assert entry["group"] == WORKLOAD
    assert record.status is Status.MEASURED
    assert record.parity.holds
    assert record.cost["macs"] == 2 * 81 * 16 * 16 * 9
    assert record.granted["inference_num_threads"] == "1"
    assert record.environment.allocator == "retained"
    assert record.speedup.low <= record.speedup.estimate <= record.speedup.high
    assert all(p.own.duration_ns and p.reference.duration_ns and p.calibration.duration_ns for p in record.processes)
    assert any(line.startswith("Convolution") for line in record.executed_graph)
    assert not run.section.failed


def test_the_end_of_a_run_is_a_table_a_person_can_read(project):
    result = project.run_archbench("--archbench-processes=2")

    result.stdout.fnmatch_lines(
        [
            "*1 workloads to measure, 12 in turn; records in *",
            f"{WORKLOAD}: torch measured, openvino-cpu-f32 *x",
            "pattern *depth *width *batch *pixels *per image *speedup [[]95 %[]]",
            "standard *2 *16 *1 *9x9 *us *x [[]*, *[]]",
            "workers: load *; * of the timed phase inside measured inference",
            "records: .archbench/runs/*",
        ]
    )


def test_compare_save_and_histogram_work_as_users_of_pytest_benchmark_expect(project):
    project.run_archbench("--benchmark-save=first").assert_outcomes(passed=2)

    result = project.run_archbench("--benchmark-compare", "--benchmark-histogram=picture", "--benchmark-columns=min,median")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*NOW*", "*0001_first*"])
    assert not any("machine_info is different" in line for line in result.outlines + result.errlines)
    assert list(project.path.glob("picture*.svg"))


def test_a_run_can_be_accepted_and_is_then_found_by_compare(project, baseline_run):
    accepting = project.run(sys.executable, "-m", "archbench", "baseline", "accept", baseline_run, "--reason", "first")
    assert accepting.ret == 0

    result = project.run_archbench("--benchmark-compare", "--archbench-profile=smoke")
    shown = project.run(sys.executable, "-m", "archbench", "baseline", "show")

    result.assert_outcomes(passed=2)
    shown.stdout.fnmatch_lines(["*0001_custom.json*first*"])


def test_a_claim_whose_verdict_changed_against_the_baseline_fails_the_build(accepted):
    accepted.makepyfile(test_claims=CLAIMS)
    (baseline,) = accepted.path.glob("baselines/*/0001_custom.json")
    baseline.write_text(
        baseline.read_text().replace(
            '"openvino-faster-everywhere":"holds"', '"openvino-faster-everywhere":"does not hold here"'
        )
    )

    result, _ = once_left_alone(
        lambda: run_json(accepted, *ENOUGH, "--archbench-budget=24"),
        lambda found: found[1].section.claims["openvino-faster-everywhere"] == Outcome.INCONCLUSIVE.value,
    )

    result.assert_outcomes(passed=2, failed=1, skipped=len(EVERY_CLAIM) - 1)
    result.stdout.fnmatch_lines(["*'does not hold here' at the baseline, now: *"])


def test_a_gated_run_without_a_baseline_has_an_exit_code_of_its_own(project):
    result = project.run_archbench("--archbench-gate")

    assert result.ret == 12
    result.stdout.fnmatch_lines(["no baseline to judge by; *"])


def test_a_gated_run_finds_planted_work_after_its_whole_budget(accepted):
    options = ("--archbench-gate", *ENOUGH, "--archbench-budget=10", "--archbench-plant=*openvino*=2000")
    result, run = once_left_alone(
        lambda: run_json(accepted, *options), lambda found: "disturbed throughout" in found[0].stdout.str()
    )

    assert result.ret == 1
    result.stdout.fnmatch_lines([f"regressed *{OPENVINO}*slower with the same kernels*", "gate: regressed"])
    assert len(run.records[OPENVINO].processes) == 10
    assert run.records[OPENVINO].planted == pytest.approx(20.0)


def test_a_gated_run_of_unchanged_code_is_not_closed(accepted):
    result = accepted.run_archbench("--archbench-gate", *ENOUGH)

    # What a small budget cannot decide is inconclusive, which only a strict gate closes on.
    assert result.ret == 0
    result.stdout.fnmatch_lines(["gate: passed"])


def test_a_gated_run_in_which_a_case_failed_says_so(accepted, baseline_run, tmp_path):
    tell_nothing_apart(accepted.path / "baselines", baseline_run)
    cache = tmp_path / "cache"
    accepted.run_archbench(f"--archbench-cache={cache}", "--benchmark-disable")
    poison_weights(cache)

    result = accepted.run_archbench("--archbench-gate", f"--archbench-cache={cache}")

    assert result.ret == 14
    result.stdout.fnmatch_lines([f"failed *{OPENVINO}*parity failure*", "gate: failed"])


def test_a_gated_run_that_measured_nothing_is_not_green(accepted):
    assert accepted.run_archbench("--archbench-gate", "-k", "nothing_of_that_name").ret == 11
    assert accepted.run_archbench("--archbench-gate", "--benchmark-disable").ret == 11


def test_a_case_left_out_on_request_is_not_missing_and_one_that_vanished_is(accepted, baseline_run):
    tell_nothing_apart(accepted.path / "baselines", baseline_run)

    asked = accepted.run_archbench("--archbench-gate", "-k", "torch")
    vanished = accepted.run_archbench("--archbench-gate", "--archbench-backend=torch")

    assert asked.ret == 0
    assert vanished.ret == 14
    vanished.stdout.fnmatch_lines([f"missing *{OPENVINO}*"])


def test_a_gate_that_cannot_compare_says_so(accepted):
    assert accepted.run_archbench("--archbench-gate", "--archbench-allocator=system").ret == 13


def test_a_strict_gate_does_not_let_the_inconclusive_through(accepted, baseline_run):
    tell_nothing_apart(accepted.path / "baselines", baseline_run)

    assert accepted.run_archbench("--archbench-strict").ret == 10


def test_a_gate_that_fired_on_unchanged_runs_is_not_green(accepted, baseline_run):
    alarm = "monday.json against tuesday.json: torch"
    tell_nothing_apart(accepted.path / "baselines", baseline_run, (alarm,))

    result = accepted.run_archbench("--archbench-gate")

    assert result.ret == 15
    result.stdout.fnmatch_lines([f"uncalibrated: 1 of 1 comparisons of unchanged runs raised an alarm ({alarm})"])


def test_a_wrong_compiled_network_is_a_parity_failure_and_is_not_timed(project, tmp_path):
    cache = tmp_path / "cache"
    project.run_archbench(f"--archbench-cache={cache}", "--benchmark-disable").assert_outcomes(passed=2)
    poison_weights(cache)

    result, run = run_json(project, f"--archbench-cache={cache}")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([f"*{OPENVINO}: parity failure: output error * exceeds the tolerance *"])
    assert run.records[OPENVINO].status is Status.PARITY_FAILURE
    assert run.records[OPENVINO].processes == ()
    assert run.section.failed
    refused = project.run(sys.executable, "-m", "archbench", "baseline", "accept", "run.json", "--reason", "please")
    assert refused.ret == 2


def poison_weights(cache):
    """Change one weight of the cached IR and make its manifest agree; drop what was compiled from it."""
    (weights,) = cache.glob("*/*/model.bin")
    raw = bytearray(weights.read_bytes())
    raw[400:404] = b"\x00\x00\x80\x3f"
    weights.write_bytes(raw)
    write_manifest(weights.parent)


def test_disabled_benchmarks_check_parity_and_time_nothing(project):
    result = project.run_archbench("--benchmark-disable")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["standard * checked *"])


def test_an_absent_backend_is_skipped_with_its_reason_and_named_in_the_run_file(project):
    result, run = run_json(project, "--archbench-backend=torch", "--archbench-backend=openvino-gpu-f16", "-rs")

    if run.records[f"{WORKLOAD}:openvino-gpu-f16:t1"].status is Status.MEASURED:
        pytest.skip("this machine has an Intel GPU")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["*OpenVINO finds no GPU device*"])
    assert not run.section.failed


def test_the_reference_is_sampled_even_when_only_the_other_backend_is_selected(project):
    result, run = run_json(project, "-k", "openvino")

    result.assert_outcomes(passed=1, deselected=1)
    assert set(run.records) == {OPENVINO}
    assert run.records[OPENVINO].speedup is not None


def test_a_killed_run_keeps_every_finished_case_and_is_resumed(project, cache_root):
    project.makeconftest(
        """
import os, pytest, signal

@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report):
    if os.environ.get("KILL") and report.when == "call" and "openvino" in report.nodeid:
        os.kill(os.getpid(), signal.SIGKILL)
"""
    )
    os.environ["KILL"] = "1"
    try:
        killed = project.run_archbench(workloads=MORE_THAN_TAKE_TURNS)
    finally:
        del os.environ["KILL"]
    (journal,) = project.path.glob(".archbench/runs/*/records.jsonl")
    kept = journal.read_bytes()

    resumed = project.run_archbench("--archbench-resume", "--benchmark-json=run.json", workloads=MORE_THAN_TAKE_TURNS)

    assert killed.ret == -signal.SIGKILL
    assert kept.count(b"\n") == 24
    resumed.assert_outcomes(passed=26)
    assert journal.read_bytes().startswith(kept)
    assert journal.read_bytes().count(b"\n") == 26
    assert len(read_run_file(project.path / "run.json").records) == 26


def test_an_interrupted_run_can_never_become_the_baseline(project):
    project.makeconftest(
        """
import pytest

def pytest_runtest_logreport(report):
    if report.when == "call" and "openvino" in report.nodeid:
        raise KeyboardInterrupt
"""
    )
    _, run = run_json(project, workloads=MORE_THAN_TAKE_TURNS)

    assert run.section.failed
    refused = project.run(sys.executable, "-m", "archbench", "baseline", "accept", "run.json", "--reason", "please")
    assert refused.ret == 2
    assert "a failed run cannot become the baseline" in refused.stderr.str()


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--archbench-backend=tensorflow", "unknown backend 'tensorflow'"),
        ("--require-backend=tensorflow", "unknown backend 'tensorflow'"),
        ("--archbench-profile=quick", "unknown profile 'quick'"),
        ("--archbench-workload=octave-d1-w8-k3-5x5-b1", "unknown pattern 'octave'"),
        ("--archbench-workload=grouped-d1-w10-k3-g4-5x5-b1", "grouped needs a width that its groups divide"),
        ("--archbench-allocator=mimalloc", "unknown allocator 'mimalloc'"),
        ("--isa=mmx", "unknown ISA cap 'mmx'"),
        ("--threads=0", "`threads >= 1` must hold"),
        ("--archbench-budget=0", "`--archbench-budget >= --archbench-processes` must hold, but got 0 and 1"),
        ("--archbench-processes=0", "`--archbench-processes >= 1` must hold, but got 0"),
        ("--archbench-seconds=0", "`--archbench-seconds > 0` must hold, but got 0.0"),
        ("--archbench-plant=everything", "--archbench-plant takes CASE=PERCENT"),
        ("--archbench-plant=x=-3", "--archbench-plant takes CASE=PERCENT"),
        ("--archbench-cache=/proc/nowhere", "cannot write the cache at /proc/nowhere"),
        ("--archbench-resume", "no unfinished run"),
        ("--threads=4096", "4096 threads were asked for but this machine gives"),
        ("--require-backend=openvino-gpu-f16", "--require-backend openvino-gpu-f16: OpenVINO finds no GPU device"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(project, option, message):
    result = project.run_archbench(option)

    said = result.outlines + result.errlines
    assert result.ret == 2
    assert len([line for line in said if message in line]) == 1
    assert not any("Traceback" in line for line in said)


def test_an_isa_cap_runs_in_processes_of_its_own_and_is_granted(project):
    _, run = run_json(project, "--isa=avx2")

    record = run.records[f"{OPENVINO}:avx2"]
    assert "AVX2" in record.granted["runtime_requirements"].upper()
    assert not any("avx512" in line for line in record.executed_graph)


def test_listing_the_full_grid_imports_neither_torch_nor_openvino(project):
    project.makeconftest(
        """
import sys

def pytest_unconfigure(config):
    assert not {"torch", "openvino", "onnx"} & set(sys.modules), "a heavy import at collection"
    print("LIGHT")
"""
    )
    project.makepyfile(test_speed=BENCHMARK)

    result = project.runpytest_subprocess("--collect-only", "-q", "--archbench-profile=paper", "-s")

    assert result.ret == 0
    assert "LIGHT" in result.stdout.str()
    result.stdout.fnmatch_lines(["*tests collected*"])


def test_the_plugin_stays_out_of_the_way_of_other_tests(pytester):
    pytester.makepyfile("def test_nothing(): pass")

    result = pytester.runpytest_subprocess()

    result.assert_outcomes(passed=1)
    assert not list(pytester.path.glob(".archbench")) and not list(pytester.path.glob("baselines"))


def test_factories_build_and_compile_in_this_process(project):
    project.makepyfile(
        test_speed="""
import numpy as np
import torch
from archbench.workloads.ids import parse_workload
from archbench.workloads.inputs import seeded_input

def test_same(model_factory, openvino_compile):
    workload = parse_workload("factorized-d2-w8-k3-6x5-b2")
    model = openvino_compile(workload)
    model.bind(seeded_input(workload))
    model.run()
    expected = model_factory(workload)(torch.from_numpy(seeded_input(workload))).numpy()
    np.testing.assert_allclose(model.output(), expected, atol=1e-3)
"""
    )

    project.run_archbench().assert_outcomes(passed=1)


def test_no_worker_outlives_a_killed_run(project, cache_root):
    command = [
        sys.executable, "-m", "pytest", "-q", f"--archbench-cache={cache_root}", f"--archbench-workload={WORKLOAD}",
        "--archbench-processes=2", "--archbench-seconds=60",
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=project.path, stdout=subprocess.DEVNULL) as run:
        deadline = time.monotonic() + 60
        while not (workers := launchers_of(run.pid)) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert workers
        time.sleep(3)
        run.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(workers, timeout=20)

    assert not alive


def launchers_of(pid):
    found = []
    for child in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if "archbench.measurement.worker" in " ".join(child.cmdline()):
                found.append(child)
    return found
