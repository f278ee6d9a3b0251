"""Where an eager torch module spends its time, layer by layer, by a clock read before and after each."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from archbench.contracts import LayerTime, LayerTimes, Network, RunSettings


def layer_times(network: Network, input_array: NDArray[np.float32], settings: RunSettings, repeats: int) -> LayerTimes:
    """Medians over `repeats` inferences of each layer without children, in the order of first use, and of the whole."""
    torch.set_num_threads(settings.threads)
    module, images = network.module, torch.from_numpy(input_array)
    leaves = {name: layer for name, layer in module.named_modules() if not list(layer.children())}
    whole = [_timed(module, images) for _ in range(repeats)]
    spent: dict[str, list[int]] = {}
    handles = [handle for name, layer in leaves.items() for handle in _watch(layer, name, spent)]
    try:
        for _ in range(repeats):
            _timed(module, images)
    finally:
        for handle in handles:
            handle.remove()
    layers = tuple(
        LayerTime(layers=(name,), kind=type(leaves[name]).__name__, kernel="", seconds=_per_inference(durations, repeats))
        for name, durations in spent.items()
    )
    return LayerTimes(layers=layers, seconds=float(np.median(whole)) * 1e-9)


def _watch(layer: torch.nn.Module, name: str, spent: dict[str, list[int]]) -> tuple[Any, Any]:
    """Append the nanoseconds of each call of `layer` to its entry in `spent`, which its first call makes."""
    started: list[int] = []

    def before(*_: object) -> None:
        started.append(time.perf_counter_ns())

    def after(*_: object) -> None:
        spent.setdefault(name, []).append(time.perf_counter_ns() - started.pop())

    return layer.register_forward_pre_hook(before), layer.register_forward_hook(after)


def _per_inference(durations: list[int], repeats: int) -> float:
    """A layer that is used several times an inference has so many times more durations."""
    return float(np.median(durations)) * len(durations) / repeats * 1e-9


def _timed(module: torch.nn.Module, images: torch.Tensor) -> int:
    with torch.inference_mode():
        start = time.perf_counter_ns()
        module(images)
        return time.perf_counter_ns() - start
