"""A whole search by several processes on one study, one of which is killed."""

import json
import os
import signal
import subprocess
import sys

import psutil
import pytest

from archbench.search.front import Candidate
from archbench.search.session import spread
from archbench.workloads.kws import NAMED, KwsWorkload


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["journal", "redis_url", "postgresql_url"])
def test_of_two_workers_one_is_killed_and_the_study_ends_whole(kind, digits, tmp_path, request):
    storage = () if kind == "journal" else ("--storage", request.getfixturevalue(kind))
    budget = ("--trials", "6", "--rounds", "1", "--iterations", "60", "--full-iterations", "2", "--seeds", "1")
    running = subprocess.Popen(
        [sys.executable, "-m", "archbench", "search", "kws", "--data", digits, *budget, *storage, "--out", "out", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "ARCHBENCH_CACHE": str(tmp_path / "cache")},
        cwd=tmp_path,
    )
    for line in running.stderr:
        if line.startswith("1/6"):
            break
    workers = [child for child in psutil.Process(running.pid).children() if "archbench.search.worker" in child.cmdline()]
    os.kill(workers[0].pid, signal.SIGKILL)
    out, err = running.communicate(timeout=900)

    assert running.returncode == 0, err
    found = json.loads(out)
    assert len(workers) == 2
    assert len(found["trials"]) == 6
    assert found["lost"] <= 1
    assert "a worker was killed; its trial is made again." in err


def test_what_is_trained_in_full_is_spread_over_the_front():
    members = [
        Candidate(workload=KwsWorkload(units=units), accuracy=1 - index / 20, costs=(100.0 - index,))
        for index, units in enumerate(NAMED.values())
    ]

    assert spread(members, None) == members
    assert spread(members, 20) == members
    assert spread(members, 1) == members[:1]
    chosen = spread(members, 4)
    assert [members.index(member) for member in chosen] == [0, 4, 8, 12]
