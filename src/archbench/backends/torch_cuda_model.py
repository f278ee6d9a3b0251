"""A torch module on a CUDA device as a compiled model, whose time the device's own events keep."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from archbench.backends.torch_model import layer_lines, output_array
from archbench.contracts import RunSettings

#: Runs before a capture: libraries choose kernels and allocate on the first ones, which no graph may hold.
_RUNS_BEFORE_CAPTURE = 3

_Forward = Callable[[], torch.Tensor]


def device_absence() -> str | None:
    """Why torch cannot compute on a CUDA device here, or None."""
    if torch.version.cuda is None:
        return f"torch {torch.__version__} is built without CUDA; install a build that has it"
    if not torch.cuda.is_available():
        return f"torch {torch.__version__} finds no CUDA device"
    return None


def version() -> str:
    """Versions of torch, CUDA and cuDNN."""
    return f"{torch.__version__}, CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}"  # type: ignore[no-untyped-call]


class TorchCudaModel:
    """A module in inference mode on the first CUDA device, in float32 proper: TensorFloat-32 is off."""

    def __init__(self, module: torch.nn.Module, settings: RunSettings, *, replayed: bool) -> None:
        torch.set_num_threads(settings.threads)
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False
        # `Module.to` works in place, and other backends of the worker load the same module.
        self._module = copy.deepcopy(module).to("cuda")
        self._replayed = replayed
        self._start = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        self._end = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        self._input: torch.Tensor | None = None
        self._forward: _Forward | None = None
        self._output: torch.Tensor | None = None

    def bind(self, input_array: NDArray[np.float32]) -> None:
        bound = torch.from_numpy(input_array).to("cuda")
        # A graph knows its input by address alone.
        self._input = bound
        self._forward = _captured(self._module, bound) if self._replayed else lambda: self._module(bound)
        self._output = None

    def run(self) -> None:
        if self._forward is None:
            raise RuntimeError("`bind` must come before `run`.")
        with torch.inference_mode():
            self._start.record()
            self._output = self._forward()
            self._end.record()
        self._end.synchronize()

    def device_ns(self) -> int:
        milliseconds: float = self._start.elapsed_time(self._end)
        return round(milliseconds * 1e6)

    def output(self) -> NDArray[np.float32]:
        return output_array(self._output)

    def granted(self) -> Mapping[str, str]:
        return {
            "device": torch.cuda.get_device_name(),
            "precision": str(next(self._module.parameters()).dtype).removeprefix("torch."),
            "threads": str(torch.get_num_threads()),
            "tf32": str(torch.backends.cudnn.allow_tf32 or torch.backends.cuda.matmul.allow_tf32),
            "cudnn_benchmark": str(torch.backends.cudnn.benchmark),
            "timed_by": "device events",
        }

    def executed_graph(self) -> tuple[str, ...]:
        return layer_lines(self._module)


def _captured(module: torch.nn.Module, bound: torch.Tensor) -> _Forward:
    """What replays the module's forward pass of `bound`, its kernels launched as one."""
    aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside), torch.inference_mode():
        for _ in range(_RUNS_BEFORE_CAPTURE):
            module(bound)
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph), torch.inference_mode():
        output: torch.Tensor = module(bound)

    def replay() -> torch.Tensor:
        graph.replay()
        return output

    return replay
