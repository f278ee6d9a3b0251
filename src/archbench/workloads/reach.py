"""Which pixels a few outputs of a unit depend on, along one edge of an image."""

from __future__ import annotations

import math

from archbench.workloads.unit import Chain, Conv, GlobalPool, Join, Pool, Unit, output_shape


def reach(unit: Unit, outputs: range, pixels: int) -> range:
    """The pixels, of so many, that `outputs` depend on."""
    match unit:
        case Conv():
            return _window(outputs, pixels, unit.kernel, unit.stride, unit.dilation)
        case Pool():
            return _window(outputs, pixels, unit.kernel, unit.stride, 1)
        case GlobalPool():
            return range(pixels)
        case Join():
            found = [reach(branch, outputs, pixels) for branch in unit.branches]
            return range(min(span.start for span in found), max(span.stop for span in found))
        case Chain():
            return _through(unit.steps, outputs, pixels)
        case _:
            return outputs


def stride_of(unit: Unit) -> int:
    """How many pixels of the input lie between two neighbouring ones of the output."""
    match unit:
        case Conv() | Pool():
            return unit.stride
        case Join():
            return max(map(stride_of, unit.branches))
        case Chain():
            return math.prod(map(stride_of, unit.steps))
        case _:
            return 1


def _window(outputs: range, pixels: int, kernel: int, stride: int, dilation: int) -> range:
    before = dilation * (kernel // 2)
    after = dilation * (kernel - 1) - before
    return range(max(0, outputs.start * stride - before), min(pixels, (outputs.stop - 1) * stride + after + 1))


def _through(steps: tuple[Unit, ...], outputs: range, pixels: int) -> range:
    if not steps:
        return outputs
    first, *rest = steps
    _, between, _ = output_shape(first, (1, pixels, pixels))
    return reach(first, _through(tuple(rest), outputs, between), pixels)
