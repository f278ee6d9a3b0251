"""Real Ray nodes, started on this machine: each has one measuring slot, and one of them is killed at work."""

import contextlib
import json
import subprocess
import sys
import time

import psutil
import pytest

from archbench.machine.fingerprint import read_fingerprint
from archbench.records.journal import read_journal
from archbench.records.record import Status
from archbench.records.runfile import read_run_file

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

HERE = read_fingerprint().key
ELSEWHERE = "another-machine"
CHOSEN = "openvino and conv-i64"


def labels(fingerprint):
    return {"archbench_slot": 1, f"fingerprint:{fingerprint}": 1}


@pytest.fixture
def cluster(monkeypatch, cache_root):
    """A head that measures nothing, two nodes of this machine and one that says to be of another."""
    cluster_utils = pytest.importorskip("ray.cluster_utils")
    monkeypatch.setenv("ARCHBENCH_CACHE", str(cache_root))
    small = {"num_cpus": 1, "object_store_memory": 100_000_000}
    started = cluster_utils.Cluster(initialize_head=True, head_node_args={**small, "include_dashboard": False})
    try:
        started.ours = [started.add_node(resources=labels(HERE), **small) for _ in range(2)]
        started.theirs = started.add_node(resources=labels(ELSEWHERE), **small)
        yield started
    finally:
        started.shutdown()


def distribute(cluster, folder, *options, **others):
    command = [sys.executable, "-m", "archbench", "distribute", "--address", cluster.address, "--experiment", "behaviour"]
    quick = ["-k", CHOSEN, "--processes", "2", "--seconds", "0.1"]
    return subprocess.Popen([*command, *quick, *options], cwd=folder, stderr=subprocess.PIPE, text=True, **others)


def is_measuring(node):
    """Whether a worker of the node is inside our task; Ray names its process after it."""
    (raylet,) = node.all_processes["raylet"]
    with contextlib.suppress(psutil.Error):
        return any("ray::_measure" in " ".join(child.cmdline()) for child in psutil.Process(raylet.process.pid).children(True))
    return False


def wait_until(holds):
    deadline = time.monotonic() + 200
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert holds()


def test_a_killed_node_loses_no_case_and_no_other_machine_measures_one(cluster, tmp_path):
    run = distribute(cluster, tmp_path, "--machine", HERE, stdout=subprocess.PIPE)
    killed, survivor = cluster.ours
    wait_until(lambda: run.poll() is not None or all(is_measuring(node) for node in cluster.ours))
    cluster.remove_node(killed, allow_graceful=False)
    out, said = run.communicate(timeout=400)

    assert run.returncode == 0, said
    lines = said.splitlines()
    assert sum("a node was lost" in line for line in lines) == 1, said
    assert {line.split("from node ")[1].split(";")[0] for line in lines if "from node" in line} == {survivor.node_id[:8]}
    # Ray has its own words about a dead node before ours.
    whole = read_run_file(tmp_path / out.splitlines()[-1].removeprefix("run file: "))
    (journal,) = tmp_path.glob(".archbench/runs/*/records.jsonl")
    assert len(read_journal(journal)) == len(whole.records)
    assert {record.status for record in whole.records.values()} == {Status.MEASURED}
    assert {record.environment.fingerprint for record in whole.records.values()} == {HERE}
    assert (whole.section.profile, whole.section.failed) == ("behaviour-smoke", False)
    listed = subprocess.run(
        [sys.executable, "-m", "archbench", "cases", "--experiment", "behaviour", "-k", CHOSEN],
        capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    assert set(whole.records) == set(listed)


def test_a_cluster_of_two_machines_is_asked_which(cluster, tmp_path):
    run = distribute(cluster, tmp_path)

    _, said = run.communicate(timeout=120)

    assert run.returncode == 2
    assert f"name one machine with --machine; the cluster's measuring nodes are of: {ELSEWHERE}, {HERE}" in said


def test_a_node_that_lies_of_its_machine_measures_nothing(cluster, tmp_path):
    run = distribute(cluster, tmp_path, "--machine", ELSEWHERE)

    _, said = run.communicate(timeout=120)

    assert run.returncode == 2
    assert f"a node labelled {ELSEWHERE} is a {HERE}" in said


def test_a_node_is_started_with_its_labels():
    shown = subprocess.run([sys.executable, "-m", "archbench", "node"], capture_output=True, text=True, check=True).stdout

    assert json.loads(shown) == labels(HERE)
