"""A workload as a torch module, by its kind."""

from __future__ import annotations

from torch import nn

from archbench.models.drawn import build_drawn
from archbench.models.kws import build_kws
from archbench.models.layers import build_layer
from archbench.models.named import build_network
from archbench.models.patterns import build_pattern
from archbench.workloads.drawn import DrawnWorkload
from archbench.workloads.kws import KwsWorkload
from archbench.workloads.layer import LayerWorkload
from archbench.workloads.network import NetworkWorkload
from archbench.workloads.pattern import PatternWorkload
from archbench.workloads.workload import BuiltWorkload


def build(workload: BuiltWorkload) -> nn.Module:
    """The network in evaluation mode, its parameters not yet meaningful: see `archbench.models.weights`.

    Maps the workload's input shape to (batch, channels, rows, columns), or to (batch, classes).

    Raises:
        WorkloadError: the library that holds the network is not installed.
    """
    return _module(workload).eval().requires_grad_(False)


def _module(workload: BuiltWorkload) -> nn.Module:
    match workload:
        case PatternWorkload():
            return build_pattern(workload)
        case LayerWorkload():
            return build_layer(workload)
        case DrawnWorkload():
            return build_drawn(workload)
        case KwsWorkload():
            return build_kws(workload)
        case NetworkWorkload():
            return build_network(workload)
