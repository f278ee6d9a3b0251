"""OpenVINO as a backend: one device in one precision. Imports OpenVINO only when asked to act."""

from __future__ import annotations

from dataclasses import dataclass

from archbench.contracts import CompiledModel, Form, Network, Precision, RunSettings
from archbench.registry import missing_package


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenVinoBackend:
    """`capability` is what the device must list among its optimization capabilities, and `requires` a package, if anything."""

    name: str
    device: str
    precision: Precision
    capability: str | None = None
    requires: str | None = None
    form: Form = Form.IR
    preload: tuple[str, ...] = ("archbench.backends.openvino_model",)

    def absence(self) -> str | None:
        from archbench.backends.openvino_model import device_absence

        lacking = None if self.requires is None else missing_package(self.requires, self.requires)
        return lacking or device_absence(self.device, self.capability)

    def version(self) -> str:
        from archbench.backends.openvino_model import version

        return version()

    def load(self, network: Network, settings: RunSettings) -> CompiledModel:
        from archbench.backends.openvino_model import OpenVinoModel

        return OpenVinoModel(network, self.device, self.precision, settings)
