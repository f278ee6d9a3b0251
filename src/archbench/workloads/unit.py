"""What an operator or a block computes, as a tree of data: leaves are operators, and chains and joins say how they meet.

Shapes are (channels, rows, columns) of one image. Every window is padded so that stride 1 keeps the resolution.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

Shape = tuple[int, int, int]


class Activation(Enum):
    """Element by element; names as in ids."""

    RELU = "relu"
    RELU6 = "relu6"
    SIGMOID = "sigmoid"
    HARD_SIGMOID = "hardsigmoid"
    HARD_SWISH = "hardswish"
    SWISH = "swish"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conv:
    """A convolution, followed by batch normalisation if `normalised`, else with a bias."""

    out_channels: int
    kernel: int = 1
    stride: int = 1
    groups: int = 1
    dilation: int = 1
    normalised: bool = False

    def output(self, shape: Shape) -> Shape:
        _, rows, columns = shape
        return (self.out_channels, _strided(rows, self.stride), _strided(columns, self.stride))


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """A fully connected layer with a bias, on one pixel."""

    out_channels: int

    def output(self, shape: Shape) -> Shape:
        return (self.out_channels, *shape[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """The largest or the mean of a window."""

    largest: bool
    kernel: int
    stride: int = 1

    def output(self, shape: Shape) -> Shape:
        channels, rows, columns = shape
        return (channels, _strided(rows, self.stride), _strided(columns, self.stride))


@dataclass(frozen=True, slots=True)
class GlobalPool:
    """The mean of each channel, as one pixel."""

    def output(self, shape: Shape) -> Shape:
        return (shape[0], 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shuffle:
    """Channels regrouped as ShuffleNet does: (groups, channels / groups) transposed."""

    groups: int

    def output(self, shape: Shape) -> Shape:
        return shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """The channels from `start` to before `stop`."""

    start: int
    stop: int

    def output(self, shape: Shape) -> Shape:
        return (self.stop - self.start, *shape[1:])


class How(Enum):
    """How the outputs of branches become one."""

    ADD = "add"
    MULTIPLY = "multiply"
    CONCAT = "concat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Branches that read the same input. A branch of one pixel a channel is spread over the other's in a product."""

    how: How
    branches: tuple[Unit, ...]

    def output(self, shape: Shape) -> Shape:
        outputs = [output_shape(branch, shape) for branch in self.branches]
        channels = sum(output[0] for output in outputs) if self.how is How.CONCAT else outputs[0][0]
        return (channels, *outputs[0][1:])


@dataclass(frozen=True, slots=True)
class Chain:
    """One step after the other; of no step, the input itself."""

    steps: tuple[Unit, ...] = ()

    def output(self, shape: Shape) -> Shape:
        for step in self.steps:
            shape = output_shape(step, shape)
        return shape


Leaf = Conv | Linear | Pool | GlobalPool | Shuffle | Take | Activation
Unit = Leaf | Join | Chain

INPUT = Chain()


def chain(*steps: Unit) -> Chain:
    """One step after the other."""
    return Chain(steps)


def output_shape(unit: Unit, shape: Shape) -> Shape:
    """The shape of what `unit` makes of an input of `shape`."""
    return shape if isinstance(unit, Activation) else unit.output(shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An operator or a join at its place: the shapes that it reads and the one that it writes."""

    unit: Leaf | Join
    inputs: tuple[Shape, ...]
    output: Shape


def steps_of(unit: Unit, shape: Shape) -> Iterator[Step]:
    """Every operator and join of `unit`, in order of execution."""
    if isinstance(unit, Chain):
        for step in unit.steps:
            yield from steps_of(step, shape)
            shape = output_shape(step, shape)
        return
    inputs: tuple[Shape, ...] = (shape,)
    if isinstance(unit, Join):
        for branch in unit.branches:
            yield from steps_of(branch, shape)
        inputs = tuple(output_shape(branch, shape) for branch in unit.branches)
    yield Step(unit=unit, inputs=inputs, output=output_shape(unit, shape))


def _strided(pixels: int, stride: int) -> int:
    return (pixels - 1) // stride + 1
