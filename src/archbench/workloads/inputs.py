"""The input of a workload: seeded noise, the same on every backend and machine."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archbench.workloads.kws import FRAMES, KwsWorkload
from archbench.workloads.workload import Workload

_SEED = 20210708


def seeded_input(workload: Workload, *, stream: int = 0) -> NDArray[np.float32]:
    """Normal input of mean 0 and variance 1 of shape (batch, channels, rows, columns); another `stream` is another input."""
    generator = np.random.default_rng([_SEED, stream])
    noise: NDArray[np.float32] = shaped(workload, generator.standard_normal(workload.input_shape, dtype=np.float32))
    return noise


def shaped(workload: Workload, noise: Any) -> Any:
    """Standard normal noise (images, channels, rows, columns), an array or a tensor, as the workload's input.

    Of keyword-spotting networks each band is louder or softer throughout an image, as in speech. Pooled over all frames, noise
    alone would leave their outputs hardly any input to depend on, and 8 bits would then be judged by next to nothing.
    """
    if not isinstance(workload, KwsWorkload):
        return noise
    throughout = math.sqrt(FRAMES)
    shared = throughout * noise.mean(-1)[..., None]
    return (noise + shared) / math.sqrt(2 + 2 * throughout / FRAMES)
