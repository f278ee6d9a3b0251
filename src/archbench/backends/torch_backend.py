"""Eager PyTorch as a backend, in one memory format. Imports torch only when asked to act."""

from __future__ import annotations

from dataclasses import dataclass

from archbench.contracts import CompiledModel, Form, Network, Precision, RunSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchBackend:
    """`memory_format` is the name of a torch memory format."""

    name: str
    memory_format: str
    precision: Precision = Precision.F32
    form: Form = Form.WEIGHTS
    device: str = "CPU"
    preload: tuple[str, ...] = ("archbench.backends.torch_model", "archbench.models.weights", "safetensors.torch")

    def absence(self) -> str | None:
        return None

    def version(self) -> str:
        import torch

        return str(torch.__version__)

    def load(self, network: Network, settings: RunSettings) -> CompiledModel:
        from archbench.backends.torch_model import TorchModel

        return TorchModel(network.module, settings, self.memory_format)
