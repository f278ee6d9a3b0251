"""`ncnn`: the mobile runtime's own CPU kernels in float32. Imports ncnn only when asked to act."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass

from archbench.contracts import CompiledModel, Form, Network, Precision, RunSettings
from archbench.registry import missing_package


@dataclass(frozen=True, slots=True, kw_only=True)
class NcnnBackend:
    """ncnn on the CPU, on what its converter pnnx makes of an ONNX file."""

    name: str
    precision: Precision = Precision.F32
    form: Form = Form.NCNN
    device: str = "CPU"
    preload: tuple[str, ...] = ("archbench.backends.ncnn_model",)

    def absence(self) -> str | None:
        return missing_package("ncnn", "ncnn") or missing_package("pnnx", "ncnn")

    def version(self) -> str:
        return importlib.metadata.version("ncnn")

    def load(self, network: Network, settings: RunSettings) -> CompiledModel:
        from archbench.backends.ncnn_model import NcnnModel

        return NcnnModel(network, settings)


NCNN = NcnnBackend(name="ncnn")
