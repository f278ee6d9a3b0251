"""Peak memory of a process that holds a known amount for a while."""

import subprocess
import sys

import pytest

from archbench.instruments.memory import MEMORY

pytestmark = pytest.mark.skipif(MEMORY.absence() is not None, reason=str(MEMORY.absence()))

HOLD = """
import os
from pathlib import Path
from archbench.instruments.memory import MEMORY

earlier = bytearray(os.urandom(1)) * {before}
del earlier
MEMORY.prepare()
loaded = bytearray(os.urandom(1)) * {loaded}
print(MEMORY.read(lambda: bytearray(os.urandom(1)) * {run}, "x", Path())["whole"]["peak resident growth"])
"""


def growth(before, loaded, run):
    environment = {"MALLOC_MMAP_THRESHOLD_": "65536"}
    command = [sys.executable, "-c", HOLD.format(before=before, loaded=loaded, run=run)]
    return int(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


def test_growth_is_what_was_alive_together_since_the_start():
    assert growth(0, 20_000_000, 30_000_000) == pytest.approx(50_000_000, rel=0.05)


def test_a_peak_from_before_the_case_does_not_count():
    assert growth(90_000_000, 20_000_000, 0) == pytest.approx(20_000_000, rel=0.1)


def test_a_system_without_these_files_says_so(monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert "which this system lacks" in MEMORY.absence()
