"""Shards are the whole, once, on every machine; what is compared with each other is in one of them."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archbench.errors import ShardError
from archbench.workloads import behaviour
from archbench.workloads.experiment import EXPERIMENTS
from archbench.workloads.shard import Shard, parse_shard
from tests.strategies import cases


def every_shard(count):
    return [Shard(index, count) for index in range(1, count + 1)]


@given(case=cases(), count=st.integers(1, 40))
def test_every_case_is_in_exactly_one_shard(case, count):
    assert sum(shard.has(case.workload) for shard in every_shard(count)) == 1


@given(name=st.text(), count=st.integers(1, 1000))
def test_everything_else_with_a_name_is_in_exactly_one_shard(name, count):
    assert sum(shard.holds(name) for shard in every_shard(count)) == 1


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_shards_of_an_experiment_are_the_whole(name):
    workloads = list(EXPERIMENTS[name].workloads_in("nightly"))

    shares = [[workload for workload in workloads if shard.has(workload)] for shard in every_shard(5)]

    assert sorted(workload.id for share in shares for workload in share) == sorted(workload.id for workload in workloads)


def test_networks_of_few_and_many_copies_and_what_an_operator_stands_behind_are_in_one_shard():
    workloads = list(behaviour.nightly())
    shard_of = {workload: next(shard for shard in every_shard(8) if shard.has(workload)) for workload in workloads}

    by_kind = {}
    for workload in workloads:
        by_kind.setdefault(workload.kind, set()).add(shard_of[workload])

    assert {len(shards) for shards in by_kind.values()} == {1}
    assert all(by_kind[kind] == by_kind[kind.context] for kind in by_kind if kind.context is not None)


def test_shards_of_ten_thousand_are_about_equal():
    names = [f"conv-i64-o{channels}-k3-s1-28x28-b1-n1" for channels in range(10_000)]

    sizes = [sum(shard.holds(name) for name in names) for shard in every_shard(8)]

    assert max(sizes) < 1.2 * min(sizes)


def test_another_process_splits_alike():
    script = """
from archbench.workloads import behaviour
from archbench.workloads.shard import Shard
print(*(workload.id for workload in behaviour.smoke() if Shard(3, 8).has(workload)))
"""
    found = {
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            check=True, capture_output=True, text=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip

    assert found == {" ".join(workload.id for workload in behaviour.smoke() if Shard(3, 8).has(workload)) + "\n"}


def test_the_split_never_changes():
    """Runs made by different releases are shards of one whole."""
    ids = ["standard-d10-w64-k3-28x28-b1", "resnet50-224x224-b1", "net.onnx@1x3x224x224"]

    assert [[shard.index for shard in every_shard(8) if shard.holds(name)] for name in ids] == [[4], [6], [8]]


def test_a_shard_reads_back_as_written():
    assert str(parse_shard("3/8")) == "3/8"


@pytest.mark.parametrize(
    "text", ["x", "", "3", "3/", "/8", "3/8/2", "-3/8", "3.0/8", "٣/8", " 3/8", "3/8\n", "1" * 5000 + "/8"]
)
def test_what_has_not_the_form_of_a_shard_is_refused(text):
    with pytest.raises(ShardError, match="a shard is INDEX/COUNT"):
        parse_shard(text)


@pytest.mark.parametrize("text", ["0/8", "9/8", "3/0", "0/0"])
def test_a_shard_that_is_none_of_its_count_is_refused(text):
    with pytest.raises(ShardError, match=f"`1 <= INDEX <= COUNT` must hold of a shard INDEX/COUNT, but got {text}"):
        parse_shard(text)
