"""Shards in real pytest runs: each measures its share, says so in its run file, and all together are the whole."""

import pytest

from archbench.errors import ShardError
from archbench.gate.baselines import accept
from archbench.records.record import Status
from archbench.records.runfile import read_run_file
from tests.command import archbench

WORKLOADS = tuple(f"standard-d{depth}-w16-k3-9x9-b1" for depth in (1, 2, 3, 4))
BENCHMARKS = """
import pytest

def test_patterns(archbench, archbench_case):
    archbench.measure(archbench_case)

@pytest.mark.parametrize("backend", ["torch", "openvino-cpu-f32"])
def test_own(archbench, backend):
    archbench.compare("nets.py:small", backend, shape=(1, 3, 8, 8))

def test_plain(benchmark):
    benchmark.pedantic(sum, ((1, 2),), rounds=2)

def test_nothing():
    pass

def test_whole(archbench_run):
    pytest.fail("a shard is not the whole run")
"""
NETS = """
import torch

def small():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU())
"""


@pytest.fixture
def project(pytester, cache_root, monkeypatch):
    """`project(...)` is pytest in a process of its own."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    pytester.makepyfile(test_speed=BENCHMARKS, nets=NETS)
    quick = ("--archbench-processes=2", "--archbench-seconds=0.02", "--archbench-precision=1000", "-p", "no:cacheprovider")
    chosen = [f"--archbench-workload={workload}" for workload in WORKLOADS]
    return lambda *options: pytester.runpytest_subprocess(f"--archbench-cache={cache_root}", *quick, *chosen, *options)


def collected(result):
    return [line for line in result.outlines if "::" in line]


def test_shards_are_a_partition_of_what_was_asked_for(project):
    whole = collected(project("--collect-only", "-q", "-k", "not whole and not nothing"))

    shares = [
        collected(project("--collect-only", "-q", "-k", "not nothing", f"--archbench-shard={index}/3")) for index in (1, 2, 3)
    ]

    assert sorted(test for share in shares for test in share) == sorted(whole)
    assert len(whole) == 2 * len(WORKLOADS) + 3
    assert not any({test.split("[")[0] for test in a} & {"test_speed.py::test_own"} & {test.split("[")[0] for test in b}
                   for a, b in ((shares[0], shares[1]), (shares[0], shares[2]), (shares[1], shares[2])))  # fmt: skip


@pytest.mark.slow
def test_shards_join_into_a_run_that_is_accepted_gated_and_compared(project, pytester):
    for index in (1, 2):
        assert project(f"--archbench-shard={index}/2", f"--benchmark-json={index}.json").ret == 0
    shards = [read_run_file(pytester.path / f"{index}.json") for index in (1, 2)]

    merged = archbench("merge", "2.json", "1.json", "-o", "run.json", cwd=pytester.path)

    assert merged.returncode == 0, merged.stderr
    run = read_run_file(pytester.path / "run.json")
    assert [shard.section.shard for shard in shards] == ["1/2", "2/2"]
    assert run.records == {**shards[0].records, **shards[1].records}
    assert len(run.records) == 2 * len(WORKLOADS) + 2
    assert all(record.status is Status.MEASURED for record in run.records.values())
    assert (run.section.profile, run.section.shard, run.section.failed) == ("custom", "", False)
    with pytest.raises(ShardError, match="join all 2 with `archbench merge"):
        accept(shards[0], pytester.path / "baselines", "first")
    assert archbench("baseline", "accept", "run.json", "--reason", "first", cwd=pytester.path).returncode == 0
    assert archbench("gate", "run.json", cwd=pytester.path).returncode == 0
    compared = project("--benchmark-compare=run.json", "-k", "patterns and d2", "--benchmark-columns=min")
    compared.stdout.fnmatch_lines(["*d2*(NOW)*", "*d2*run*"])


def test_a_shard_that_holds_nothing_is_done_and_has_a_run_file(project, pytester):
    result = project("-k", "patterns and d1", "--archbench-shard=9/9", "--benchmark-json=run.json")

    assert result.ret == 0
    result.stdout.fnmatch_lines(["archbench: shard 9/9 holds none of the 2 tests asked for."])
    run = read_run_file(pytester.path / "run.json")
    assert run.records == {}
    assert run.section.shard == "9/9"
    assert not run.section.failed


def test_what_was_left_out_of_a_shard_is_of_that_shard(project, pytester):
    project("-k", "torch and patterns", "--archbench-shard=1/2", "--benchmark-json=run.json")

    section = read_run_file(pytester.path / "run.json").section
    listed = archbench("cases", "--count", cwd=pytester.path)

    assert listed.returncode == 0
    assert section.deselected
    assert all(":openvino-cpu-f32:" in case for case in section.deselected)
    assert not set(section.deselected) & {f"{name}:torch:t1" for name in WORKLOADS}


def test_a_killed_shard_is_not_resumed_by_another_one(project, pytester):
    pytester.makeconftest("def pytest_runtest_logreport(report):\n    raise KeyboardInterrupt")
    project("--archbench-shard=1/2")
    (pytester.path / "conftest.py").unlink()

    result = project("--archbench-shard=2/2", "--archbench-resume")

    assert result.ret == 2
    result.stdout.fnmatch_lines(["*was made with other settings or versions*"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--archbench-shard=0/8",), "`1 <= INDEX <= COUNT` must hold of a shard INDEX/COUNT, but got 0/8"),
        (("--archbench-shard=9/8",), "`1 <= INDEX <= COUNT` must hold of a shard INDEX/COUNT, but got 9/8"),
        (("--archbench-shard=3/0",), "`1 <= INDEX <= COUNT` must hold of a shard INDEX/COUNT, but got 3/0"),
        (("--archbench-shard=x",), "a shard is INDEX/COUNT, for instance 3/8, but got 'x'"),
        (("--archbench-shard=",), "a shard is INDEX/COUNT, for instance 3/8, but got ''"),
        (
            ("--archbench-shard=1/8", "--archbench-gate"),
            "shard 1/8 is not judged alone: join all shards with `archbench merge`",
        ),
    ],
)
def test_bad_shards_are_one_line_and_exit_code_2(project, options, message):
    result = project(*options)

    said = result.outlines + result.errlines
    assert result.ret == 2
    assert len([line for line in said if message in line]) == 1
    assert not any("Traceback" in line for line in said)
