"""The store of nightly runs, its series, and the search for the first bad one."""

import sqlite3
import subprocess
import sys

import numpy as np
import pytest

from archbench.errors import RecordFileError, UsageError
from archbench.history.bisect import first_bad, versions_between
from archbench.history.store import History
from archbench.records.record import Status
from archbench.report.history import bisect_text, history_table
from tests.command import archbench
from tests.gate.test_baselines import CASE, write_run
from tests.samples import record


@pytest.fixture
def store(tmp_path):
    return History(tmp_path / "deep" / "history.sqlite")


def night(folder, number, *, own=1e-3, torch="2", calibration=5e-4, **kwargs):
    """The run file of one night, whose case takes `own` seconds."""
    entry = record(CASE, np.random.default_rng(number), own=own, between=0.002, calibration=calibration, torch=torch, **kwargs)
    path = folder / f"night-{number:02}.json"
    return write_run(path, entry, date=f"2026-01-{number + 1:02}T03:00:00", commit=f"c{number:039}")


def nights(folder, store, latencies, **kwargs):
    for number, own in enumerate(latencies):
        store.add(night(folder, number, own=own, **kwargs))
    return store.series(CASE, "here")


def test_a_run_comes_back_as_a_point_of_its_series(tmp_path, store):
    run = night(tmp_path, 0)

    assert store.add(run) == 1
    assert store.add(run) is None
    (point,) = store.series(CASE, "here")
    assert (point.run, point.path, point.date, point.commit) == (1, str(run.path), "2026-01-01T03:00:00", f"c{0:039}")
    assert point.versions == {"torch": "2", "numpy": "2"}
    assert point.seconds.interval().estimate == pytest.approx(1e-3, rel=0.01)
    assert point.latency.interval().estimate == pytest.approx(2.0, rel=0.01)
    assert point.speedup.interval().estimate == pytest.approx(3.0, rel=0.01)
    assert store.case_ids("here") == [CASE]
    assert store.series(CASE, "elsewhere") == store.case_ids("elsewhere") == []


def test_a_series_is_in_order_of_time_not_of_arrival(tmp_path, store):
    for number in (2, 0, 1):
        store.add(night(tmp_path, number))

    assert [point.date[8:10] for point in store.series(CASE, "here")] == ["01", "02", "03"]


def test_what_was_not_measured_leaves_no_point(tmp_path, store):
    store.add(write_run(tmp_path / "run.json", record(CASE, np.random.default_rng(0), status=Status.CRASHED)))

    assert store.case_ids("here") == []


def test_planted_work_is_kept_out(tmp_path, store):
    with pytest.raises(RecordFileError, match="carries planted work"):
        store.add(night(tmp_path, 0, planted=0.1))

    assert store.case_ids("here") == []


def test_a_store_that_is_none_is_named(tmp_path):
    (tmp_path / "history.sqlite").write_text("not a database, but long enough to be mistaken for one" * 100)

    with pytest.raises(RecordFileError, match="cannot use the history"):
        History(tmp_path / "history.sqlite").case_ids("here")


def test_many_writers_at_once_lose_nothing(tmp_path):
    for number in range(6):
        night(tmp_path, number)
    command = [sys.executable, "-m", "archbench", "history", "--store", "shared.sqlite", "--add"]
    writers = [subprocess.Popen([*command, f"night-{number:02}.json"], cwd=tmp_path) for number in range(6)]

    assert [writer.wait(timeout=60) for writer in writers] == [0] * 6
    assert len(History(tmp_path / "shared.sqlite").series(CASE, "here")) == 6


def test_a_writer_that_dies_in_the_middle_leaves_the_store_as_it_was(tmp_path, store):
    nights(tmp_path, store, [1e-3])
    dying = sqlite3.connect(tmp_path / "deep" / "history.sqlite")
    dying.execute(
        "INSERT INTO runs (digest, path, date, fingerprint, commit_id, versions) VALUES ('x', '', '', 'here', '', '')"
    )
    dying.close()

    store.add(night(tmp_path, 1))

    assert len(store.series(CASE, "here")) == 2


@pytest.mark.parametrize("bad", [1, 2, 5, 8, 9])
def test_bisection_finds_the_first_bad_run(tmp_path, store, bad):
    latencies = [1e-3 if number < bad else 1.1e-3 for number in range(10)]

    suspect = first_bad(nights(tmp_path, store, latencies), 0.02)

    assert (suspect.last_good.run, suspect.first_bad.run) == (bad, bad + 1)
    assert len(suspect.steps) <= 4


def test_a_slower_clock_is_not_taken_for_a_slower_case(tmp_path, store):
    nights(tmp_path, store, [1e-3] * 4)
    slow_clock = night(tmp_path, 4, own=1.2e-3, reference=3.6e-3, calibration=6e-4)
    store.add(slow_clock)

    with pytest.raises(UsageError, match="there is nothing to bisect"):
        first_bad(store.series(CASE, "here"), 0.02)


def test_bisecting_one_run_is_refused(tmp_path, store):
    with pytest.raises(UsageError, match="needs two runs or more, but the history holds 1"):
        first_bad(nights(tmp_path, store, [1e-3]), 0.02)


def test_the_suspect_names_what_changed(tmp_path, store):
    store.add(night(tmp_path, 0))
    store.add(night(tmp_path, 1, own=1.1e-3, torch="3"))
    series = store.series(CASE, "here")

    said = bisect_text(first_bad(series, 0.02))

    assert "first bad: run 2 (2026-01-02T03:00" in said
    assert "torch changed from 2 to 3" in said
    assert f"git log c{0:039}..c{1:039}" in said
    assert list(versions_between(series)) == ["run 2: torch 2 -> 3"]


def test_the_table_marks_where_the_level_changed(tmp_path, store):
    lines = history_table(nights(tmp_path, store, [1e-3] * 8 + [1.06e-3] * 8)).splitlines()

    assert len(lines) == 17
    assert [index for index, line in enumerate(lines) if "%" in line] == [9]
    assert "+6" in lines[9] or "+5" in lines[9]


def test_the_commands_add_show_and_bisect(tmp_path):
    names = []
    for number, own in enumerate([1e-3] * 6 + [1.1e-3] * 6):
        names += ["--add", night(tmp_path, number, own=own).path.name]

    added = archbench("history", *names, cwd=tmp_path)
    again = archbench("history", *names[:2], cwd=tmp_path)
    listed = archbench("history", "--machine", "here", cwd=tmp_path)
    shown = archbench("history", CASE, "--machine", "here", cwd=tmp_path)
    found = archbench("bisect", CASE, "--machine", "here", cwd=tmp_path)
    narrowed = archbench("bisect", CASE, "--machine", "here", "--good", "2", "--bad", "8", cwd=tmp_path)

    assert added.stdout.splitlines() == [f"night-{number:02}.json: run {number + 1}" for number in range(12)]
    assert again.stdout == "night-00.json: already in the history\n"
    assert listed.stdout == f"{CASE}\n"
    assert "+1" in shown.stdout.splitlines()[7]
    assert "first bad: run 7 " in found.stdout
    assert "first bad: run 7 " in narrowed.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("history", CASE), "the history holds no run of"),
        (("history", "--add", "absent.json"), "cannot read absent.json"),
        (("bisect", "nonsense"), "the history holds no run of 'nonsense'"),
        (("bisect", CASE, "--machine", "here", "--good", "9", "--store", "full.sqlite"), "there is no run 9"),
        (("bisect", CASE, "--machine", "here", "--store", "full.sqlite"), "there is nothing to bisect"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(tmp_path, arguments, message):
    nights(tmp_path, History(tmp_path / "full.sqlite"), [1e-3] * 3)

    finished = archbench(*arguments, cwd=tmp_path)

    assert finished.returncode == 2
    assert message in finished.stderr
    assert finished.stderr.count("\n") == 1
