"""`torch-onednn`: eager PyTorch whose every convolution is oneDNN's, its weights packed beforehand.

Plain eager PyTorch takes other ways for convolutions that it thinks too small for oneDNN, pointwise ones on one thread among
them, and packs the weights of the others anew at each call. This is how the form/function paper's "optimized DARTS" is had now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archbench.backends.torch_backend import TorchBackend
from archbench.contracts import RunSettings

if TYPE_CHECKING:
    from torch import nn


def _missing() -> str | None:
    import torch

    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return "this build of torch has no oneDNN"
    return None


def _packed(module: nn.Module, _settings: RunSettings) -> nn.Module:
    from archbench.backends.torch_onednn_model import with_onednn_convolutions

    return with_onednn_convolutions(module)


TORCH_ONEDNN = TorchBackend(
    name="torch-onednn", transform=_packed, missing=_missing, imports=("archbench.backends.torch_onednn_model",)
)
