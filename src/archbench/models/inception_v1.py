"""InceptionV1: GoogLeNet (Szegedy et al. 2015, arXiv 1409.4842, Table 1) as TensorFlow-Slim and torchvision have it.

That is: batch normalisation after each convolution, 3 x 3 in the third branch where the paper has 5 x 5, and a last pooling of
2 x 2. Without the auxiliary classifiers, which serve training alone.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

#: Table 1: input, 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool projection, by stage; a pooling comes between stages.
_STAGES: tuple[tuple[tuple[int, int, int, int, int, int, int], ...], ...] = (
    ((192, 64, 96, 128, 16, 32, 32), (256, 128, 128, 192, 32, 96, 64)),
    (
        (480, 192, 96, 208, 16, 48, 64),
        (512, 160, 112, 224, 24, 64, 64),
        (512, 128, 128, 256, 24, 64, 64),
        (512, 112, 144, 288, 32, 64, 64),
        (528, 256, 160, 320, 32, 128, 128),
    ),
    ((832, 256, 160, 320, 32, 128, 128), (832, 384, 192, 384, 48, 128, 128)),
)


class Inception(nn.Module):
    """Four branches side by side, their channels concatenated."""

    def __init__(self, inputs: int, one: int, reduce3: int, three: int, reduce5: int, five: int, projection: int) -> None:
        super().__init__()
        self.one = _convolution(inputs, one, 1)
        self.three = nn.Sequential(_convolution(inputs, reduce3, 1), _convolution(reduce3, three, 3))
        self.five = nn.Sequential(_convolution(inputs, reduce5, 1), _convolution(reduce5, five, 3))
        self.pool = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), _convolution(inputs, projection, 1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(batch, inputs, rows, columns) to (batch, one + three + five + projection, rows, columns)."""
        return torch.cat([self.one(images), self.three(images), self.five(images), self.pool(images)], dim=1)


def inception_v1(classes: int = 1000) -> nn.Module:
    """The network: (batch, 3, 224, 224) to (batch, classes)."""
    first, second, third = ([Inception(*sizes) for sizes in stage] for stage in _STAGES)
    return nn.Sequential(
        _convolution(3, 64, 7, stride=2),
        _halving(3),
        _convolution(64, 64, 1),
        _convolution(64, 192, 3),
        _halving(3),
        *first,
        _halving(3),
        *second,
        _halving(2),
        *third,
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(1024, classes),
    )


def _convolution(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    parts = OrderedDict(
        convolution=nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False),
        normalisation=nn.BatchNorm2d(outputs),
        activation=nn.ReLU(),
    )
    return nn.Sequential(parts)


def _halving(kernel: int) -> nn.MaxPool2d:
    return nn.MaxPool2d(kernel, stride=2, ceil_mode=True)
