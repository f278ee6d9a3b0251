"""Which run may become the baseline, and which baseline is found."""

import dataclasses

import msgspec
import numpy as np
import pytest

from archbench.errors import BaselineError, RecordFileError
from archbench.gate.baselines import accept, every_baseline, find_baseline
from archbench.records.record import Status
from archbench.records.runfile import KEY, RunSection, read_run_file
from tests.samples import OPENVINO, record

CASE = f"standard-d10-w64-k3-28x28-b1:{OPENVINO}:t1"


BROKEN_RECORD = (
    '{"benchmarks": [{"extra_info": {"archbench": {"case_id": 5}}}], "archbench": {"schema_version": 2,'
    ' "fingerprint": "x", "machine": {}, "profile": "smoke", "failed": false}}'
)


def write_run(path, *records, failed=False, fingerprint="here", profile="smoke", date="2026-01-01T00:00:00", commit=None):
    measured = [entry for entry in records if entry.status is Status.MEASURED]
    section = RunSection(
        fingerprint=fingerprint,
        machine={},
        profile=profile,
        failed=failed,
        untimed=tuple(entry for entry in records if entry.status is not Status.MEASURED),
    )
    document = {
        "benchmarks": [
            {"name": entry.case_id, "stats": {}, "extra_info": {KEY: msgspec.to_builtins(entry)}} for entry in measured
        ],
        "datetime": date,
        "commit_info": {"id": commit},
        KEY: msgspec.to_builtins(section),
    }
    path.write_bytes(msgspec.json.encode(document))
    return read_run_file(path)


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / "run.json", record(CASE, np.random.default_rng(0)))


def test_accepting_stores_the_reason_and_numbers_the_file(run, tmp_path):
    first = accept(run, tmp_path / "baselines", " first light ")
    second = accept(run, tmp_path / "baselines", "again")

    assert [first.name, second.name] == ["0001_smoke.json", "0002_smoke.json"]
    assert first.parent.name == "here"
    assert read_run_file(first).section.accepted.reason == "first light"
    assert read_run_file(first).records == run.records
    assert [entry.section.accepted.reason for entry in every_baseline(tmp_path / "baselines")] == [
        "first light",
        "again",
    ]


def test_a_baseline_needs_a_reason(run, tmp_path):
    with pytest.raises(BaselineError, match="needs a reason"):
        accept(run, tmp_path, "  ")


@pytest.mark.parametrize("status", [Status.ERROR, Status.CRASHED, Status.PARITY_FAILURE, Status.CHECKED])
def test_a_run_with_a_failed_case_is_refused(status, tmp_path):
    generator = np.random.default_rng(0)
    run = write_run(tmp_path / "run.json", record(CASE, generator), record("x", generator, status=status))

    with pytest.raises(BaselineError, match="a failed run cannot become the baseline"):
        accept(run, tmp_path, "please")


def test_an_unfinished_run_is_refused(tmp_path):
    run = write_run(tmp_path / "run.json", record(CASE, np.random.default_rng(0)), failed=True)

    with pytest.raises(BaselineError, match="a failed run cannot become the baseline"):
        accept(run, tmp_path, "please")


def test_a_planted_run_is_refused(tmp_path):
    run = write_run(tmp_path / "run.json", record(CASE, np.random.default_rng(0), planted=0.2))

    with pytest.raises(BaselineError, match="carries planted work"):
        accept(run, tmp_path, "please")


def test_a_run_that_measured_nothing_is_refused(tmp_path):
    run = write_run(tmp_path / "run.json", record(CASE, np.random.default_rng(0), status=Status.SKIPPED))

    with pytest.raises(BaselineError, match="measured nothing"):
        accept(run, tmp_path, "please")


def test_an_unwritable_folder_is_named(run, tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(BaselineError, match=r"cannot write .*; name another folder"):
        accept(run, tmp_path / "file", "please")


def test_the_newest_of_this_machine_is_found_before_any_other(run, tmp_path):
    root = tmp_path / "baselines"
    elsewhere = dataclasses.replace(run, section=dataclasses.replace(run.section, fingerprint="elsewhere"))
    theirs = accept(elsewhere, root, "theirs")
    assert find_baseline(root, "here", "smoke") == theirs

    accept(run, root, "old")
    ours = accept(run, root, "new")

    assert find_baseline(root, "here", "smoke") == ours
    assert find_baseline(root, "here", "nightly") is None
    assert find_baseline(tmp_path / "nowhere", "here") is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"benchmarks": [', "not whole JSON"),
        ("", "not whole JSON"),
        ("[]", "not a pytest-benchmark JSON file"),
        ('{"benchmarks": []}', "holds no archbench records"),
        ('{"benchmarks": [], "archbench": {"schema_version": 99}}', "schema version 99 but this archbench reads 2"),
        ('{"benchmarks": [], "archbench": {"schema_version": 2}}', "holds a broken archbench record"),
        (BROKEN_RECORD, "holds a broken archbench record"),
    ],
)
def test_broken_files_are_refused_in_one_line(tmp_path, content, message):
    path = tmp_path / "broken.json"
    path.write_text(content)

    with pytest.raises(RecordFileError, match=message) as caught:
        read_run_file(path)

    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_an_unreadable_file_is_refused(tmp_path):
    with pytest.raises(RecordFileError, match="cannot read"):
        read_run_file(tmp_path / "absent.json")
    with pytest.raises(RecordFileError, match="cannot read"):
        read_run_file(tmp_path)
