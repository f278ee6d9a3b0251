"""`torch-onednn`: eager PyTorch whose every convolution is oneDNN's, its weights packed beforehand.

Plain eager PyTorch takes other ways for convolutions that it thinks too small for oneDNN, pointwise ones on one thread among
them, and packs the weights of the others anew at each call. This is how the form/function paper's "optimized DARTS" is had now.
"""

from __future__ import annotations

from dataclasses import dataclass

from archbench.contracts import CompiledModel, Form, Network, Precision, RunSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchOneDnnBackend:
    """The `Backend` of that name."""

    name: str = "torch-onednn"
    precision: Precision = Precision.F32
    form: Form = Form.WEIGHTS
    device: str = "CPU"
    preload: tuple[str, ...] = ("archbench.backends.torch_onednn_model", "archbench.models.weights", "safetensors.torch")

    def absence(self) -> str | None:
        import torch

        if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
            return "this build of torch has no oneDNN"
        return None

    def version(self) -> str:
        import torch

        return str(torch.__version__)

    def load(self, network: Network, settings: RunSettings) -> CompiledModel:
        from archbench.backends.torch_model import TorchModel
        from archbench.backends.torch_onednn_model import with_onednn_convolutions

        return TorchModel(network.module, settings, "contiguous_format", with_onednn_convolutions)


TORCH_ONEDNN = TorchOneDnnBackend()
