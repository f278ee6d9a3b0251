"""`torch-compile`: PyTorch compiled by inductor, its weights frozen into the program."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass

from archbench.contracts import CompiledModel, Form, Network, Precision, RunSettings
from archbench.errors import BackendError

_COMPILERS = ("g++", "clang++")


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchCompileBackend:
    """The `Backend` of that name."""

    name: str = "torch-compile"
    precision: Precision = Precision.F32
    form: Form = Form.WEIGHTS
    device: str = "CPU"
    preload: tuple[str, ...] = ("archbench.backends.torch_compile_model", "archbench.models.weights", "safetensors.torch")

    def absence(self) -> str | None:
        named = os.environ.get("CXX")
        if any(shutil.which(compiler) for compiler in ((named,) if named else _COMPILERS)):
            return None
        return f"inductor needs a C++ compiler, and {named or ' or '.join(_COMPILERS)} is not installed"

    def version(self) -> str:
        import torch

        return str(torch.__version__)

    def load(self, network: Network, settings: RunSettings) -> CompiledModel:
        from archbench.backends.torch_compile_model import compiled_for
        from archbench.backends.torch_model import TorchModel

        if settings.isa is not None:
            raise BackendError(f"inductor compiles for this machine and takes no ISA cap, but {settings.isa!r} was asked for.")
        return TorchModel(network.module, settings, "contiguous_format", compiled_for(settings.cache), eager=False)


TORCH_COMPILE = TorchCompileBackend()
