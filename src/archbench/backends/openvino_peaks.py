"""The largest rates of arithmetic that OpenVINO reaches on the CPU, and what one of its operators costs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops

from archbench.backends.openvino_model import ExecutedNode, device_absence, executed_nodes, requested, require_granted
from archbench.contracts import Contender, Precision, RunSettings
from archbench.errors import BackendError
from archbench.records.peaks import Limit

_BACKEND = "openvino-cpu-f32"
_DEVICE = "CPU"
_CHANNELS = 8

#: A convolution's image, and its channels by the edge of a product that does as much: 2 x 32 x 32 x 9 x channels^2.
_PIXELS, _KERNEL = 32, 3

#: What a precision must show in the runtime graph.
_EXECUTED: Mapping[Precision, frozenset[str]] = {
    Precision.F32: frozenset({"f32"}),
    Precision.BF16: frozenset({"bf16"}),
    Precision.I8: frozenset({"i8", "u8"}),
}
_KINDS = frozenset({"FullyConnected", "MatMul", "Convolution"})


def attempts(
    settings: RunSettings, edges: Sequence[int], chains: Sequence[int]
) -> Iterator[tuple[str, Callable[[], Contender]]]:
    """Products of matrices of these edges and a convolution in each precision, and chains of tiny convolutions, by name."""
    for precision in _EXECUTED:
        for edge in edges:
            yield f"openvino matmul {edge} in {precision.value}", functools.partial(_product, precision, edge, settings)
        channels = edges[0] // 2
        yield f"openvino conv {channels} in {precision.value}", functools.partial(_convolution, precision, channels, settings)
    for operators in chains:
        yield f"openvino chain of {operators}", functools.partial(_chain, operators, settings)


def _product(precision: Precision, edge: int, settings: RunSettings) -> Contender:
    image = ops.parameter([edge, edge], np.float32)
    result = ops.matmul(_lowered(image, precision), _weights((edge, edge), precision), transpose_a=False, transpose_b=False)
    return _compute(precision, f"openvino MatMul {edge}", 2 * edge**3, image, result, settings)


def _convolution(precision: Precision, channels: int, settings: RunSettings) -> Contender:
    image = ops.parameter([1, channels, _PIXELS, _PIXELS], np.float32)
    weights = _weights((channels, channels, _KERNEL, _KERNEL), precision)
    work = 2 * (_PIXELS * _KERNEL * channels) ** 2
    result = _convolved(_lowered(image, precision), weights, _KERNEL // 2)
    return _compute(precision, f"openvino Convolution {_KERNEL}x{_KERNEL} {channels}", work, image, result, settings)


def _chain(operators: int, settings: RunSettings) -> Contender:
    """Pointwise convolutions of one pixel, each on what the one before gave."""
    image = ops.parameter([1, _CHANNELS, 1, 1], np.float32)
    result = image
    for _ in range(operators):
        result = _convolved(result, _weights((_CHANNELS, _CHANNELS, 1, 1), Precision.F32), 0)
    compiled = _compiled(Precision.F32, image, result, settings)
    found = [node for node in executed_nodes(compiled) if node.kind == "Convolution"]
    if len(found) != operators:
        raise BackendError(f"OpenVINO was given {operators} convolutions but executes {len(found)}.")
    way = f"{operators} convolutions of one pixel"
    run = _runner(compiled, image)
    return Contender(limit=Limit.OPERATOR, of=_BACKEND, way=way, kernel=found[0].kernel, work=operators, run=run)


def _compute(precision: Precision, way: str, work: float, image: ov.Node, result: ov.Node, settings: RunSettings) -> Contender:
    compiled = _compiled(precision, image, result, settings)
    node = _arithmetic(compiled)
    if node.precision not in _EXECUTED[precision]:
        raise BackendError(f"OpenVINO was asked for {precision.value} but computes in {node.precision}.")
    run = _runner(compiled, image)
    return Contender(limit=Limit.COMPUTE, of=precision.value, way=way, kernel=node.kernel, work=work, run=run)


def _compiled(precision: Precision, image: ov.Node, result: ov.Node, settings: RunSettings) -> Any:
    absence = device_absence(_DEVICE, "BF16" if precision is Precision.BF16 else None)
    if absence is not None:
        raise BackendError(f"{absence}.")
    asked = requested(_DEVICE, precision, settings)
    compiled = ov.Core().compile_model(ov.Model([ops.result(result)], [image], "peak"), _DEVICE, asked)
    require_granted(compiled, asked)
    return compiled


def _runner(compiled: Any, image: ov.Node) -> Callable[[], None]:
    request = compiled.create_infer_request()
    array = np.random.default_rng(0).uniform(0.0, 2.0, list(image.get_output_shape(0))).astype(np.float32)
    request.set_input_tensor(ov.Tensor(array))

    def run() -> None:
        request.infer(share_outputs=True)

    return run


def _arithmetic(compiled: Any) -> ExecutedNode:
    return next(node for node in executed_nodes(compiled) if node.kind in _KINDS)


def _convolved(image: ov.Node, weights: ov.Node, padding: int) -> ov.Node:
    return ops.convolution(image, weights, [1, 1], [padding] * 2, [padding] * 2, [1, 1])


def _weights(shape: tuple[int, ...], precision: Precision) -> ov.Node:
    values: NDArray[np.float32] = np.random.default_rng(1).uniform(-1.0, 1.0, shape).astype(np.float32)
    if precision is not Precision.I8:
        return ops.constant(values)
    whole = ops.constant(np.round(values * 127).astype(np.int8))
    return ops.multiply(ops.convert(whole, "f32"), ops.constant(np.float32(1 / 127)))


def _lowered(image: ov.Node, precision: Precision) -> ov.Node:
    """Rounded to 256 steps where 8 bits are asked for, which is how OpenVINO is told to compute in them."""
    if precision is not Precision.I8:
        return image
    low, high = (ops.constant(np.float32(bound)) for bound in (0.0, 2.55))
    return ops.fake_quantize(image, low, high, low, high, 256)
