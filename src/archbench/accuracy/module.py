"""A block as a small trainable torch module: a stem, the block repeated, global pooling and a classifier."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn

from archbench.accuracy.block import ACTIVATIONS, Block
from archbench.models.patterns import layers_of
from archbench.workloads.convolution import Convolution
from archbench.workloads.pattern import PatternWorkload

DEPTH = 4

#: Channels between units: of a pattern that reduces inside or keeps its width, and of one that widens inside.
_WIDTH = 48
_NARROW = 16

#: Reduction inside squeeze-and-excite, as in MobileNetV3.
_SQUEEZE = 4

#: Rows and columns that the stem leaves at most.
_PIXELS = 10


class SqueezeExcite(nn.Module):
    """Scales each channel by what all channels are on average (Hu et al. 2018).

    As in MobileNetV3 the gate of a hard-swish block is hard, too; any other block has a sigmoid.
    """

    def __init__(self, channels: int, activation: Callable[[], nn.Module]) -> None:
        super().__init__()
        inner = max(1, channels // _SQUEEZE)
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, inner, 1),
            activation(),
            nn.Conv2d(inner, channels, 1),
            nn.Hardsigmoid() if activation is nn.Hardswish else nn.Sigmoid(),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(batch, channels, rows, columns) to the same shape."""
        scaled: torch.Tensor = images * self.gate(images)
        return scaled


class Shortcut(nn.Module):
    """Adds what goes in to what comes out."""

    def __init__(self, inside: nn.Module) -> None:
        super().__init__()
        self.inside = inside

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(batch, channels, rows, columns) to the same shape."""
        added: torch.Tensor = images + self.inside(images)
        return added


def build(block: Block, resolution: tuple[int, int], classes: int) -> nn.Sequential:
    """The network with torch's own initialisation: (batch, 1, rows, columns) to (batch, classes).

    A unit of the pattern that ends linear has a shortcut around it, as in MobileNetV2; the others have none.
    """
    activation: Callable[[], nn.Module] = getattr(nn, ACTIVATIONS[block.activation])
    width = _NARROW if block.pattern == "inverted-bottleneck" else _WIDTH
    unit = PatternWorkload(pattern=block.pattern, depth=DEPTH, width=width).unit
    return nn.Sequential(
        *_stem(resolution, width, activation),
        *(_unit(unit, activation, squeeze=block.squeeze) for _ in range(DEPTH)),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(width, classes),
    )


def _stem(resolution: tuple[int, int], width: int, activation: Callable[[], nn.Module]) -> list[nn.Module]:
    """A convolution; where images are larger than _PIXELS, as many as it takes to halve them down to that."""
    halvings = max(0, math.ceil(math.log2(max(resolution) / _PIXELS)))
    layers: list[nn.Module] = []
    for index in range(max(1, halvings)):
        layers += [
            nn.Conv2d(width if index else 1, width, 3, stride=2 if halvings else 1, padding=1, bias=False),
            nn.BatchNorm2d(width),
            activation(),
        ]
    return layers


def _unit(convolutions: tuple[Convolution, ...], activation: Callable[[], nn.Module], *, squeeze: bool) -> nn.Module:
    layers: list[nn.Module] = []
    for convolution in convolutions:
        layers += layers_of(convolution, activation)
        if squeeze and convolution.kernel != (1, 1):
            layers.append(SqueezeExcite(convolution.out_channels, activation))
    inside = nn.Sequential(*layers)
    return inside if convolutions[-1].relu else Shortcut(inside)
