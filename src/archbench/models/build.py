"""A workload as a torch module, by its kind."""

from __future__ import annotations

from torch import nn

from archbench.models.kws import build_kws
from archbench.models.named import build_network
from archbench.models.patterns import build_pattern
from archbench.workloads.kws import KwsWorkload
from archbench.workloads.network import NetworkWorkload
from archbench.workloads.pattern import PatternWorkload


def build(workload: PatternWorkload | NetworkWorkload | KwsWorkload) -> nn.Module:
    """The network in evaluation mode, its parameters not yet meaningful: see `archbench.models.weights`.

    Maps the workload's input shape to (batch, channels, rows, columns), or to (batch, classes).

    Raises:
        WorkloadError: the library that holds the network is not installed.
    """
    return _module(workload).eval().requires_grad_(False)


def _module(workload: PatternWorkload | NetworkWorkload | KwsWorkload) -> nn.Module:
    if isinstance(workload, PatternWorkload):
        return build_pattern(workload)
    return build_kws(workload) if isinstance(workload, KwsWorkload) else build_network(workload)
