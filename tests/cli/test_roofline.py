"""`archbench peaks` and `archbench roofline`: answers from stored files, one line and exit code 2 for everything else."""

import json
import os

import numpy as np
import pytest

from archbench.records.peaks import read_peaks, write_peaks
from tests.command import archbench
from tests.experiments.test_roofline import BLOCK, PATTERN, pair, pattern_record
from tests.gate.test_baselines import write_run
from tests.samples import peaks, record


@pytest.fixture
def folder(tmp_path):
    """With peaks, and a run of a block and of a pattern."""
    write_peaks(tmp_path / "peaks.json", peaks())
    write_run(tmp_path / "run.json", pattern_record(), *pair(BLOCK, 1e-3), fingerprint="here")
    return tmp_path


def test_the_roofline_of_a_stored_run(folder):
    finished = archbench("roofline", "run.json", "--peaks", "peaks.json", "--figure", "roofline.png", cwd=folder)

    assert finished.returncode == 0, finished.stderr
    lines = finished.stdout.splitlines()
    assert lines[0].split()[:3] == ["workload", "backend", "time"]
    assert {line.split()[0] for line in lines[1:3]} == {PATTERN, f"{BLOCK}-n1"}
    assert "torch: 2 placed" in finished.stdout
    assert (folder / "roofline.png").stat().st_size > 5000


def test_several_runs_of_one_machine_are_one_roofline(folder):
    write_run(folder / "block.json", *pair(BLOCK, 1e-3, backend="openvino-cpu-f32"), fingerprint="here")

    both = archbench("roofline", "run.json", "block.json", "--peaks", "peaks.json", cwd=folder).stdout
    one = archbench("roofline", "run.json", "block.json", "--peaks", "peaks.json", "--backend", "openvino-cpu-f32", cwd=folder)

    assert "torch: 2 placed" in both
    assert "openvino-cpu-f32: 1 placed" in both
    assert "torch" not in one.stdout


def test_the_roofline_as_json(folder):
    found = json.loads(archbench("roofline", "run.json", "--peaks", "peaks.json", "--json", cwd=folder).stdout)

    assert found["omitted"] == {}
    entry = next(entry for entry in found["placed"] if entry["id"] == PATTERN)
    assert (entry["backend"], entry["bound"]) == ("torch", "compute")
    assert entry["ceilings"] == pytest.approx({"L2": 100e9, "memory": 100e9})
    assert entry["operations_per_second"] / 100e9 == pytest.approx(entry["share"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("roofline", "run.json"), "Missing option '--peaks'"),
        (("roofline", "run.json", "--peaks", "absent.json"), "cannot read peaks from absent.json: No such file or directory;"),
        (("roofline", "run.json", "--peaks", "run.json"), "run.json holds no measured peaks"),
        (("roofline", "run.json", "--peaks", "elsewhere.json"), "the peaks are of there but the run is of here"),
        (("roofline", "run.json", "foreign.json", "--peaks", "peaks.json"), "the peaks are of here but the run is of there"),
        (("roofline", "run.json", "--peaks", "peaks.json", "--backend", "tensorflow"), "unknown backend 'tensorflow'"),
        (("roofline", "run.json", "--peaks", "peaks.json", "--backend", "ncnn"), "it holds no measured latency"),
        (("roofline", "absent.json", "--peaks", "peaks.json"), "cannot read absent.json"),
        (("roofline", "peaks.json", "--peaks", "peaks.json"), "peaks.json is not a pytest-benchmark JSON file"),
        (("roofline", "empty.json", "--peaks", "peaks.json"), "nothing of what was measured can be placed on the roofline"),
        (("roofline", "run.json", "--peaks", "two.json"), "measured on 1 thread, the peaks on 2 threads"),
        (
            ("roofline", "run.json", "--peaks", "peaks.json", "--figure", "roofline.gif"),
            "a figure is written as .png, .svg, .pdf",
        ),
        (("roofline", "run.json", "--peaks", "peaks.json", "--figure", "no/roofline.png"), "there is no folder no"),
        (("peaks", "-o", "nowhere/peaks.json"), "cannot write nowhere/peaks.json: No such file or directory"),
        (("peaks", "-o", "."), "cannot write .: Is a directory"),
        (("peaks", "--isa", "avx3"), "unknown ISA cap 'avx3'. Did you mean 'avx'?"),
        (("peaks", "--threads", "0"), "0 is not in the range x>=1"),
        (("peaks", "--threads", str(len(os.sched_getaffinity(0)) + 1)), "threads were asked for but this machine gives"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2_before_anything_is_measured(arguments, message, folder):
    write_peaks(folder / "elsewhere.json", peaks(fingerprint="there"))
    write_peaks(folder / "two.json", peaks(threads=2))
    write_run(folder / "foreign.json", pattern_record(), fingerprint="there")
    write_run(folder / "empty.json", record("archbench-loop:python:t1", np.random.default_rng(0)), fingerprint="here")

    finished = archbench(*arguments, cwd=folder)

    assert finished.returncode == 2
    assert message in finished.stderr
    assert finished.stderr.count("\n") == 1
    assert finished.stdout == ""


def test_a_refused_file_of_peaks_stays_as_it_is(folder):
    (folder / "kept.json").write_text("before")

    finished = archbench("peaks", "-o", "kept.json", "--threads", "9999", cwd=folder)

    assert finished.returncode == 2
    assert (folder / "kept.json").read_text() == "before"


@pytest.mark.slow
def test_peaks_of_this_machine_are_shown_and_kept(tmp_path, cache_root, monkeypatch):
    monkeypatch.setenv("ARCHBENCH_CACHE", str(cache_root))

    finished = archbench("peaks", "-o", "peaks.json", cwd=tmp_path)

    assert finished.returncode == 0, finished.stderr
    assert "kept in peaks.json" in finished.stdout
    assert "compute" in finished.stdout
    assert len(read_peaks(tmp_path / "peaks.json").trials[0].samples) == 3
