"""Two environments against each other, with real workers of both."""

import subprocess
import sys

import pytest

from archbench.records.journal import read_journal
from archbench.records.record import Status

QUICK = ("--processes", "2", "--seconds", "0.02", "-k", "factorized and d10")


def ab(a, b, *options, cwd, cache=None):
    command = [sys.executable, "-m", "archbench", "ab", "--a", a, "--b", b, *options]
    environment = None if cache is None else {"PATH": "/usr/bin:/bin", "ARCHBENCH_CACHE": str(cache)}
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=cwd, env=environment)


@pytest.fixture
def older(tmp_path):
    """An interpreter whose runtimes know no AVX-512: the same packages, other kernels."""
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\nONEDNN_MAX_CPU_ISA=AVX2 OV_CPU_MAX_ISA=AVX2 exec {sys.executable} "$@"\n')
    script.chmod(0o755)
    return script


def test_both_sides_are_measured_kept_and_their_kernels_compared(tmp_path, cache_root, older):
    finished = ab(older, sys.executable, *QUICK, cwd=tmp_path, cache=cache_root)

    assert finished.returncode in (0, 1), finished.stderr
    assert f"A: {older}" in finished.stdout
    assert f"B: {sys.executable}" in finished.stdout
    executed = {}
    for side in "ab":
        (journal,) = (tmp_path / ".archbench/ab" / side).glob("*/records.jsonl")
        native, accelerated = read_journal(journal)
        assert native.status is accelerated.status is Status.MEASURED
        assert len(accelerated.processes) >= 2
        executed[side] = " ".join(accelerated.executed_graph)
    assert "avx512" not in executed["a"]


@pytest.mark.parametrize(
    ("python", "message"),
    [
        ("/nowhere/python", "/nowhere/python is not a Python interpreter"),
        ("/bin/false", "/bin/false cannot import archbench; install it there"),
    ],
)
def test_what_is_no_environment_is_refused(tmp_path, python, message):
    for pair in ((python, sys.executable), (sys.executable, python)):
        finished = ab(*pair, *QUICK, cwd=tmp_path)

        assert finished.returncode == 2
        assert message in finished.stderr
        assert finished.stderr.count("\n") == 1


def test_an_empty_choice_is_refused(tmp_path):
    finished = ab(sys.executable, sys.executable, "-k", "nothing", cwd=tmp_path)

    assert finished.returncode == 2
    assert "no case of profile 'smoke' matches 'nothing'" in finished.stderr
