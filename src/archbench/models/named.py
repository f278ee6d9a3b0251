"""A named network as a torch module, built without drawing the weights that are about to be replaced."""

from __future__ import annotations

import importlib

import torch
from torch import nn

from archbench.workloads.network import NetworkWorkload


def build_network(workload: NetworkWorkload) -> nn.Module:
    """The network, its parameters and buffers not yet set.

    Raises:
        WorkloadError: the library that holds it is not installed.
    """
    name, _, function = workload.spec.builder.partition(":")
    try:
        builder = getattr(importlib.import_module(name), function)
    except ModuleNotFoundError as error:
        raise workload.missing from error
    with torch.device("meta"):
        module: nn.Module = builder()
    return module.to_empty(device="cpu")
