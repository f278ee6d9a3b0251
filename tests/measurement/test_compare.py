"""A user's own model on real backends: a function, an ONNX file, IR; and what is wrong with one."""

import dataclasses
import os
from pathlib import Path

import numpy as np
import onnx
import openvino as ov
import pytest

import archbench
import archbench.measurement.compare as comparing
from archbench.errors import ModelError
from archbench.records.record import Status
from archbench.workloads.ids import parse_case
from tests.onnx_models import conv, dynamic, graph_of, save, tensor, whole

TEXT_DIRECTION = Path(__file__).parents[1] / "data" / "text_direction.onnx"

NETS = """
import torch
from torch import nn

def net():
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 4, 3), nn.Flatten(), nn.Linear(144, 5))
"""


@pytest.fixture
def here(tmp_path, monkeypatch, cache_root):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARCHBENCH_CACHE", str(cache_root))
    # Two short processes: what is asked is whether it is right, not how fast it is.
    usual = comparing.model_settings
    monkeypatch.setattr(comparing, "model_settings", lambda: dataclasses.replace(usual(), processes=2, budget=2, seconds=0.02))
    return tmp_path


def test_a_function_is_held_against_eager_torch(here):
    (here / "nets.py").write_text(NETS)

    records = archbench.compare("nets.py:net", shape=(2, 3, 8, 8), backends=["openvino-cpu-f32", "onnxruntime"])

    assert list(records) == ["torch", "openvino-cpu-f32", "onnxruntime"]
    assert all(record.status is Status.MEASURED and record.parity.holds for record in records.values())
    assert records["torch"].speedup is None
    assert records["onnxruntime"].speedup is not None
    case = parse_case(records["torch"].case_id)
    assert (case.workload.name, case.workload.shape) == ("nets.py:net", (2, 3, 8, 8))
    assert records["torch"].cost["layers"] == 3


def test_an_onnx_file_is_held_against_onnx_runtime_and_has_no_torch_side(here):
    dynamic(here / "net.onnx")

    records = archbench.compare("net.onnx", shape=(2, 3, 8, 8), backends=["torch", "openvino-cpu-f32", "openvino-cpu-int8"])

    assert [record.status for record in records.values()] == [Status.MEASURED, Status.SKIPPED, *[Status.MEASURED] * 2]
    assert "an ONNX file holds no torch module" in records["torch"].reason
    assert records["openvino-cpu-f32"].speedup is not None
    assert records["openvino-cpu-int8"].granted["convolutions"] in ("1 i8", "1 u8")


def test_ir_is_run_by_openvino_alone(here):
    ov.save_model(ov.Core().read_model(whole(here / "net.onnx")), here / "net.xml", compress_to_fp16=False)

    records = archbench.compare("net.xml", backends=["onnxruntime"])

    assert [record.status for record in records.values()] == [Status.MEASURED, Status.SKIPPED]
    assert next(iter(records)) == "openvino-cpu-f32"
    assert "can be run by OpenVINO alone" in records["onnxruntime"].reason


def test_a_model_of_somebody_elses_exporter_passes_parity(here):
    """Trained by PaddlePaddle, written by Paddle2ONNX, operator set 12, every dimension free."""
    with pytest.raises(ModelError, match="dimension 0 of input 'x' is not fixed"):
        archbench.compare(TEXT_DIRECTION)

    records = archbench.compare(TEXT_DIRECTION, shape=(1, 3, 48, 192), backends=["openvino-cpu-f32", "onnxruntime-int8"])

    assert onnx.load(TEXT_DIRECTION).producer_name != "pytorch"
    assert all(record.status is Status.MEASURED for record in records.values())
    assert records["onnxruntime"].parity.error < 1e-5
    # A MobileNetV3 of width 0.35: 16.3 million MACs at this size.
    assert records["onnxruntime"].cost["macs"] == pytest.approx(16.3e6, rel=0.01)


def test_what_every_engine_refuses_is_one_sentence(here):
    save(graph_of([conv()], weights=[tensor("w", 4, 5, 3, 3)]), here / "net.onnx")

    with pytest.raises(ModelError, match=r"net.onnx cannot be measured: .*Input channels C is not equal") as caught:
        archbench.compare("net.onnx")
    assert "\n" not in str(caught.value)


def test_a_model_that_ignores_its_input_is_not_timed(here):
    weights = onnx.numpy_helper.from_array(np.zeros((4, 3, 3, 3), dtype=np.float32), "w")
    bias = tensor("b", 4)
    node = onnx.helper.make_node("Conv", ["image", "w", "b"], ["score"], kernel_shape=[3, 3])
    save(graph_of([node], weights=[weights, bias]), here / "net.onnx")

    records = archbench.compare("net.onnx")

    assert all(record.status is Status.PARITY_FAILURE for record in records.values())
    assert "hardly depends on the input" in records["onnxruntime"].reason


def test_a_changed_file_is_measured_as_it_is_now(here):
    """Nothing that was made from another file of the same name is taken from the cache."""
    whole(here / "net.onnx")
    first = archbench.compare("net.onnx")
    os.utime(here / "net.onnx")
    whole(here / "net.onnx")  # other weights
    second = archbench.compare("net.onnx")

    assert all(record.parity.holds for record in (*first.values(), *second.values()))
    assert first["onnxruntime"].parity.sensitivity != second["onnxruntime"].parity.sensitivity
