"""A keyword-spotting network as a torch module."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from archbench.workloads.kws import CLASSES, KwsLayer, KwsWorkload


def build_kws(workload: KwsWorkload) -> nn.Sequential:
    """The network with torch's own initialisation: (batch, 1, bands, frames) to (batch, classes).

    Six units of convolution, batch normalisation with scale and shift, and ReLU; global average pooling; one linear layer.
    """
    units = [layer for entry in workload.layers for layer in _unit(entry)]
    classifier = nn.Linear(workload.units[-1].filters, CLASSES)
    return nn.Sequential(*units, nn.AdaptiveAvgPool2d(1), nn.Flatten(), classifier)


def _unit(layer: KwsLayer) -> Iterator[nn.Module]:
    left, right, top, bottom = layer.padding
    uneven = left != right or top != bottom
    if uneven:
        # torch.nn.Conv2d pads both ends of an axis alike, which leaves an even kernel a row short.
        yield nn.ZeroPad2d(layer.padding)
    yield nn.Conv2d(
        layer.in_channels,
        layer.unit.filters,
        layer.unit.kernel,
        stride=layer.stride,
        padding=0 if uneven else (top, left),
        bias=False,
    )
    yield nn.BatchNorm2d(layer.unit.filters)
    yield nn.ReLU()
