"""Costs counted from a model file, by hand and against those of the module it was made from."""

import numpy as np
import openvino as ov
import pytest
from onnx import TensorProto, helper

from archbench.cost.counting import count_cost
from archbench.cost.openvino_graph import count_graph
from archbench.models.build import build
from archbench.models.onnx_export import export_onnx
from archbench.workloads.grids import SIX
from archbench.workloads.pattern import PatternWorkload
from tests.onnx_models import declared, graph_of, save, tensor, whole


def test_one_convolution_by_hand(tmp_path):
    cost = count_graph(whole(tmp_path / "net.onnx"), (1, 3, 8, 8))

    assert cost.layers == 1
    # 6 x 6 pixels, 4 outputs, 3 inputs, 9 taps
    assert cost.macs == 36 * 4 * 27
    assert cost.parameters == 4 * 27
    assert cost.memory_access_bytes == 4 * (3 * 64 + 4 * 27 + 4 * 36)


@pytest.mark.parametrize("transposed", [False, True])
def test_a_linear_layer_by_hand_whichever_side_its_weights_are_on(transposed, tmp_path):
    nodes = [helper.make_node("Gemm", ["image", "w"], ["score"], transB=int(transposed))]
    weights = [tensor("w", *((5, 7) if transposed else (7, 5)))]
    inputs, outputs = ([declared(name, TensorProto.FLOAT, 2, size)] for name, size in (("image", 7), ("score", 5)))
    cost = count_graph(save(graph_of(nodes, inputs, outputs, weights), tmp_path / "net.onnx"), (2, 7))

    assert (cost.layers, cost.macs, cost.weight_bytes) == (1, 2 * 7 * 5, 4 * 35)


def test_a_product_of_two_activations_is_no_layer(tmp_path):
    nodes = [helper.make_node("MatMul", ["image", "image"], ["score"])]
    graph = graph_of(nodes, [declared("image", TensorProto.FLOAT, 3, 3)], [declared("score", TensorProto.FLOAT, 3, 3)], [])
    cost = count_graph(save(graph, tmp_path / "net.onnx"), (3, 3))

    assert (cost.layers, cost.macs, cost.intensity) == (0, 0, 0.0)


@pytest.mark.parametrize("pattern", SIX)
def test_an_exported_pattern_costs_what_its_module_does(pattern, tmp_path):
    workload = PatternWorkload(pattern=pattern, depth=2, width=16, resolution=(6, 5), batch=3)
    module = build(workload)
    export_onnx(module, workload.input_shape, tmp_path / "net.onnx")
    ov.save_model(ov.Core().read_model(tmp_path / "net.onnx"), tmp_path / "net.xml", compress_to_fp16=False)

    counted = count_cost(module, workload.input_shape)
    for name in ("net.onnx", "net.xml"):
        cost = count_graph(tmp_path / name, workload.input_shape)
        assert (cost.layers, cost.macs, cost.memory_access_bytes) == (counted.layers, counted.macs, counted.memory_access_bytes)
        assert np.isclose(cost.intensity, counted.intensity)
