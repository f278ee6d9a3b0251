"""Which run files make one run, and what that holds."""

import dataclasses

import msgspec
import numpy as np
import pytest

from archbench.errors import ShardError
from archbench.gate.merge import merge
from archbench.records.record import Status
from archbench.records.runfile import KEY, read_run_file, with_section
from tests.gate.test_baselines import write_run
from tests.samples import OPENVINO, record

CASES = [f"standard-d{depth}-w64-k3-28x28-b1:{OPENVINO}:t1" for depth in (10, 20, 30)]


@pytest.fixture
def shards(tmp_path):
    """`shards(entry, ..., **section)`: the run file of shard 1, 2, ... of as many, each of one record or none."""

    def make(*entries, change=2, commit=None, **section):
        runs = []
        for index, entry in enumerate(entries, start=1):
            run = write_run(
                tmp_path / f"{index}.json", *([entry] if entry else []), commit="abc" if index != change else commit
            )
            changed = {"shard": f"{index}/{len(entries)}", **(section if index == change else {})}
            document = with_section(run.document, dataclasses.replace(run.section, **changed))
            run.path.write_bytes(msgspec.json.encode(document))
            runs.append(read_run_file(run.path))
        return runs

    return lambda *entries, commit="abc", **section: make(*entries, commit=commit, **section)


def entry(index, **others):
    return record(CASES[index], np.random.default_rng(index), **others)


def test_the_whole_holds_every_entry_and_record_in_the_order_of_the_shards(shards, tmp_path):
    runs = shards(entry(0), entry(1, status=Status.SKIPPED), entry(2), deselected=("x",))

    whole = merge([runs[2], runs[0], runs[1]], tmp_path / "whole.json")

    assert whole.records == {case.case_id: case for run in runs for case in run.records.values()}
    assert [benchmark["name"] for benchmark in whole.document["benchmarks"]] == [CASES[0], CASES[2]]
    assert whole.section.untimed == (runs[1].records[CASES[1]],)
    assert whole.section.deselected == ("x",)
    assert whole.section.shard == ""
    assert whole.document[KEY] == msgspec.to_builtins(whole.section)


def test_it_is_as_late_as_its_last_shard_and_fails_with_any_of_them(shards, tmp_path):
    runs = shards(entry(0), entry(1), failed=True)
    late = dataclasses.replace(runs[1], document={**runs[1].document, "datetime": "2026-01-02T00:00:00"})

    whole = merge([runs[0], late], tmp_path / "whole.json")

    assert whole.document["datetime"] == "2026-01-02T00:00:00"
    assert whole.section.failed


def test_a_shard_that_holds_no_case_fits_any_versions(shards, tmp_path):
    assert list(merge(shards(entry(0), None, entry(2)), tmp_path / "whole.json").records) == [CASES[0], CASES[2]]


def test_one_of_one_shard_is_the_whole(shards, tmp_path):
    assert list(merge(shards(entry(0)), tmp_path / "whole.json").records) == [CASES[0]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fingerprint": "there"}, r"1.json is of the machine here, but \S*2.json is of the machine there"),
        ({"profile": "nightly"}, r"is of the profile smoke, but \S*2.json is of the profile nightly"),
        ({"instrument": "callgrind"}, r"was made with the clock, but \S*2.json was made with callgrind"),
        ({"plant": {"*": 0.2}}, r"has as planted work none, but \S*2.json has as planted work \*=20%"),
        ({"commit": "def"}, r"is of the commit abc, but \S*2.json is of the commit def"),
        ({"shard": ""}, r"2.json is a whole run and no shard of one"),
        ({"shard": "two"}, r"2.json is broken: a shard is INDEX/COUNT"),
        ({"shard": "2/4"}, r"1.json is one of 2 shards, but \S*2.json one of 4"),
        ({"shard": "1/2"}, r"1.json and \S*2.json are both shard 1/2"),
    ],
)
def test_what_is_not_of_one_run_is_refused(shards, tmp_path, changes, message):
    with pytest.raises(ShardError, match=message) as caught:
        merge(shards(entry(0), entry(1), **changes), tmp_path / "whole.json")

    assert "\n" not in str(caught.value)


def test_other_versions_and_allocators_are_refused(shards, tmp_path):
    with pytest.raises(ShardError, match=r"1.json was measured with torch 2, but \S*2.json with torch 3"):
        merge(shards(entry(0), entry(1, torch="3")), tmp_path / "whole.json")
    with pytest.raises(ShardError, match=r"with the allocator retained, but \S*2.json with system"):
        merge(shards(entry(0), entry(1, allocator="system")), tmp_path / "whole.json")


def test_a_package_that_only_one_shard_had_is_refused(shards, tmp_path):
    other = entry(1)
    environment = dataclasses.replace(other.environment, versions={**other.environment.versions, "callgrind": "3.19"})

    with pytest.raises(ShardError, match=r"with callgrind none, but .* with callgrind 3.19"):
        merge(shards(entry(0), dataclasses.replace(other, environment=environment)), tmp_path / "whole.json")


def test_missing_shards_are_named(shards, tmp_path):
    runs = shards(*(entry(0) if index == 0 else None for index in range(5)))

    with pytest.raises(ShardError, match=r"^shard 4/5 is missing\.$"):
        merge([*runs[:3], runs[4]], tmp_path / "whole.json")
    with pytest.raises(ShardError, match=r"^shards 1/5, 3/5 and 5/5 are missing\.$"):
        merge([runs[1], runs[3]], tmp_path / "whole.json")


def test_a_case_in_two_shards_is_refused(shards, tmp_path):
    with pytest.raises(ShardError, match=r"is in both \S*1.json and \S*2.json"):
        merge(shards(entry(0), entry(0)), tmp_path / "whole.json")
