"""A pattern workload as a torch module: for each convolution Conv2d, BatchNorm2d and, where the pattern has one, ReLU."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from archbench.workloads.convolution import Convolution
from archbench.workloads.pattern import PatternWorkload


def build_pattern(workload: PatternWorkload) -> nn.Sequential:
    """The network: (batch, width, rows, columns) to the same shape."""
    layers = [layer for convolution in workload.convolutions for layer in layers_of(convolution)]
    return nn.Sequential(*layers)


def layers_of(convolution: Convolution, activation: Callable[[], nn.Module] = nn.ReLU) -> list[nn.Module]:
    """The convolution, its normalisation and, unless it is linear, the activation."""
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
    return [*layers, activation()] if convolution.relu else layers
