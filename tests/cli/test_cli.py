"""The command as a new user types it: answers on standard output, one line and exit code 2 for bad input."""

import dataclasses
import json
import subprocess
import sys

import msgspec
import numpy as np
import pytest

from archbench.cost.formulas import cost_by_formula
from archbench.records.record import Status
from archbench.records.runfile import read_run_file, with_section
from archbench.registry import BACKENDS
from archbench.workloads.ids import parse_workload
from tests.command import archbench
from tests.gate.test_baselines import CASE, write_run
from tests.onnx_models import whole
from tests.samples import record

WORKLOAD = "standard-d10-w64-k3-28x28-b1"
OTHER = f"{WORKLOAD}:openvino-cpu-bf16:t1"


def fresh(*arguments, cwd=None):
    """The same in a process of its own."""
    return subprocess.run([sys.executable, "-m", "archbench", *map(str, arguments)], capture_output=True, text=True, cwd=cwd)


@pytest.mark.parametrize(
    "arguments", [("cost", WORKLOAD), ("cases", "--count"), ("gate", "absent.json"), ("nonsense",), ("cost",)]
)
def test_a_process_of_its_own_answers_the_same(arguments, tmp_path):
    in_process, alone = archbench(*arguments, cwd=tmp_path), fresh(*arguments, cwd=tmp_path)

    assert (alone.returncode, alone.stdout, alone.stderr) == (in_process.returncode, in_process.stdout, in_process.stderr)


def test_cost_prints_every_quantity():
    shown = archbench("cost", WORKLOAD).stdout

    for word in (
        "MACs            289013760",
        "FLOPs           578027520",
        "parameters      369920",
        "memory access",
        "intensity",
    ):
        assert word in shown


def test_cost_as_json_is_the_formula():
    answer = json.loads(archbench("cost", f"{WORKLOAD}:torch:t1", "--json").stdout)

    assert answer.pop("id") == WORKLOAD
    assert answer == {name: getattr(cost_by_formula(parse_workload(WORKLOAD)), name) for name in answer}


def test_cases_lists_the_profile_and_filters_as_pytest_does():
    assert len(archbench("cases").stdout.split()) == 24
    assert archbench("cases", "-k", "d50 and grouped and not torch").stdout.split() == [
        "grouped-d50-w64-k3-g8-28x28-b1:openvino-cpu-f32:t1"
    ]
    listed = json.loads(
        archbench("cases", "-k", "grouped and d10", "--backend", "torch", "--threads", 2, "--isa", "avx2", "--json").stdout
    )
    assert listed == ["grouped-d10-w64-k3-g8-28x28-b1:torch:t2:avx2"]


def test_cases_of_an_experiment_have_its_own_backends():
    listed = archbench("cases", "--experiment", "networks", "-k", "darts").stdout.split()

    assert [case.split(":")[1] for case in listed] == ["torch", "openvino-cpu-f32", "torch-onednn"]


def test_cases_are_counted_shard_by_shard():
    asked = ("cases", "--experiment", "behaviour", "-k", "conv")

    listed = archbench(*asked).stdout.split()
    counts = [int(archbench(*asked, "--count", "--shard", f"{index}/2").stdout) for index in (1, 2)]
    shares = [set(archbench(*asked, "--shard", f"{index}/2").stdout.split()) for index in (1, 2)]

    assert archbench(*asked, "--count").stdout == f"{len(listed)}\n"
    assert counts == [len(share) for share in shares]
    assert shares[0] | shares[1] == set(listed) and not shares[0] & shares[1]


def test_the_behaviour_study_has_ten_thousand_configurations():
    counted = archbench("cases", "--experiment", "behaviour", "--profile", "paper", "--backend", "openvino-cpu-f32", "--count")

    assert int(counted.stdout) > 10_000


def test_cases_of_the_paper_profile_are_the_full_cross():
    assert len(archbench("cases", "--profile", "paper", "--backend", "torch").stdout.split()) > 900


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("cost", "octave-d1-w8-k3-5x5-b1"), "unknown pattern 'octave'"),
        (("cost", "nonsense"), "'nonsense' is not a workload id"),
        (("cost", "nonsense:torch:t1"), "'nonsense' is not a workload id"),
        (("cost", "bottleneck-d1-w10-k3-r4-5x5-b1"), "bottleneck needs a width that its ratio divides"),
        (("cost", "alexnet-224x224-b1"), "unknown network 'alexnet'"),
        (("layers", "resnet50-28x28-b1"), "'resnet50-28x28-b1' is not canonical; write 'resnet50-224x224-b1'"),
        (("cost",), "Missing argument 'ID'"),
        (("cases", "--profile", "quick"), "unknown profile 'quick'"),
        (("cases", "--experiment", "cash"), "unknown experiment 'cash'"),
        (("cases", "--experiment", "cache-depth", "--profile", "counters"), "has the profiles smoke, nightly, paper"),
        (("cases", "--backend", "tensorflow"), "unknown backend 'tensorflow'"),
        (("cases", "-k", "(("), "-k takes words joined by and, or, not"),
        (("cases", "--shard", "0/8"), "`1 <= INDEX <= COUNT` must hold of a shard INDEX/COUNT, but got 0/8"),
        (("cases", "--shard", "three"), "a shard is INDEX/COUNT, for instance 3/8, but got 'three'"),
        (("cases", "--threads", "0"), "`threads >= 1` must hold"),
        (("cases", "--threads", "two"), "'two' is not a valid integer"),
        (("gate", "absent.json"), "cannot read absent.json"),
        (("baseline", "accept", "absent.json", "--reason", "x"), "cannot read absent.json"),
        (("baseline", "accept", "absent.json"), "Missing option '--reason'"),
        (("calibrate",), "Missing argument 'RUN.json...'"),
        (("calibrate", "absent.json", "absent.json"), "cannot read absent.json"),
        (("power", "absent.json"), "cannot read absent.json"),
        (("merge", "absent.json", "-o", "whole.json"), "cannot read absent.json"),
        (("merge", "absent.json"), "Missing option '-o'"),
        (("merge", "run.json", "-o", "./run.json"), "run.json is one of the shards; write the whole run elsewhere"),
        (("distribute", "--address", "127.0.0.1:1", "-k", "nothing"), "no case of profile 'smoke' matches 'nothing'"),
        (("distribute", "--address", "127.0.0.1:1", "--experiment", "threads"), "experiment threads is not for nodes"),
        (("nonsense",), "No such command 'nonsense'"),
        (("compare", "absent.onnx"), "cannot read absent.onnx: no such file"),
        (("compare", "net.pt"), "'net.pt' is no model: give an .onnx file"),
        (("compare", "nets.py:net"), "cannot read nets.py: no such file"),
        (("compare", "nets:net"), "is a function, so its input shape must be given"),
        (("compare", "net.onnx", "--input", "1x-3"), "an input shape has numbers above 0 with x between them"),
        (("compare", "os:getcwd", "--input", "1x3x8x8", "--backend", "tensorflow"), "unknown backend 'tensorflow'"),
        (("layers", "standard-d1-w8-k3-5x5-b1", "--figure", "layers.gif"), "a figure is written as .png, .svg, .pdf"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, tmp_path):
    check_refused(archbench(*arguments, cwd=tmp_path), message)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("127.0.0.1:1", "no Ray cluster answers at 127.0.0.1:1"),
        ("nowhere", "--address takes HOST:PORT of the head of a Ray cluster, but got 'nowhere'"),
    ],
)
def test_without_a_cluster_nothing_is_distributed(address, message, tmp_path):
    check_refused(fresh("distribute", "--address", address, cwd=tmp_path), message)


def check_refused(finished, message):
    assert finished.returncode == 2
    assert message in finished.stderr
    assert finished.stderr.startswith("archbench: ")
    assert finished.stderr.count("\n") == 1
    assert finished.stdout == ""


def test_compare_measures_nothing_that_it_could_not_keep(tmp_path):
    whole(tmp_path / "net.onnx")
    (tmp_path / ".archbench").write_text("a file")

    finished = archbench("compare", "net.onnx", cwd=tmp_path)

    assert finished.returncode == 2
    assert finished.stderr.startswith("archbench: cannot write records at .archbench/compare/")
    assert finished.stderr.count("\n") == 1
    assert finished.stdout == ""


def test_help_imports_nothing_heavy():
    script = """
import sys
from archbench.cli.main import main
try:
    main(["--help"])
except SystemExit as stop:
    assert stop.code == 0
assert not {"torch", "openvino", "onnx", "onnxruntime", "sklearn", "soundfile", "optuna", "matplotlib"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


@pytest.mark.parametrize(("own", "code", "verdict"), [(1e-3, 0, "pass"), (1.2e-3, 1, "regressed"), (0.8e-3, 0, "improved")])
def test_the_gate_prints_a_table_and_decides(tmp_path, own, code, verdict):
    write_run(tmp_path / "baseline.json", record(CASE, np.random.default_rng(0), between=0.002))
    write_run(tmp_path / "run.json", record(CASE, np.random.default_rng(1), own=own, between=0.002))

    finished = archbench("gate", "run.json", "--baseline", "baseline.json", cwd=tmp_path)

    assert finished.returncode == code, finished.stdout
    assert finished.stdout.splitlines()[1].startswith(verdict)
    assert f"1 {verdict}" in finished.stdout
    assert "baseline: baseline.json" in finished.stdout


def test_the_gate_tells_a_ci_job_what_it_found(tmp_path):
    write_run(tmp_path / "baseline.json", record(CASE, np.random.default_rng(0), between=0.002))
    write_run(tmp_path / "run.json", record(CASE, np.random.default_rng(1), own=1.2e-3, between=0.002))
    (tmp_path / "summary.md").write_text("# what another step wrote\n")

    def gate(*options):
        return archbench("gate", "run.json", *options, "--summary", "summary.md", "--annotations", cwd=tmp_path)

    judged, unjudged = gate("--baseline", "baseline.json"), gate()
    unwritable = archbench("gate", "run.json", "--baseline", "run.json", "--summary", "no/where.md", cwd=tmp_path)

    summary = (tmp_path / "summary.md").read_text()
    assert (judged.returncode, unjudged.returncode, unwritable.returncode) == (1, 12, 2)
    assert f"::error title=regressed%3A {CASE.replace(':', '%3A')}::" in judged.stdout
    assert "::error title=no baseline::" in unjudged.stdout
    assert summary.index("what another step wrote") < summary.index("gate: regressed") < summary.index("gate: no baseline")
    assert "archbench baseline accept run.json --reason ..." in summary
    assert unwritable.stderr == "archbench: cannot write no/where.md: No such file or directory.\n"


def test_each_way_of_not_being_green_has_its_exit_code(tmp_path):
    generator = np.random.default_rng(0)
    write_run(tmp_path / "good.json", record(CASE, generator, between=0.002))
    write_run(tmp_path / "wide.json", record(CASE, generator, count=3, between=0.1))
    write_run(tmp_path / "failed.json", record(CASE, generator, status=Status.ERROR), record(OTHER, generator))
    write_run(tmp_path / "nothing.json")
    write_run(tmp_path / "system.json", record(CASE, generator, allocator="system"))

    def gate(run, *options):
        return archbench("gate", run, "--baseline", "good.json", *options, cwd=tmp_path)

    assert [gate(name).returncode for name in ("wide.json", "failed.json", "nothing.json", "system.json")] == [0, 14, 11, 13]
    assert gate("wide.json", "--strict").returncode == 10
    assert gate("wide.json", "--strict").stdout.splitlines()[-1] == "gate: inconclusive"


def test_calibrate_stores_a_noise_floor_that_the_gate_and_power_use(tmp_path):
    runs = []
    for seed in range(4):
        runs.append(f"{seed}.json")
        write_run(tmp_path / runs[-1], record(CASE, np.random.default_rng(seed), between=0.002))
    write_run(tmp_path / "slow.json", record(CASE, np.random.default_rng(9), own=1.2e-3, between=0.002, planted=0.2))
    before = archbench("power", "0.json", cwd=tmp_path)

    made = archbench("calibrate", *runs, "--planted", "slow.json", cwd=tmp_path)

    assert made.returncode == 0, made.stderr
    assert "alarms: 0 in 6 comparisons of unchanged runs" in made.stdout
    assert "power: 1 of 1 planted slowdowns found" in made.stdout
    assert "kept in baselines/here/noise.json" in made.stdout
    assert "without a noise floor" in before.stdout
    assert "without a noise floor" not in archbench("power", "0.json", cwd=tmp_path).stdout
    assert "no noise floor" not in archbench("gate", "1.json", "--baseline", "0.json", cwd=tmp_path).stdout


def test_a_gate_that_fires_on_unchanged_runs_calls_itself_uncalibrated(tmp_path):
    for name, own in (("a", 1e-3), ("b", 1.1e-3)):
        write_run(tmp_path / f"{name}.json", record(CASE, np.random.default_rng(0), own=own, between=0.002))
    made = archbench("calibrate", "a.json", "b.json", cwd=tmp_path)

    finished = archbench("gate", "a.json", "--baseline", "a.json", cwd=tmp_path)

    assert f"a.json against b.json: {CASE}" in made.stdout
    assert finished.returncode == 15
    assert "uncalibrated: 1 of 1 comparisons of unchanged runs raised an alarm" in finished.stdout


def test_the_gate_finds_the_baseline_of_the_machine(tmp_path):
    write_run(tmp_path / "run.json", record(CASE, np.random.default_rng(0)))
    without = archbench("gate", "run.json", cwd=tmp_path)
    assert without.returncode == 12
    assert "no baseline of profile 'smoke'" in without.stdout
    archbench("baseline", "accept", "run.json", "--reason", "first", cwd=tmp_path)

    finished = archbench("gate", "run.json", cwd=tmp_path)

    assert finished.returncode == 0
    assert "baseline: baselines/here/0001_smoke.json" in finished.stdout


def test_a_gate_against_another_machine_compares_ratios_and_says_so(tmp_path):
    write_run(tmp_path / "baseline.json", record(CASE, np.random.default_rng(0)), fingerprint="elsewhere")
    write_run(tmp_path / "run.json", record(CASE, np.random.default_rng(1), own=9e-3, reference=27e-3))

    finished = archbench("gate", "run.json", "--baseline", "baseline.json", cwd=tmp_path)

    assert finished.returncode == 0
    assert "foreign baseline: it is of elsewhere, this run of here; only ratios" in finished.stdout


def test_shards_are_joined_and_refused_alone(tmp_path):
    for index, case in enumerate((CASE, OTHER), start=1):
        run = write_run(tmp_path / f"{index}.json", record(case, np.random.default_rng(index)))
        section = dataclasses.replace(run.section, shard=f"{index}/2")
        run.path.write_bytes(msgspec.json.encode(with_section(run.document, section)))

    accepted = archbench("baseline", "accept", "1.json", "--reason", "first", cwd=tmp_path)
    gated = archbench("gate", "1.json", "--baseline", "1.json", cwd=tmp_path)
    calibrated = archbench("calibrate", "1.json", "2.json", cwd=tmp_path)
    kept = archbench("history", "--add", "1.json", cwd=tmp_path)
    unwritable = archbench("merge", "1.json", "2.json", "-o", ".", cwd=tmp_path)
    merged = archbench("merge", "1.json", "2.json", "-o", "whole.json", cwd=tmp_path)

    for refused in (accepted, gated, calibrated, kept):
        assert refused.returncode == 2
        assert "1.json is shard 1/2 of a run; join all 2 with `archbench merge RUN.json ... -o OUT.json`" in refused.stderr
    assert unwritable.returncode == 2
    assert unwritable.stderr.count("\n") == 1
    assert merged.stdout.splitlines()[-1] == "2 cases of 2 shards in whole.json"
    assert not list(tmp_path.glob("*.partial"))
    assert set(read_run_file(tmp_path / "whole.json").records) == {CASE, OTHER}
    assert archbench("baseline", "accept", "whole.json", "--reason", "first", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    "content", ['{"benchmarks": [', '{"benchmarks": []}', '{"benchmarks": [], "archbench": {"schema_version": 99}}']
)
def test_the_gate_refuses_broken_and_foreign_files(tmp_path, content):
    (tmp_path / "broken.json").write_text(content)

    for arguments in (("gate", "broken.json"), ("merge", "broken.json", "-o", "whole.json")):
        finished = archbench(*arguments, cwd=tmp_path)

        assert finished.returncode == 2
        assert finished.stderr.count("\n") == 1


def test_a_reader_that_leaves_early_is_no_error():
    finished = subprocess.run(
        f"{sys.executable} -m archbench cases --profile paper | head -1", shell=True, capture_output=True, text=True
    )

    assert finished.stdout.count("\n") == 1
    assert finished.stderr == ""


@pytest.fixture
def cache(cache_root, monkeypatch):
    monkeypatch.setenv("ARCHBENCH_CACHE", str(cache_root))


def test_backends_are_listed_with_why_one_is_absent():
    finished = fresh("backends", "--json")

    found = {entry["name"]: entry for entry in json.loads(finished.stdout)}
    assert set(found) == set(BACKENDS)
    assert found["torch"]["available"]
    assert found["torch"]["precision"] == "f32"
    assert found["torch"]["threads"] >= 1
    assert all(entry["version"] if entry["available"] else entry["absence"] for entry in found.values())


@pytest.mark.usefixtures("cache")
def test_a_whole_network_is_priced_by_building_it():
    finished = fresh("cost", "mobilenet-v2-224x224-b2", "--json")

    priced = json.loads(finished.stdout)
    assert priced["parameters"] == 3_503_872
    assert priced["layers"] == 53


@pytest.mark.usefixtures("cache")
def test_layers_of_a_network_are_shown_side_by_side():
    finished = archbench("layers", "bottleneck-d2-w32-k3-r4-14x14-b1")

    lines = finished.stdout.splitlines()
    assert lines[0].split()[:4] == ["layer", "does", "torch", "openvino-cpu-f32"]
    assert sum("Conv2d+BatchNorm2d+ReLU" in line for line in lines) == 6
    assert any(line.startswith("whole inference") for line in lines)
    assert json.loads(archbench("layers", "bottleneck-d2-w32-k3-r4-14x14-b1:torch:t1", "--json").stdout)["layers"]
