"""Copies of an operator or block as a torch module, from its tree."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import nn

from archbench.workloads.layer import LayerWorkload
from archbench.workloads.reach import reach, stride_of
from archbench.workloads.unit import (
    Activation,
    Chain,
    Conv,
    GlobalPool,
    How,
    Join,
    Linear,
    Pool,
    Shape,
    Shuffle,
    Take,
    Unit,
    output_shape,
)

#: Columns that are kept of the middle row of an output: a few values for parity, next to nothing to copy.
KEPT_COLUMNS = 4

_ACTIVATIONS: Mapping[Activation, Callable[[], nn.Module]] = {
    Activation.RELU: nn.ReLU,
    Activation.RELU6: nn.ReLU6,
    Activation.SIGMOID: nn.Sigmoid,
    Activation.HARD_SIGMOID: nn.Hardsigmoid,
    Activation.HARD_SWISH: nn.Hardswish,
    Activation.SWISH: nn.SiLU,
}


def build_layer(workload: LayerWorkload) -> nn.Module:
    """The network: (batch, in, rows, columns) to (batch, copies x out, 1, up to KEPT_COLUMNS); one output if it is stacked."""
    units = [build_unit(workload.unit, workload.unit_shape) for _ in range(workload.copies)]
    if workload.is_stacked:
        return SideBySide([nn.Sequential(*units)], Chain((workload.unit,) * workload.copies), workload.unit_shape)
    return SideBySide(units, workload.unit, workload.unit_shape)


class SideBySide(nn.Module):
    """Units on one input; a few pixels from the middle of each output, put together along the channels."""

    def __init__(self, modules: list[nn.Module], unit: Unit, shape: Shape) -> None:
        super().__init__()
        self.units = nn.ModuleList(modules)
        self._unit = unit
        _, self._rows, self._width = shape
        _, rows, columns = output_shape(unit, shape)
        self._row = rows // 2
        self._columns = min(KEPT_COLUMNS, columns)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """The kept pixels of every unit's output."""
        return self._kept(images, self._row)

    def glance(self, images: torch.Tensor) -> torch.Tensor:
        """The same, with no more of the outputs computed than the kept pixels depend on."""
        rows = reach(self._unit, range(self._row, self._row + 1), self._rows)
        columns = reach(self._unit, range(self._columns), self._width)
        stride = stride_of(self._unit)
        # Else the windows of a stride would begin between those of the whole image.
        above = rows.start // stride
        return self._kept(images[:, :, above * stride : rows.stop, : columns.stop], self._row - above)

    def _kept(self, images: torch.Tensor, row: int) -> torch.Tensor:
        # A view would keep all of its output: the copies' outputs, all there at once, would not find room in any cache.
        return torch.cat([unit(images)[:, :, row : row + 1, : self._columns].clone() for unit in self.units], dim=1)


def build_unit(unit: Unit, shape: Shape) -> nn.Module:
    """The module of a tree that reads images of `shape`."""
    if isinstance(unit, Chain):
        return _chain(unit.steps, shape)
    if isinstance(unit, Join):
        return Joined([build_unit(branch, shape) for branch in unit.branches], unit.how)
    if isinstance(unit, Pool):
        return _pool(unit)
    return _operator(unit, shape)


def _operator(unit: Conv | Linear | GlobalPool | Shuffle | Take | Activation, shape: Shape) -> nn.Module:
    match unit:
        case Conv():
            return _convolution(unit, shape[0])
        case Linear(out_channels=out):
            return nn.Sequential(nn.Flatten(), nn.Linear(shape[0], out), nn.Unflatten(1, (out, 1, 1)))
        case GlobalPool():
            return nn.AdaptiveAvgPool2d(1)
        case Shuffle(groups=groups):
            return Shuffled(groups)
        case Take(start=start, stop=stop):
            return Taken(start, stop)
        case Activation():
            return _ACTIVATIONS[unit]()


class Joined(nn.Module):
    """Branches on one input, whose outputs become one."""

    def __init__(self, branches: list[nn.Module], how: How) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)
        self._how = how

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """The joined outputs."""
        outputs: list[torch.Tensor] = [branch(images) for branch in self.branches]
        if self._how is How.CONCAT:
            return torch.cat(outputs, dim=1)
        return sum(outputs[1:], outputs[0]) if self._how is How.ADD else math.prod(outputs[1:], start=outputs[0])


class Taken(nn.Module):
    """Some of the channels."""

    def __init__(self, start: int, stop: int) -> None:
        super().__init__()
        self._start, self._stop = start, stop

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """The channels from start to before stop."""
        return images[:, self._start : self._stop]


class Shuffled(nn.Module):
    """Channels regrouped from (groups, channels / groups) to its transpose."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self._groups = groups

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """The channels in their new order."""
        batch, channels, rows, columns = images.shape
        grouped = images.view(batch, self._groups, channels // self._groups, rows, columns)
        return grouped.transpose(1, 2).reshape(batch, channels, rows, columns)


def _chain(steps: tuple[Unit, ...], shape: Shape) -> nn.Sequential:
    modules = []
    for step in steps:
        modules.append(build_unit(step, shape))
        shape = output_shape(step, shape)
    return nn.Sequential(*modules)


def _pool(unit: Pool) -> nn.Module:
    padding = unit.kernel // 2
    if unit.largest:
        return nn.MaxPool2d(unit.kernel, unit.stride, padding=padding)
    return nn.AvgPool2d(unit.kernel, unit.stride, padding=padding, count_include_pad=False)


def _convolution(unit: Conv, in_channels: int) -> nn.Module:
    convolution = nn.Conv2d(
        in_channels,
        unit.out_channels,
        unit.kernel,
        stride=unit.stride,
        padding=unit.dilation * (unit.kernel // 2),
        dilation=unit.dilation,
        groups=unit.groups,
        bias=not unit.normalised,
    )
    return nn.Sequential(convolution, nn.BatchNorm2d(unit.out_channels)) if unit.normalised else convolution
