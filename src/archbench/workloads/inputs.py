"""The input of a workload: seeded noise, the same on every backend and machine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from archbench.workloads.workload import Workload

_SEED = 20210708


def seeded_input(workload: Workload, *, stream: int = 0) -> NDArray[np.float32]:
    """Standard normal input of shape (batch, channels, rows, columns); another `stream` is another input."""
    generator = np.random.default_rng([_SEED, stream])
    return generator.standard_normal(workload.input_shape, dtype=np.float32)
