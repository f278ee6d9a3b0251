"""Costs counted from a built module: of any network, and the check on the formulas."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from archbench.cost.formulas import Cost, assemble

if TYPE_CHECKING:
    import torch


def count_cost(module: torch.nn.Module, input_shape: tuple[int, ...]) -> Cost:
    """Run `module` on zeros of `input_shape` and count what its convolutions and linear layers really did.

    A module on the `meta` device computes nothing, and costs the same.
    """
    import torch

    weighted = (torch.nn.Conv1d, torch.nn.Conv2d, torch.nn.Conv3d, torch.nn.Linear)
    totals = {"layers": 0, "macs": 0, "weights": 0, "inputs": 0, "outputs": 0}

    def observe(layer: torch.nn.Module, arguments: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        assert isinstance(layer, weighted)
        taps = math.prod(layer.weight.shape[1:])
        totals["layers"] += 1
        totals["macs"] += output.numel() * taps
        totals["weights"] += layer.weight.numel()
        totals["inputs"] += arguments[0].numel()
        totals["outputs"] += output.numel()

    handles = [layer.register_forward_hook(observe) for layer in module.modules() if isinstance(layer, weighted)]
    try:
        with torch.no_grad():
            module(torch.zeros(input_shape, device=next(module.parameters()).device))
    finally:
        for handle in handles:
            handle.remove()
    return assemble(parameters=sum(parameter.numel() for parameter in module.parameters()), **totals)
