"""A pattern workload as a torch module: for each convolution Conv2d, BatchNorm2d and, where the pattern has one, ReLU."""

from __future__ import annotations

from torch import nn

from archbench.workloads.convolution import Convolution
from archbench.workloads.pattern import PatternWorkload


def build_pattern(workload: PatternWorkload) -> nn.Sequential:
    """The network: (batch, width, rows, columns) to the same shape."""
    layers = [layer for convolution in workload.convolutions for layer in _layers(convolution)]
    return nn.Sequential(*layers)


def _layers(convolution: Convolution) -> list[nn.Module]:
    rows, columns = convolution.kernel
    layers: list[nn.Module] = [
        nn.Conv2d(
            convolution.in_channels,
            convolution.out_channels,
            convolution.kernel,
            padding=(rows // 2, columns // 2),
            groups=convolution.groups,
            bias=False,
        ),
        nn.BatchNorm2d(convolution.out_channels),
    ]
    return [*layers, nn.ReLU()] if convolution.relu else layers
