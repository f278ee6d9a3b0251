"""The same costs counted from a built module: the check on the formulas."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from archbench.cost.formulas import Cost, assemble

if TYPE_CHECKING:
    import torch


def count_cost(module: torch.nn.Module, input_shape: tuple[int, ...]) -> Cost:
    """Run `module` on zeros of `input_shape` and count what its Conv2d and BatchNorm2d layers really did."""
    import torch

    totals = {"macs": 0, "weights": 0, "inputs": 0, "outputs": 0}

    def observe(layer: torch.nn.Module, arguments: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        assert isinstance(layer, torch.nn.Conv2d)
        taps = math.prod(layer.weight.shape[1:])
        totals["macs"] += output.numel() * taps
        totals["weights"] += layer.weight.numel()
        totals["inputs"] += arguments[0].numel()
        totals["outputs"] += output.numel()

    handles = [layer.register_forward_hook(observe) for layer in module.modules() if isinstance(layer, torch.nn.Conv2d)]
    try:
        with torch.no_grad():
            module(torch.zeros(input_shape))
    finally:
        for handle in handles:
            handle.remove()
    normalisation = sum(
        parameter.numel()
        for layer in module.modules()
        if isinstance(layer, torch.nn.BatchNorm2d)
        for parameter in layer.parameters()
    )
    return assemble(normalisation_parameters=normalisation, **totals)
