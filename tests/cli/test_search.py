"""`archbench search kws` as a new user types it."""

import json
import os
import subprocess
import sys

import pytest

from tests.command import archbench

TINY = ("--trials", "3", "--later-trials", "1", "--rounds", "2", "--iterations", "4", "--full-iterations", "4", "--seeds", "2")


def command(*arguments):
    return [sys.executable, "-m", "archbench", "search", "kws", *map(str, arguments)]


def search(*arguments, cache, cwd):
    environment = {**os.environ, "ARCHBENCH_CACHE": str(cache)}
    return subprocess.run(command(*arguments), capture_output=True, text=True, env=environment, cwd=cwd)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--data", "nowhere"), "nowhere: No such file or directory."),
        (("--data", "."), "has no recordings: give a folder that holds DIGIT_SPEAKER_INDEX.wav"),
        (("--trials", "0"), "a search needs a budget: `trials >= 1` must hold, but got trials=0."),
        (("--iterations", "-1"), "but got iterations=-1."),
        (("--workers", "0"), "0 is not in the range x>=1"),
        (("--preset", "fast"), "unknown preset 'fast'. Known: paper, quick."),
        (("--objective", "speed"), "unknown objective 'speed'."),
        (("--objective", "latency:tensorflow"), "unknown backend 'tensorflow'."),
        (("--sampler", "grid"), "unknown sampler 'grid'."),
        (("--controlled", "0"), "--controlled takes percent points between 0 and 100, but got 0."),
        (("--objective", "predicted"), "objective predicted and --predictor FILE go together"),
        (("--objective", "predicted", "--predictor", "nowhere.json"), "nowhere.json: No such file or directory."),
        (("--objective", "latency:openvino-npu-f16"), "objective latency:openvino-npu-f16: "),
        (("--data", "digits", "--storage", "redis://127.0.0.1:1/0"), "cannot use the storage redis://127.0.0.1:1/0: "),
        (("--data", "digits", "--out", "digits/0_ann_0.wav"), "cannot write results to "),
    ],
)
@pytest.mark.usefixtures("digits")
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, tmp_path, monkeypatch):
    monkeypatch.setenv("ARCHBENCH_CACHE", str(tmp_path / "cache"))

    shown = archbench("search", "kws", *arguments, cwd=tmp_path)

    assert shown.returncode == 2
    assert message in shown.stderr.splitlines()[-1]
    assert shown.stderr.splitlines()[-1].startswith("archbench: ")
    assert shown.stdout == ""


@pytest.mark.slow
def test_a_whole_search_and_the_same_again(digits, tmp_path):
    found = [
        search("--data", digits, *TINY, "--controlled", "50", "--out", "out", "--json", cache=tmp_path / "cache", cwd=tmp_path)
        for _ in range(2)
    ]

    first, again = (json.loads(finished.stdout) for finished in found)
    assert [finished.returncode for finished in found] == [0, 0]
    assert len(first["trials"]) == 4
    assert first["trials"] == again["trials"]
    assert len(first["frozen"]) == 1
    assert first["seed"]["unheard"]["confidence"] == 0.95
    assert len(first["claims"]) == 4
    judged = first["low_precision"]
    assert {entry["network"] for entry in judged} >= {"kws-seed"}
    assert len(judged) == 7 * (1 + len(first["front"]))
    assert any((entry["quantization"] or {}).get("max_drop") == 0.5 for entry in judged)
    assert "4/4 " in found[0].stderr
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"search.json", "front.png", "kws-seed.onnx", "journal.log"} <= names
    assert len(names) == 4 + len(first["front"])
