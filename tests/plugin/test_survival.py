"""Full disks, read-only folders, two runs at once: what was measured stays, and nothing stays behind."""

import os
import shlex
import subprocess
import sys

import pytest

from archbench.records.journal import read_journal
from archbench.records.record import Status
from archbench.records.runfile import read_run_file

BENCHMARK = """
def test_patterns(archbench, archbench_case):
    archbench.measure(archbench_case)
"""
WORKLOADS = ("standard-d2-w16-k3-9x9-b1", "standard-d3-w16-k3-9x9-b1")
PYTEST = (
    sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--archbench-processes=1", "--archbench-seconds=0.02",
    *(f"--archbench-workload={workload}" for workload in WORKLOADS),
)  # fmt: skip


@pytest.fixture
def environment():
    return {name: value for name, value in os.environ.items() if name != "PYTEST_XDIST_WORKER"}


@pytest.fixture
def project(tmp_path):
    (tmp_path / "test_speed.py").write_text(BENCHMARK)
    return tmp_path


@pytest.fixture
def small_disk(tmp_path, environment):
    """`small_disk(size, command)` runs a shell command where `small/` is a disk of that size, seen by nobody else."""
    alone = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    try:
        subprocess.run([*alone, "mount -t tmpfs tmpfs /mnt"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine lets us mount nothing, not even for ourselves")
    (tmp_path / "small").mkdir()

    def run(size, command):
        script = f"mount -t tmpfs -o size={size} tmpfs small && {command}"
        return subprocess.run([*alone, script], cwd=tmp_path, env=environment, capture_output=True, text=True)

    return run


def quoted(*arguments):
    return shlex.join(map(str, (*PYTEST, *arguments)))


@pytest.mark.slow
def test_a_full_cache_costs_only_what_it_cannot_hold_and_is_named(project, small_disk):
    # Prepared at once, none might be finished before the disk is full.
    first = quoted("--archbench-cache=small/cache", "-k", "d2")
    finished = small_disk("60k", f"{first}; {quoted('--archbench-cache=small/cache', '--benchmark-json=run.json')}")

    records = read_run_file(project / "run.json").records.values()
    failed = [record for record in records if record.status is not Status.MEASURED]
    assert finished.returncode == 1
    assert any(record.status is Status.MEASURED for record in records)
    assert failed
    assert all("No space left on device" in record.reason for record in failed)


def test_a_full_disk_stops_the_run_in_one_line_and_earlier_records_are_kept(project, small_disk, cache_root):
    keep = "cp -r .archbench/runs ../kept"
    run = quoted(f"--archbench-cache={cache_root}")
    finished = small_disk("16k", f"cp test_speed.py small && cd small && {{ {run}; code=$?; {keep}; exit $code; }}")

    (journal,) = project.glob("kept/*/records.jsonl")
    said = finished.stdout + finished.stderr
    assert finished.returncode == 2
    assert "No space left on device; earlier records are kept. Make room and go on with --archbench-resume." in said
    assert "Traceback" not in said
    assert 1 <= len(read_journal(journal)) < 4


@pytest.mark.parametrize(
    ("extra", "status"), [((), Status.MEASURED), (("--archbench-instrument=memory",), Status.COUNTED)], ids=["times", "counts"]
)
def test_a_run_file_that_cannot_be_written_loses_no_record(project, small_disk, cache_root, extra, status):
    run = quoted(f"--archbench-cache={cache_root}", "--benchmark-json=small/run.json", *extra)
    finished = small_disk("4k", run)

    (journal,) = project.glob(".archbench/runs/*/records.jsonl")
    assert finished.returncode == 2
    assert "archbench: the run file cannot be written: No space left on device; records are kept in" in finished.stdout
    assert "Traceback" not in finished.stdout + finished.stderr
    assert [record.status for record in read_journal(journal)] == [status] * 4


def test_a_read_only_cache_is_refused_in_one_line(project, small_disk):
    finished = small_disk("1m", f"mount -o remount,ro small && {quoted('--archbench-cache=small/cache')}")

    assert finished.returncode == 2
    assert "cannot write the cache at small/cache: Read-only file system" in finished.stdout + finished.stderr
    assert "Traceback" not in finished.stdout + finished.stderr


def test_two_runs_at_once_on_one_storage_corrupt_nothing(project, environment, tmp_path):
    both = [
        subprocess.Popen(
            [*PYTEST, "--archbench-cache=cache", f"--benchmark-json={name}.json"],
            cwd=project,
            env=environment,
            stdout=subprocess.DEVNULL,
        )
        for name in ("first", "second")
    ]

    assert [run.wait(timeout=120) for run in both] == [0, 0]
    journals = [read_journal(path) for path in project.glob(".archbench/runs/*/records.jsonl")]
    assert [len(journal) for journal in journals] == [4, 4]
    for name in ("first", "second"):
        records = read_run_file(project / f"{name}.json").records
        assert [record.status for record in records.values()] == [Status.MEASURED] * 4
        assert all(record.parity.holds for record in records.values())
