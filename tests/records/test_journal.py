"""Nothing measured is lost: each record is on disk when it is made, and a killed run goes on."""

import numpy as np
import pytest

from archbench.errors import RecordFileError
from archbench.records.journal import RunJournal, read_journal
from tests.samples import record

SETTINGS = {"processes": 10}


def entry(name, seed=0):
    return record(name, np.random.default_rng(seed))


def test_a_record_is_on_disk_at_once_and_reads_back_equal(tmp_path):
    journal = RunJournal.create(tmp_path, SETTINGS)
    journal.append(entry("a"))

    assert read_journal(journal.folder / "records.jsonl") == [entry("a")]


def test_an_unfinished_run_is_resumed_with_what_it_has(tmp_path):
    RunJournal.create(tmp_path, SETTINGS).append(entry("a"))

    resumed = RunJournal.resume(tmp_path, SETTINGS)
    resumed.append(entry("b"))

    assert set(resumed.records) == {"a", "b"}
    assert [kept.case_id for kept in read_journal(resumed.folder / "records.jsonl")] == ["a", "b"]


@pytest.mark.parametrize("cut", [1, 10, 200])
def test_a_line_cut_short_is_left_out_and_written_past(tmp_path, cut):
    journal = RunJournal.create(tmp_path, SETTINGS)
    journal.append(entry("a"))
    journal.append(entry("b"))
    path = journal.folder / "records.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])

    resumed = RunJournal.resume(tmp_path, SETTINGS)
    resumed.append(entry("c"))

    kept = {"a", "b", "c"} if cut == 1 else {"a", "c"}
    assert {kept_entry.case_id for kept_entry in read_journal(path)} == kept


def test_a_finished_run_is_not_resumed(tmp_path):
    RunJournal.create(tmp_path, SETTINGS).finish()

    with pytest.raises(RecordFileError, match="no unfinished run"):
        RunJournal.resume(tmp_path, SETTINGS)


def test_a_run_made_otherwise_is_not_resumed(tmp_path):
    RunJournal.create(tmp_path, SETTINGS)

    with pytest.raises(RecordFileError, match="other settings or versions"):
        RunJournal.resume(tmp_path, {"processes": 3})


def test_a_foreign_line_is_an_error(tmp_path):
    path = tmp_path / "records.jsonl"
    path.write_text('{"case_id": 7}\n{}\n')

    with pytest.raises(RecordFileError, match="is not a record of this archbench"):
        read_journal(path)


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(RecordFileError, match="cannot write records"):
        RunJournal.create(tmp_path / "file", SETTINGS)
