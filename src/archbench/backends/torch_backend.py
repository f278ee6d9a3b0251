"""PyTorch on the CPU as a backend. Imports torch only when asked to act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archbench.contracts import CompiledModel, Form, Network, Precision, RunSettings

if TYPE_CHECKING:
    from torch import nn

#: What a worker that loads a torch module imports before it forks.
PRELOAD = ("archbench.backends.torch_model", "archbench.models.weights", "safetensors.torch")


def _as_it_is(module: nn.Module, _settings: RunSettings) -> Callable[..., Any]:
    return module


def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchBackend:
    """A way to run a torch module.

    Args:
        memory_format: the name of a torch memory format.
        transform: gives what runs in place of the module, which it may change.
        missing: what it lacks on this machine, or None.
        eager: whether what runs is still a module that runs layer by layer.
        imports: a module that `transform` imports and a worker should have imported before it forks.
    """

    name: str
    memory_format: str = "contiguous_format"
    transform: Callable[[nn.Module, RunSettings], Callable[..., Any]] = _as_it_is
    missing: Callable[[], str | None] = _nothing
    eager: bool = True
    imports: tuple[str, ...] = ()
    precision: Precision = Precision.F32
    form: Form = Form.WEIGHTS
    device: str = "CPU"

    @property
    def preload(self) -> tuple[str, ...]:
        """See `Backend`."""
        return (*PRELOAD, *self.imports)

    def absence(self) -> str | None:
        return self.missing()

    def version(self) -> str:
        import torch

        return str(torch.__version__)

    def load(self, network: Network, settings: RunSettings) -> CompiledModel:
        from archbench.backends.torch_model import TorchModel

        return TorchModel(network.module, settings, self.memory_format, self.transform, eager=self.eager)
