"""Convolutions of a torch module replaced by oneDNN's own, through the operator that torch.compile emits for them."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class OneDnnConvolution(nn.Module):
    """A Conv2d with its weights in the layout that oneDNN wants."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self._shown = repr(convolution)
        assert not isinstance(convolution.padding, str)
        self._geometry: tuple[Any, ...] = (convolution.padding, convolution.stride, convolution.dilation, convolution.groups)
        self._bias = convolution.bias
        packed: Any = torch._C._nn.mkldnn_reorder_conv2d_weight
        self._weight = packed(convolution.weight.to_mkldnn(), *self._geometry)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """As Conv2d."""
        output: torch.Tensor = torch.ops.mkldnn._convolution_pointwise(
            images, self._weight, self._bias, *self._geometry, "none", [], ""
        )
        return output

    def extra_repr(self) -> str:
        """The convolution it stands for."""
        return self._shown


def with_onednn_convolutions(module: nn.Module) -> nn.Module:
    """Replace every zero-padded Conv2d of `module` in place and return it."""
    for name, child in module.named_children():
        if isinstance(child, nn.Conv2d) and child.padding_mode == "zeros" and not isinstance(child.padding, str):
            setattr(module, name, OneDnnConvolution(child))
        else:
            with_onednn_convolutions(child)
    return module
