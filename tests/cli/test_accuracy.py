"""`archbench accuracy` as a new user types it."""

import json
import os
import subprocess
import sys

import pytest

from archbench.accuracy.block import BLOCKS
from archbench.accuracy.evaluation import JUDGED


def accuracy(*arguments, cache):
    command = [sys.executable, "-m", "archbench", "accuracy", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, "ARCHBENCH_CACHE": str(cache)})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--data", "nowhere"), "cannot read the recordings in nowhere: No such file or directory."),
        (("--data", "."), "has no WAV files"),
        (("--controlled", "0"), "--controlled takes percent points between 0 and 100, but got 0."),
        (("--controlled", "-1"), "but got -1."),
        (("--controlled", "nan"), "but got nan."),
        (("--controlled", "few"), "'few' is not a valid float"),
        (("-k", "octave"), "no network matches 'octave'; there are standard-relu"),
        (("-k", "(("), "-k takes words joined by and, or, not"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    finished = accuracy(*arguments, cache=tmp_path / "cache")

    assert finished.returncode == 2
    assert message in finished.stderr
    assert finished.stderr.startswith("archbench: ")
    assert finished.stderr.count("\n") == 1
    assert finished.stdout == ""


def test_a_cache_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "cache").write_text("a file")

    finished = accuracy(cache=tmp_path / "cache")

    assert finished.returncode == 2
    assert "cannot write the cache" in finished.stderr
    assert finished.stderr.count("\n") == 1


@pytest.mark.slow
def test_the_whole_table(tmp_path):
    finished = accuracy("--json", cache=tmp_path)

    assert finished.returncode == 0, finished.stderr
    answer = json.loads(finished.stdout)
    assert len(answer["records"]) == len(BLOCKS) * (len(JUDGED) + 1)
    assert answer["outcome"] in ("holds", "does not hold here", "inconclusive")
    for record in answer["records"]:
        if record["score"] is None:
            assert record["reason"]
        elif record["precision"] == "f32":
            assert record["score"]["accuracy"]["estimate"] > 0.9
            assert record["score"]["output_error"] < 1e-5
        elif record["precision"] == "int8":
            assert "u8" in record["score"]["convolutions"]

    shown = accuracy("-k", "standard", cache=tmp_path)
    assert shown.returncode == 0
    assert shown.stdout.splitlines()[-1].startswith('"INT8 destroys the accuracy of some blocks.": ')
    assert shown.stdout.count("standard-relu") >= len(JUDGED) + 1
