"""An image classifier that nobody published, drawn at random: what a prediction learns of kernels inside a network.

In a network a kernel finds its weights, and the memory that it writes to, where the kernels between two inferences left them:
far away. Beside copies of itself it finds them near.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from archbench.errors import WorkloadError
from archbench.registry import REFERENCE_BACKEND
from archbench.workloads.layer import LayerWorkload
from archbench.workloads.layers.blocks import inverted, normalised
from archbench.workloads.unit import Activation, Chain, GlobalPool, How, Join, Linear, Pool, Shape, Unit, chain

COLOURS, PIXELS = 3, 224

#: Half the size, about double the channels: of the usual width, at each stage. Widths are drawn between two powers of two.
_STAGES = (16, 32, 64, 128, 256)
_NARROW, _WIDE = -0.5, 1.5
_MOST_BLOCKS = 4
_STEM, _HEAD = 2, 4
_CLASSES = (10, 1000)

#: Channels come in multiples of eight, in each part of a cell too.
_EIGHT, _CELL_NODES = 8, 4
_ACTIVATIONS = (Activation.RELU, Activation.RELU6, Activation.HARD_SWISH, Activation.SWISH)

#: The block of (in_channels, out_channels, stride).
_Block = Callable[[int, int, int], Unit]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnWorkload:
    """A network drawn at random on images of shape (batch, 3, 224, 224): a stem, five stages of one kind of block, a head.

    Args:
        number: what it is drawn from, >= 0.
        batch: images per inference, >= 1.

    Raises:
        WorkloadError: a number below 0, or a batch of none.
    """

    number: int
    batch: int = 1

    def __post_init__(self) -> None:
        if self.number < 0:
            raise WorkloadError(f"`number >= 0` must hold of a drawn network, but got number={self.number}.")
        if self.batch < 1:
            raise WorkloadError(f"`batch >= 1` must hold, but got batch={self.batch}.")

    @property
    def unit(self) -> Chain:
        """All of it."""
        return _draw(random.Random(self.number))  # noqa: S311  # a design, no secret

    @property
    def unit_shape(self) -> Shape:
        """(channels, rows, columns) of an image."""
        return (COLOURS, PIXELS, PIXELS)

    @property
    def family(self) -> str:
        """What alerts are pooled by."""
        return f"drawn{self.number}"

    @property
    def reference(self) -> str:
        """The backend that the others are held against."""
        return REFERENCE_BACKEND

    @property
    def axes(self) -> Mapping[str, str]:
        """Its place in a grid."""
        return {"batch": str(self.batch), "pixels": f"{PIXELS}x{PIXELS}"}

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        """(batch, channels, rows, columns)."""
        return (self.batch, *self.unit_shape)

    @property
    def id(self) -> str:
        """The canonical id; see `archbench.workloads.ids`."""
        return f"{self.family}-{PIXELS}x{PIXELS}-b{self.batch}"


def _draw(generator: random.Random) -> Chain:
    width, activation = 2 ** generator.uniform(_NARROW, _WIDE), generator.choice(_ACTIVATIONS)
    multiple, kind = generator.choice(_KINDS)
    block = kind(generator, activation)
    channels = _whole(_STEM * _STAGES[0] * width)
    steps: list[Unit] = [normalised(channels, kernel=3, stride=2), activation]
    for stage, usual in enumerate(_STAGES):
        wide = _whole(usual * width, multiple)
        for place in range(generator.randint(1, _MOST_BLOCKS if stage else 1)):
            steps.append(block(channels, wide, 2 if stage and not place else 1))
            channels = wide
    classes = generator.randint(*_CLASSES)
    return chain(*steps, normalised(_HEAD * channels), activation, GlobalPool(), Linear(out_channels=classes))


def _whole(channels: float, multiple: int = _EIGHT) -> int:
    return multiple * max(1, round(channels / multiple))


def _inverted(generator: random.Random, activation: Activation) -> _Block:
    attention, expansion = generator.random() < 1 / 2, generator.choice((3, 4, 6))

    def block(in_channels: int, out_channels: int, stride: int) -> Unit:
        return inverted(
            in_channels,
            out_channels,
            kernel=generator.choice((3, 5)),
            stride=stride,
            expansion=expansion,
            activation=activation,
            attention=attention,
        )

    return block


def _cell(generator: random.Random, _activation: Activation) -> _Block:
    """As architecture searches find them (Zoph et al. 2018, Liu et al. 2019): sums of two operators, put side by side."""

    def operator(part: int, stride: int) -> Unit:
        if generator.random() < 1 / _CELL_NODES:
            return Pool(largest=generator.random() < 1 / 2, kernel=3, stride=stride)
        kernel = generator.choice((3, 5))
        first, second = (normalised(part, kernel=kernel, stride=step, groups=part) for step in (stride, 1))
        return chain(Activation.RELU, first, normalised(part), Activation.RELU, second, normalised(part))

    def block(_in_channels: int, out_channels: int, stride: int) -> Unit:
        part = out_channels // _CELL_NODES
        nodes = (Join(how=How.ADD, branches=(operator(part, stride), operator(part, stride))) for _ in range(_CELL_NODES))
        return Join(how=How.CONCAT, branches=tuple(chain(Activation.RELU, normalised(part), node) for node in nodes))

    return block


def _published(layer: str) -> Callable[[random.Random, Activation], _Block]:
    def kind(_generator: random.Random, _activation: Activation) -> _Block:
        def block(in_channels: int, out_channels: int, stride: int) -> Unit:
            return LayerWorkload(layer=layer, in_channels=in_channels, out_channels=out_channels, stride=stride).unit

        return block

    return kind


_PUBLISHED = ("mobilenet-v1-block", "residual-block", "bottleneck-block")

#: What channels are multiples of, and the kind of block: half of them inverted ones, since phones run little else.
_KINDS = (
    *[(_EIGHT, _inverted)] * 4,
    (_EIGHT * _CELL_NODES, _cell),
    *((_EIGHT, _published(layer)) for layer in _PUBLISHED),
)
