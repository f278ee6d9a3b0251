"""Costs counted from a model file as OpenVINO reads it: ONNX or IR. Conventions as in `archbench.cost.formulas`."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import openvino as ov

from archbench.cost.formulas import Cost, assemble

#: Leading dimensions of the weights that are not taps of one output element.
_OUTER = {"Convolution": 1, "GroupConvolution": 2}


def count_graph(path: Path, shape: tuple[int, ...]) -> Cost:
    """What the convolutions and the linear layers of the model do with an input of that shape.

    A product of matrices is a linear layer if one side of it does not depend on the input.
    """
    model = ov.Core().read_model(path)
    model.reshape(list(shape))
    constant = _constant_nodes(model)
    totals = Counter({"layers": 0, "macs": 0, "weights": 0, "inputs": 0, "outputs": 0})
    for node in model.get_ordered_ops():
        totals.update(_layer(node, constant))
    parameters = sum(
        math.prod(node.get_output_shape(0))
        for node in model.get_ordered_ops()
        if node.get_type_name() == "Constant" and node.get_element_type().is_real()
    )
    return assemble(parameters=parameters, **totals)


def _layer(node: ov.Node, constant: set[str]) -> dict[str, int]:
    """Element counts of a convolution or linear layer; nothing for any other node."""
    kind = node.get_type_name()
    if kind in _OUTER:
        data, weights = 0, 1
        taps = math.prod(list(node.get_input_shape(1))[_OUTER[kind] :])
    elif kind == "MatMul":
        sides = [source.get_node().get_friendly_name() in constant for source in node.input_values()]
        if not any(sides):
            return {}
        weights = sides.index(True)
        data = 1 - weights
        transposed = node.get_attributes()[("transpose_a", "transpose_b")[data]]
        taps = list(node.get_input_shape(data))[-2 if transposed == (data == 0) else -1]
    else:
        return {}
    outputs = math.prod(node.get_output_shape(0))
    return {
        "layers": 1,
        "macs": outputs * taps,
        "weights": math.prod(node.get_input_shape(weights)),
        "inputs": math.prod(node.get_input_shape(data)),
        "outputs": outputs,
    }


def _constant_nodes(model: ov.Model) -> set[str]:
    """Names of the nodes that the input does not reach."""
    found: set[str] = set()
    for node in model.get_ordered_ops():
        sources = [source.get_node().get_friendly_name() for source in node.input_values()]
        if node.get_type_name() == "Constant" or (sources and all(name in found for name in sources)):
            found.add(node.get_friendly_name())
    return found
