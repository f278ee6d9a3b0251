"""Whoever measures has the machine alone, however many train."""

import subprocess
import sys
import time

import pytest

from archbench.errors import CacheError
from archbench.search.lane import Lane

TRAIN = """
import sys, time
from pathlib import Path
from archbench.search.lane import Lane
folder, until = Path(sys.argv[1]), time.monotonic() + 30
lane = Lane(folder)
with lane.training():
    (folder / f"beat-{sys.argv[2]}").write_text("0")
    (folder / f"in-{sys.argv[2]}").touch()
    while time.monotonic() < until and not (folder / "end").exists():
        beat = folder / f"new-{sys.argv[2]}"
        beat.write_text(str(time.monotonic()))
        beat.replace(folder / f"beat-{sys.argv[2]}")
        time.sleep(0.01)
        lane.step_aside()
"""


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def trainers(tmp_path):
    started = [subprocess.Popen([sys.executable, "-c", TRAIN, str(tmp_path), str(index)]) for index in range(2)]
    wait_for(lambda: all((tmp_path / f"in-{index}").exists() for index in range(2)))
    yield started
    (tmp_path / "end").touch()
    for process in started:
        process.wait(timeout=20)


def test_nobody_trains_while_somebody_measures(trainers, tmp_path):
    def beat(index):
        return float((tmp_path / f"beat-{index}").read_text() or "0")

    for _ in range(3):
        with Lane(tmp_path) as lane, lane.measuring():
            began = time.monotonic()
            time.sleep(0.2)
            assert max(map(beat, (0, 1))) < began
        time.sleep(0.1)
    later = time.monotonic()
    wait_for(lambda: min(map(beat, (0, 1))) > later)


def test_a_killed_worker_leaves_the_lane(trainers, tmp_path):
    for process in trainers:
        process.kill()
        process.wait(timeout=20)

    with Lane(tmp_path) as lane, lane.measuring():
        pass


def test_a_lane_that_cannot_be_locked_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(CacheError, match=r"cannot lock the lane in .*file: (File exists|Not a directory)\."):
        Lane(tmp_path / "file")
