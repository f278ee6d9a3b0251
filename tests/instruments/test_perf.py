"""perf attached to a real process. Page faults stand in for hardware events where a machine exposes none: same path, exact."""

import mmap
import os
import shutil
import subprocess
import time

import pytest

from archbench.errors import BackendError
from archbench.instruments import perf
from archbench.instruments.perf import PERF, Perf

FAULTS = Perf(events={"page-faults:u": "page faults"})
needs_perf = pytest.mark.skipif(FAULTS.absence() is not None, reason=str(FAULTS.absence()))


def touch(pages):
    with mmap.mmap(-1, pages * mmap.PAGESIZE) as memory:
        for page in range(pages):
            memory[page * mmap.PAGESIZE] = 1


@needs_perf
def test_what_happens_inside_an_inference_is_counted_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(perf, "_empty_caches", lambda: touch(5000))

    found = FAULTS.read(lambda: touch(1000), "x", tmp_path)

    assert set(found) == {"cold", "warm"}
    for state in found.values():
        assert 1000 <= state["page faults"] < 1100


@needs_perf
def test_no_process_stays_behind_when_an_inference_fails(tmp_path):
    def fail():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        FAULTS.read(fail, "x", tmp_path)

    found = subprocess.run(["pgrep", "--parent", str(os.getpid()), "perf"], capture_output=True, text=True)
    assert found.stdout == ""


@needs_perf
def test_a_perf_that_ends_early_is_an_error(tmp_path):
    broken = Perf(events={"no-such-event": "nothing"})
    with pytest.raises(BackendError, match="perf stat ended before it would"):
        broken.read(lambda: time.sleep(0), "x", tmp_path)


def test_a_machine_without_hardware_events_or_without_perf_says_which(monkeypatch):
    reason = PERF.absence()
    assert reason is None or "does not expose hardware events (instructions:u: <not supported>" in reason or "perf" in reason
    assert "no-such-event" in (Perf(events={"no-such-event": "x"}).absence() or "no-such-event")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "perf is not installed" in PERF.absence()


def test_values_are_read_from_what_perf_writes():
    text = (
        "# started on Sat Nov 21 19:00:00 2026\n\n"
        "<not supported>,,LLC-loads:u,0,100.00,,\n123456,,instructions:u,1013820,100.00,1.02,insn per cycle\n"
    )
    assert perf._values(text) == [("LLC-loads:u", "<not supported>"), ("instructions:u", "123456")]


def test_an_event_that_was_never_scheduled_is_an_error():
    with pytest.raises(BackendError, match="counted nothing of cycles:u \\(<not counted>\\)"):
        perf._number("cycles:u", "<not counted>")
