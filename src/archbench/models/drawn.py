"""A drawn network as a torch module, from its tree."""

from __future__ import annotations

from torch import nn

from archbench.models.layers import build_unit
from archbench.workloads.drawn import DrawnWorkload


def build_drawn(workload: DrawnWorkload) -> nn.Sequential:
    """The network: (batch, 3, rows, columns) to (batch, classes)."""
    return nn.Sequential(build_unit(workload.unit, workload.unit_shape), nn.Flatten())
