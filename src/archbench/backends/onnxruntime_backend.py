"""ONNX Runtime on the CPU as a backend. Imports onnxruntime only when asked to act."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass

from archbench.contracts import CompiledModel, Form, Network, Precision, RunSettings
from archbench.registry import missing_package


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxRuntimeBackend:
    """The CPU execution provider on an ONNX file; `form` says which."""

    name: str
    precision: Precision
    form: Form = Form.ONNX
    device: str = "CPU"
    preload: tuple[str, ...] = ("archbench.backends.onnxruntime_model",)

    def absence(self) -> str | None:
        return missing_package("onnxruntime", "onnxruntime")

    def version(self) -> str:
        return importlib.metadata.version("onnxruntime")

    def load(self, network: Network, settings: RunSettings) -> CompiledModel:
        from archbench.backends.onnxruntime_model import OnnxRuntimeModel

        return OnnxRuntimeModel(network, self.precision, settings)
