"""The commands that read stored units: their tables, their picture, and one line for what they cannot read."""

import dataclasses
import json
from xml.etree import ElementTree as ET

import msgspec
import pytest

from archbench.records.runfile import KEY, RunSection
from archbench.workloads.layer import LayerWorkload
from tests.command import archbench
from tests.experiments.layer_records import layer_records

PLAIN = 20e-6


def write(path, records, fingerprint="here"):
    section = RunSection(fingerprint=fingerprint, machine={}, profile="behaviour-smoke", failed=False)
    entries = [{"extra_info": {KEY: msgspec.to_builtins(entry)}} for entry in records.values()]
    path.write_bytes(msgspec.json.encode({"benchmarks": entries, KEY: msgspec.to_builtins(section)}))
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A staircase of 16 on OpenVINO, none on torch, and an activation that costs."""
    sweep = [LayerWorkload(layer="conv", in_channels=64, out_channels=count) for count in range(2, 66, 2)]
    plain = LayerWorkload(layer="conv", in_channels=32, out_channels=32)
    activated = {dataclasses.replace(plain, activation=name): cost * PLAIN for name, cost in (("relu", 1), ("swish", 1.5))}
    records = {
        **layer_records({kind: PLAIN * (1 + (kind.out_channels - 1) // 16) for kind in sweep} | activated),
        **layer_records({kind: PLAIN * kind.out_channels for kind in sweep}, backend="torch"),
    }
    return write(tmp_path_factory.mktemp("run") / "run.json", records)


def test_steps_are_listed_by_platform(run):
    lines = archbench("steps", run).stdout.splitlines()

    assert [line.split("  ")[0] for line in lines[1:]] == ["conv k3 of 64 channels at 28x28"] * 2
    assert "16, 32, 48, 64" in lines[1]
    assert "all alike" in lines[2]


def test_steps_are_drawn_with_their_edges(run, tmp_path):
    assert archbench("steps", run, "--figure", tmp_path / "steps.svg").returncode == 0

    written = (tmp_path / "steps.svg").read_text()
    ET.fromstring(written)
    assert "openvino-cpu-f32: staircase of 16 channels" in written
    assert "torch: " in written


def test_findings_give_a_table_and_the_numbers_behind_it(run):
    shown = archbench("findings", run).stdout

    assert "behaviour-1-conv-latency-is-a-staircase           holds             does not hold here" in shown
    assert "swish 1.50x" in shown


def test_advice_is_for_people_and_for_programs(run):
    shown = archbench("advise", run, "--backend", "openvino-cpu-f32").stdout
    document = json.loads(archbench("advise", run, "--json").stdout)

    assert "channels of conv k3 of 64 channels at 28x28 (staircase): 16, 32, 48, 64" in shown
    assert "avoid" in shown
    (openvino, torch) = document["platforms"]
    assert openvino["channels"][0]["counts"] == [16, 32, 48, 64]
    assert openvino["avoided"] == ["swish"]
    assert torch["channels"][0]["counts"] == []
    assert document["fastest"]["conv"] == ["openvino-cpu-f32", "torch"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("findings", "missing.json"), "cannot read missing.json"),
        (("advise", "broken.json"), "is not whole JSON"),
        (("steps", "empty.json"), "measure some with `pytest benchmarks/ -k behaviour`"),
        (("advise", "here.json", "there.json"), "runs of one machine are read together, but these are of here, there"),
        (("steps", "here.json", "--backend", "ncnn"), "hold nothing of ncnn; they hold openvino-cpu-f32"),
        (("steps", "here.json"), "no sweep along channels"),
        (("steps", "here.json", "--figure", "steps.gif"), "a figure is written as .png, .svg, .pdf"),
        (("findings",), "Missing argument"),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path, arguments, reason):
    records = layer_records({LayerWorkload(layer="conv", in_channels=8, out_channels=8): PLAIN})
    write(tmp_path / "here.json", records)
    write(tmp_path / "there.json", records, "there")
    write(tmp_path / "empty.json", {})
    (tmp_path / "broken.json").write_text('{"benchmarks": [')

    done = archbench(*arguments, cwd=tmp_path)

    assert done.returncode == 2
    assert done.stderr.startswith("archbench: ") and done.stderr.count("\n") == 1
    assert reason in done.stderr
