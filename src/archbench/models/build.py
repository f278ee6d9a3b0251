"""A workload as a torch module, by its kind."""

from __future__ import annotations

from torch import nn

from archbench.models.named import build_network
from archbench.models.patterns import build_pattern
from archbench.workloads.network import NetworkWorkload
from archbench.workloads.pattern import PatternWorkload


def build(workload: PatternWorkload | NetworkWorkload) -> nn.Module:
    """The network in evaluation mode, its parameters not yet meaningful: see `archbench.models.weights`.

    Maps the workload's input shape to (batch, channels, rows, columns), or to (batch, classes).

    Raises:
        WorkloadError: the library that holds the network is not installed.
    """
    module = build_pattern(workload) if isinstance(workload, PatternWorkload) else build_network(workload)
    return module.eval().requires_grad_(False)
