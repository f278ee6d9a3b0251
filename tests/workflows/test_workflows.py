"""The steps of this repository's workflows, run in bash as GitHub runs them, on stored records or short measurements."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from archbench.gate.baselines import accept
from archbench.records.runfile import read_run_file
from tests.gate.test_baselines import write_run
from tests.samples import OPENVINO, record
from tests.workflows import ROOT, WORKFLOWS, read, step_named

CASE = f"standard-d10-w64-k3-28x28-b1:{OPENVINO}:t1"
PULL_REQUEST, NIGHTLY, ACCEPT = (
    ROOT / f".github/workflows/{name}.yml" for name in ("pull-request", "nightly", "accept-baseline")
)
SAY = "say so on the job's page"
QUICK = "--archbench-processes=2 --archbench-budget=2 --archbench-seconds=0.01 --archbench-precision=1000"


class Job:
    """A checkout in which steps run one after the other."""

    def __init__(self, folder, **environment):
        self.checkout = folder / "checkout"
        self.checkout.mkdir()
        self.summary = folder / "summary.md"
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "HOME": str(folder),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_RUN_NUMBER": "7",
            "OMP_NUM_THREADS": "1",
            **environment,
        }

    def step(self, path, name):
        return self.bash(step_named(path, name).run)

    def bash(self, script):
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        return subprocess.run(command, cwd=self.checkout, env=self.environment, capture_output=True, text=True, timeout=1200)


def run_file(path, seed, own=1e-3, **kwargs):
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_run(path, record(CASE, np.random.default_rng(seed), own=own, between=0.002), **kwargs)


def test_a_workflow_asks_for_no_more_than_it_needs():
    allowed = {path.name: yaml.safe_load(path.read_text())["permissions"] for path in WORKFLOWS}

    assert allowed.pop("accept-baseline.yml") == {"actions": "read", "contents": "write", "pull-requests": "write"}
    assert all(permissions == {"contents": "read"} for permissions in allowed.values())


def test_nothing_from_outside_is_pasted_into_a_script():
    assert not [(path.name, step.name) for path in WORKFLOWS for step in read(path) if step.run and "${{" in step.run]


def test_counts_of_a_pull_request_are_shown_on_its_page(tmp_path):
    job = Job(tmp_path)
    run_file(job.checkout / ".archbench/counts.json", 0)
    accept(run_file(tmp_path / "old.json", 1), job.checkout / "baselines", "first")
    (job.checkout / ".tox/bench").mkdir(parents=True)
    (job.checkout / ".tox/bench/bin").symlink_to(Path(sys.executable).parent)

    finished = job.step(PULL_REQUEST, "counts on the job's page")

    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "gate: passed" in job.summary.read_text()
    assert "--benchmark-json=.archbench/counts.json" in (ROOT / ".ci/run").read_text()


def test_a_regressed_night_is_said_on_its_page_and_kept_in_the_history(tmp_path):
    job = Job(tmp_path)
    accept(run_file(tmp_path / "old.json", 0), job.checkout / "baselines", "first")
    run_file(job.checkout / "night/run.json", 1, own=1.1e-3)

    looked = job.step(NIGHTLY, "is this machine fit to measure")
    said = job.step(NIGHTLY, SAY)
    kept = job.step(NIGHTLY, "history")

    assert looked.returncode == 0, looked.stderr
    assert json.loads((job.checkout / "night/doctor.json").read_text())["findings"]
    assert said.returncode == 1
    assert f"::error title=regressed%3A {CASE.replace(':', '%3A')}::latency +1" in said.stdout
    assert kept.stdout == "night/run.json: run 1\n"
    page = job.summary.read_text()
    assert page.index("## archbench doctor") < page.index("## archbench gate: regressed")


def test_earlier_nights_calibrate_the_gate(tmp_path):
    job = Job(tmp_path)
    nights = tmp_path / "archbench-nights"
    name = "calibrate the gate with what earlier nights measured"
    assert job.step(NIGHTLY, name).stdout == ""

    for seed in range(3):
        run_file(nights / f"2026-01-0{seed + 1}-{seed}-1.json", seed)
    write_run(nights / "planted/slow.json", record(CASE, np.random.default_rng(9), own=1.2e-3, between=0.002, planted=0.2))

    finished = job.step(NIGHTLY, name)

    assert finished.returncode == 0, finished.stderr
    assert "in 3 comparisons of unchanged runs" in finished.stdout
    assert "1 of 1 planted slowdowns found" in finished.stdout


def git(folder, *arguments):
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def test_a_baseline_is_proposed_on_a_branch_and_changes_nothing_else(tmp_path):
    job = Job(tmp_path, RUN="123", REASON='slower, "and" $(worth) it')
    git(tmp_path, "init", "-q", "--bare", "origin.git")
    git(job.checkout, "init", "-q", "-b", "main")
    accept(run_file(tmp_path / "old.json", 0), job.checkout / "baselines", "first")
    git(job.checkout, "add", ".")
    git(job.checkout, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "first")
    git(job.checkout, "remote", "add", "origin", str(tmp_path / "origin.git"))
    git(job.checkout, "push", "-q", "origin", "main")
    run_file(job.checkout / "run/night/run.json", 1, own=1.2e-3)

    said = job.step(ACCEPT, "say what a reviewer has to know")
    accepted = job.step(ACCEPT, "accept them on a branch")

    assert (said.returncode, accepted.returncode) == (0, 0), said.stderr + accepted.stderr
    assert "## archbench gate: regressed" in (job.checkout / "proposal.md").read_text()
    changed = git(tmp_path / "origin.git", "diff", "--name-only", "main", "baseline-123")
    assert changed == "baselines/here/0002_smoke.json\n"
    stored = git(tmp_path / "origin.git", "show", "baseline-123:baselines/here/0002_smoke.json")
    (tmp_path / "stored.json").write_text(stored)
    assert read_run_file(tmp_path / "stored.json").section.accepted.reason == 'slower, "and" $(worth) it'


def test_what_cannot_be_read_is_not_proposed(tmp_path):
    job = Job(tmp_path)
    assert job.step(ACCEPT, "say what a reviewer has to know").returncode != 0


@pytest.mark.slow
def test_a_night_measures_twice_and_with_planted_work(tmp_path, cache_root):
    job = Job(tmp_path, ARCHBENCH_CACHE=str(cache_root), PROFILE="smoke", PYTEST_ADDOPTS=QUICK)
    for name in ("benchmarks", "conftest.py", "pyproject.toml"):
        source = ROOT / name
        ignored = shutil.ignore_patterns("__pycache__", ".archbench")
        shutil.copytree(source, job.checkout / name, ignore=ignored) if source.is_dir() else shutil.copy(source, job.checkout)

    assert job.step(NIGHTLY, "is this machine fit to measure").returncode == 0
    measured = job.step(NIGHTLY, "measure the profile and judge it")
    assert measured.returncode == 12, measured.stdout[-2000:]
    accept(read_run_file(job.checkout / "night/run.json"), job.checkout / "baselines", "first")
    (tmp_path / "archbench-nights/planted").mkdir(parents=True)
    again = job.step(NIGHTLY, "measure it again unchanged, and with planted work, to calibrate the gate of coming nights")

    assert again.returncode == 0, again.stdout[-2000:] + again.stderr
    assert len(list((tmp_path / "archbench-nights").glob("*-7-[12].json"))) == 2
    assert (job.checkout / "night/junit.xml").exists()
    calibrated = job.step(NIGHTLY, "calibrate the gate with what earlier nights measured")
    assert "in 1 comparisons of unchanged runs" in calibrated.stdout, calibrated.stdout + calibrated.stderr

    kept = job.step(NIGHTLY, "history")
    reported = job.step(NIGHTLY, "the report to look at in the morning")
    assert (kept.returncode, reported.returncode) == (0, 0), kept.stderr + reported.stderr
    assert CASE in (job.checkout / "report.html").read_text()
    assert list((job.checkout / "figures").glob("*.svg"))
