"""The torch module as a compiled model, shared by the torch backends."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from archbench.contracts import RunSettings


class TorchModel:
    """A module in inference mode, its tensors in the memory format of that name.

    `transform` gives what runs in its place, which is `eager` if it is a module still.
    """

    def __init__(
        self,
        module: torch.nn.Module,
        settings: RunSettings,
        memory_format: str,
        transform: Callable[[torch.nn.Module, RunSettings], Callable[..., Any]],
        *,
        eager: bool,
    ) -> None:
        torch.set_num_threads(settings.threads)
        self._memory_format = getattr(torch, memory_format)
        # `Module.to` works in place, and other backends of the worker load the same module.
        self._module = copy.deepcopy(module).to(memory_format=self._memory_format)  # type: ignore[call-overload]
        self._eager = eager
        self._transformed: Any = transform(self._module, settings)
        self._input: torch.Tensor | None = None
        self._output: torch.Tensor | None = None

    def bind(self, input_array: NDArray[np.float32]) -> None:
        self._input = torch.from_numpy(input_array).to(memory_format=self._memory_format)

    def run(self) -> None:
        with torch.inference_mode():
            self._output = self._transformed(self._input)

    def output(self) -> NDArray[np.float32]:
        return output_array(self._output)

    def granted(self) -> Mapping[str, str]:
        return {
            "precision": str(next(self._module.parameters()).dtype).removeprefix("torch."),
            "threads": str(torch.get_num_threads()),
            "memory_format": str(self._memory_format).removeprefix("torch."),
            "cpu_capability": torch.backends.cpu.get_cpu_capability(),
            "onednn": str(torch.backends.mkldnn.is_available()),  # type: ignore[no-untyped-call]
            "float32_matmul_precision": torch.get_float32_matmul_precision(),
        }

    def executed_graph(self) -> tuple[str, ...]:
        if not self._eager:
            return ()
        return layer_lines(self._transformed)


def output_array(output: torch.Tensor | None) -> NDArray[np.float32]:
    """A float32 copy of what a model's last run gave."""
    if output is None:
        raise RuntimeError("`run` must come before `output`.")
    return np.array(output.float().cpu().numpy(), order="C")


def layer_lines(module: torch.nn.Module) -> tuple[str, ...]:
    """One line for each layer that holds no other, in the order of their names."""
    layers = (layer for layer in module.modules() if not list(layer.children()))
    return tuple(f"{index} {layer}" for index, layer in enumerate(layers))
