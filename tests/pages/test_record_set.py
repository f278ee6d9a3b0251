"""What is read as one set: files are known by what they hold, the best record counts, and units stay with their run."""

import dataclasses

import numpy as np
import pytest

from archbench.errors import ArchbenchError
from archbench.machine.health import State
from archbench.pages.record_set import read_set
from archbench.records.peaks import write_peaks
from archbench.workloads.layer import LayerWorkload
from tests.experiments.layer_records import layer_records
from tests.gate.test_baselines import CASE, write_run
from tests.pages.night import write_night
from tests.samples import peaks, record

KIND = LayerWorkload(layer="conv", in_channels=8, out_channels=8)


def test_files_are_known_by_what_they_hold(tmp_path):
    found = read_set(write_night(tmp_path / "night"))

    assert [run.path.name for run in found.runs][-1] == "patterns.json"
    assert len(found.runs) == 5
    assert found.peaks == peaks()
    assert [search.study for search in found.searches] == ["kws-1"]
    assert [entry.network for entry in found.accuracy] == ["standard-relu"]
    assert [(entry.name, entry.state) for entry in found.health] == [("governor", State.WARNING)]


@pytest.mark.parametrize(("late", "expected"), [(10, 2e-3), (3, 1e-3)])
def test_of_a_case_the_record_of_most_workers_counts_and_the_newest_of_equals(late, expected, tmp_path):
    for name, date, own, count in (("late.json", "2026-02-01", 2e-3, late), ("early.json", "2026-01-01", 1e-3, 10)):
        write_run(tmp_path / name, record(CASE, np.random.default_rng(0), own=own, count=count), date=date)

    (found,) = read_set(tmp_path).timed.values()

    assert found.latency.estimate == pytest.approx(expected, rel=0.05)


def test_networks_of_two_runs_are_not_held_against_each_other(tmp_path):
    few, many = layer_records({KIND: 20e-6}).values()
    write_run(tmp_path / "few.json", few)
    write_run(tmp_path / "many.json", many)

    assert not any(read_set(tmp_path).units.values())


def test_counts_of_a_simulated_machine_go_with_the_runs_of_a_real_one(tmp_path):
    write_run(tmp_path / "run.json", record(CASE, np.random.default_rng(0)))
    counted = write_run(tmp_path / "counts.json", fingerprint="callgrind")
    section = dataclasses.replace(counted.section, instrument="callgrind")
    write_section(counted, section)

    assert read_set(tmp_path).fingerprint == "here"


def write_section(run, section):
    import msgspec

    from archbench.records.runfile import with_section

    run.path.write_bytes(msgspec.json.encode(with_section(run.document, section)))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "holds no run"),
        ({"notes.json": '{"a": 1}'}, "notes.json is nothing that archbench keeps"),
        ({"notes.json": "[1, 2]"}, "holds no JSON object"),
        ({"run.json": '{"benchmarks": ['}, "may be truncated"),
        ({"run.json": '{"benchmarks": []}'}, "holds no archbench records"),
        ({"search.json": '{"study": 1, "front": [], "trials": []}'}, "broken record"),
        ({"accuracy.json": '{"records": [{}], "claim": ""}'}, "broken record"),
        ({"peaks.json": '{"peaks_version": 1}'}, "holds no measured peaks"),
    ],
)
def test_what_is_no_set_is_said_in_one_line(tmp_path, files, message):
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    with pytest.raises(ArchbenchError, match=message) as caught:
        read_set(tmp_path)

    assert "\n" not in str(caught.value)


def test_a_set_is_of_one_machine(tmp_path):
    for machine in ("here", "there"):
        write_run(tmp_path / f"{machine}.json", record(CASE, np.random.default_rng(0)), fingerprint=machine)

    with pytest.raises(ArchbenchError, match=r"a set is of one machine, but got .*here\.json of here, .*there\.json of there"):
        read_set(tmp_path)


def test_peaks_and_shards_of_elsewhere_are_refused(tmp_path):
    run = write_run(tmp_path / "run.json", record(CASE, np.random.default_rng(0)))
    write_peaks(tmp_path / "peaks.json", peaks(fingerprint="there"))
    with pytest.raises(ArchbenchError, match="the peaks are of there but the run is of here"):
        read_set(tmp_path)

    (tmp_path / "peaks.json").unlink()
    write_section(run, dataclasses.replace(run.section, shard="1/2"))
    with pytest.raises(ArchbenchError, match=r"run\.json is shard 1/2 of a run"):
        read_set(tmp_path)
