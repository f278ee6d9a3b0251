"""`torch-compile`: PyTorch compiled by inductor, its weights frozen into the program."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from archbench.backends.torch_backend import TorchBackend
from archbench.contracts import RunSettings
from archbench.errors import BackendError

if TYPE_CHECKING:
    from torch import nn

_COMPILERS = ("g++", "clang++")


def _missing() -> str | None:
    named = os.environ.get("CXX")
    if any(shutil.which(compiler) for compiler in ((named,) if named else _COMPILERS)):
        return None
    return f"inductor needs a C++ compiler, and {named or ' or '.join(_COMPILERS)} is not installed"


def _compiled(module: nn.Module, settings: RunSettings) -> Callable[..., Any]:
    from archbench.backends.torch_compile_model import compile_module

    if settings.isa is not None:
        raise BackendError(f"inductor compiles for this machine and takes no ISA cap, but {settings.isa!r} was asked for.")
    return compile_module(module, settings.cache)


TORCH_COMPILE = TorchBackend(
    name="torch-compile",
    transform=_compiled,
    missing=_missing,
    eager=False,
    imports=("archbench.backends.torch_compile_model",),
)
