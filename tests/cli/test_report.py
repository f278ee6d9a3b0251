"""`archbench report` as it is typed: a page from stored files, one line and exit code 2 for everything else."""

import numpy as np
import pytest

from tests.command import archbench
from tests.gate.test_baselines import CASE, write_run
from tests.samples import record


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """With a run file, and one of another machine."""
    write_run(tmp_path / "run.json", record(CASE, np.random.default_rng(0)))
    write_run(tmp_path / "there.json", record(CASE, np.random.default_rng(1)), fingerprint="there")
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.json").write_text('{"benchmarks": [')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_page_of_one_run_file_and_one_of_two(folder):
    one = archbench("report", "run.json", cwd=folder)
    two = archbench("report", "run.json", "there.json", "-o", "two.html", "--figures", "figures", cwd=folder)

    assert (one.returncode, one.stdout) == (0, "report: report.html\n"), one.stderr
    assert two.returncode == 0, two.stderr
    assert "<title>archbench report of run.json</title>" in (folder / "report.html").read_text()
    assert "run.json (A) and there.json (B)" in (folder / "two.html").read_text()
    assert {path.name for path in (folder / "figures").iterdir()} == {"ratios.png", "ratios.svg"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Missing argument"),
        (("nowhere",), "cannot read nowhere: No such file or directory"),
        (("empty",), "empty holds no run"),
        (("broken.json",), "broken.json is not whole JSON"),
        ((".",), "broken.json holds no JSON object"),
        (("run.json", "run.json", "run.json"), "a report is of one set or of two, but got 3"),
        (("run.json", "-o", "nowhere/report.html"), "cannot write nowhere/report.html: No such file or directory"),
        (("run.json", "-o", "empty"), "cannot write empty: Is a directory"),
        (("run.json", "--figures", "run.json"), "cannot write figures to run.json: File exists"),
        (("run.json", "--peaks", "run.json"), "run.json holds no measured peaks"),
        (("run.json", "--history", "nowhere.sqlite"), "there is no history nowhere.sqlite"),
        (("run.json", "--min-effect", "0"), "0 is not in the range"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, folder):
    shown = archbench("report", *arguments, cwd=folder)

    assert shown.returncode == 2
    assert shown.stderr.startswith("archbench: ") and shown.stderr.count("\n") == 1
    assert message in shown.stderr
    assert shown.stdout.count("\n") <= 1
