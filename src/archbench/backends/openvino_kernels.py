"""What OpenVINO would execute of a network, read off its runtime graph: compiled, and not run.

The runtime graph has shapes, layouts and the names of kernels; windows, strides and what was fused are those of the operators
that a node says it does.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import openvino as ov

from archbench.backends.openvino_model import requested
from archbench.contracts import Kernel, Lowering, Network, Precision, RunSettings
from archbench.errors import BackendError, last_line

#: Nodes that hand on what they were given without touching it have no implementation.
_NOTHING = "unknown"

#: Added to the name of a convolution or product of matrices whose bias was folded into it.
_UNBIASED = "/WithoutBiases"

_WEIGHTED = ("Convolution", "Deconvolution", "FullyConnected", "MatMul", "GroupConvolution")

#: With a constant beside them they become part of the weights.
_FOLDED = ("Add", "Multiply", "Subtract", "Divide")

#: Shape of a grouped convolution's weights: groups, outputs, inputs, rows, columns.
_GROUPED_RANK = 5

#: The name that OpenVINO gives to an operator that it made out of several.
_MADE = re.compile(r"([A-Za-z]+)_\d+")

#: x times one of these of x is an activation of its own.
_GATES = {"Sigmoid": "Swish", "HardSigmoid": "HSwish", "HSigmoid": "HSwish"}


def lower_f32(network: Network, _shape: tuple[int, ...], settings: RunSettings) -> Lowering:
    """What OpenVINO executes on the CPU in float32."""
    return _lower(network, Precision.F32, settings)


def lower_bf16(network: Network, _shape: tuple[int, ...], settings: RunSettings) -> Lowering:
    """What OpenVINO executes on the CPU in bfloat16."""
    return _lower(network, Precision.BF16, settings)


def lower_int8(network: Network, _shape: tuple[int, ...], settings: RunSettings) -> Lowering:
    """What OpenVINO executes of a quantized network on the CPU."""
    return _lower(network, Precision.I8, settings)


@dataclass(frozen=True, slots=True)
class _Graph:
    """Nodes by name, in order, and the names of those that the input's values, not its shape alone, reach."""

    nodes: Mapping[str, ov.Node]
    reached: frozenset[str]

    @classmethod
    def of(cls, model: ov.Model) -> _Graph:
        nodes = {node.get_friendly_name(): node for node in model.get_ordered_ops()}
        reached: set[str] = set()
        for name, node in nodes.items():
            sources = {source.get_node().get_friendly_name() for source in node.input_values()}
            carries = node.get_type_name() != "ShapeOf" and not sources.isdisjoint(reached)
            if node.get_type_name() == "Parameter" or carries:
                reached.add(name)
        return cls(nodes, frozenset(reached))

    def varies(self, node: ov.Node) -> bool:
        return node.get_friendly_name() in self.reached


def _lower(network: Network, precision: Precision, settings: RunSettings) -> Lowering:
    core = ov.Core()
    model = core.read_model(network.files[".xml"])
    original = _Graph.of(model)
    try:
        compiled = core.compile_model(model, "CPU", requested("CPU", precision, settings))
    except RuntimeError as error:
        raise BackendError(f"OpenVINO CPU refused the model: {last_line(error)}") from error
    return Lowering(executed=tuple(_executed(compiled.get_runtime_model(), original)), given=tuple(_given(original)))


def _given(graph: _Graph) -> Iterator[Kernel]:
    """The operators of the graph before OpenVINO changes it."""
    for node in graph.nodes.values():
        if graph.varies(node) and node.get_type_name() not in ("Parameter", "Result"):
            sources = node.input_values()
            weights = _shapes(source for source in sources if not graph.varies(source.get_node()))
            yield Kernel(
                kind=node.get_type_name(),
                inputs=_shapes(source for source in sources if graph.varies(source.get_node())),
                weights=weights,
                outputs=_shapes(node.outputs()),
                **_geometry(node, weights),
            )


def _executed(runtime: ov.Model, original: _Graph) -> Iterator[Kernel]:
    """Those that do something at each inference, in order."""
    reached: set[str] = set()
    for node in runtime.get_ordered_ops():
        varying: list[ov.Output] = []
        fixed: list[ov.Output] = []
        for source in node.input_values():
            (varying if source.get_node().get_friendly_name() in reached else fixed).append(source)
        kind, implementation = _told(node, "layerType"), _told(node, "primitiveType")
        if kind == "Input" or varying:
            reached.add(node.get_friendly_name())
        if not varying or kind == "Output" or implementation.startswith(_NOTHING):
            continue
        names = _told(node, "originalLayersNames").split(",")
        layers = [layer for name in names if (layer := _find(name, original)) is not None]
        weights = _shapes(fixed) if kind in _WEIGHTED else ()
        yield Kernel(
            kind=kind,
            implementation=implementation,
            layout=f"{_told(varying[0].get_node(), 'outputLayouts')}>{_told(node, 'outputLayouts')}",
            inputs=_shapes(varying),
            weights=weights,
            outputs=_shapes(node.outputs()),
            fused=tuple(_fused(names[1:] if kind in _WEIGHTED else names, original)),
            **_geometry(next((layer for layer in layers if "strides" in layer.get_attributes()), None), weights),
        )


def _find(name: str, original: _Graph) -> ov.Node | None:
    """The node of that name; a bias that the engine took off its convolution bears the convolution's name."""
    return original.nodes.get(name) or original.nodes.get(name.removesuffix(_UNBIASED))


def _fused(names: Iterable[str], original: _Graph) -> Iterator[str]:
    """Kinds of those that are work: an operator with a constant beside it was folded, or costs next to nothing."""
    for name in dict.fromkeys(names):
        layer, made = _find(name, original), _MADE.fullmatch(name)
        if layer is not None:
            yield from _own_kind(layer, original)
        elif made is not None:
            yield made[1]


def _own_kind(layer: ov.Node, original: _Graph) -> Iterator[str]:
    kind = layer.get_type_name()
    sources = [source.get_node() for source in layer.input_values()]
    varying = [source for source in sources if original.varies(source)]
    gate = next((_GATES[source.get_type_name()] for source in varying if source.get_type_name() in _GATES), None)
    if kind == "Multiply" and gate is not None and _is_gated(varying):
        yield gate
    elif kind not in _FOLDED or len(varying) > 1:
        yield kind


def _is_gated(sources: list[ov.Node]) -> bool:
    """Whether one of two reads the other: x times sigmoid(x)."""
    names = [source.get_friendly_name() for source in sources]
    return any(entry.get_node().get_friendly_name() in names for source in sources for entry in source.input_values())


def _geometry(layer: ov.Node | None, weights: tuple[tuple[int, ...], ...]) -> dict[str, Any]:
    """Window, stride and groups: of a convolution from its weights, of a pool from its attributes."""
    attributes = {} if layer is None else layer.get_attributes()
    largest = max(weights, key=math.prod, default=())
    window = tuple(attributes.get("kernel", ())) or largest[-2:]
    is_spatial = "strides" in attributes and len(window) == 2  # rows and columns
    return {
        "window": (int(window[0]), int(window[1])) if is_spatial else (1, 1),
        "stride": int(max(attributes["strides"])) if is_spatial else 1,
        "groups": int(largest[0]) if is_spatial and len(largest) == _GROUPED_RANK else 1,
    }


def _shapes(values: Any) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(int(size) for size in value.get_shape()) for value in values)


def _told(node: ov.Node, name: str) -> str:
    information = node.get_rt_info()
    return str(information[name].value) if name in information else ""
