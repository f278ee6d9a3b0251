"""Peaks as data: the fastest slice counts, all are kept, and what is no file of peaks is one line."""

import dataclasses

import pytest

from archbench.errors import RecordFileError
from archbench.records.peaks import Limit, read_peaks, write_peaks
from tests.samples import peaks, trial


def test_the_fastest_slice_of_any_process_counts():
    found = trial(Limit.COMPUTE, "f32", work=8, seconds=(4.0, 2.0, 3.0), runs=2)

    assert found.seconds == pytest.approx(2.0)
    assert found.rate == pytest.approx(4.0)


def test_the_best_way_is_the_limit():
    slow, fast = (trial(Limit.COMPUTE, "f32", work=work, seconds=(1.0,), way=str(work)) for work in (3, 5))
    made = dataclasses.replace(peaks(), trials=(slow, fast, trial(Limit.COMPUTE, "int8", work=9, seconds=(1.0,))))

    assert made.best(Limit.COMPUTE, "f32") == fast
    assert made.best(Limit.COMPUTE, "bf16") is None
    assert made.precisions == ("f32", "int8")


def test_an_operator_costs_what_a_longer_chain_takes_more():
    chains = [trial(Limit.OPERATOR, "torch", work=work, seconds=(1 + work * 0.25,)) for work in (36, 4)]
    made = dataclasses.replace(peaks(), trials=tuple(chains))

    assert made.operator_seconds("torch") == pytest.approx(0.25)
    assert made.operator_seconds("ncnn") is None


def test_what_is_written_is_read(tmp_path):
    write_peaks(tmp_path / "peaks.json", peaks())

    assert read_peaks(tmp_path / "peaks.json") == peaks()


def test_a_folder_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(RecordFileError, match=r"cannot write .*No such file"):
        write_peaks(tmp_path / "nowhere" / "peaks.json", peaks())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot read peaks"),
        ("{", "holds no measured peaks"),
        ("{}", "holds no measured peaks"),
        ("old", "of version 0, not 1"),
    ],
)
def test_what_is_no_file_of_peaks_is_one_line(tmp_path, content, message):
    path = tmp_path / "peaks.json"
    if content == "old":
        write_peaks(path, dataclasses.replace(peaks(), peaks_version=0))
    elif content is not None:
        path.write_text(content)

    with pytest.raises(RecordFileError, match=message) as caught:
        read_peaks(path)

    assert "archbench peaks -o FILE" in str(caught.value)
    assert "\n" not in str(caught.value)
