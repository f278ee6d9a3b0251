"""Fixed work timed in every round, so that two runs can tell a slower machine from a slower network.

A small float32 matrix product held in the first cache level: it follows the clock frequency and the share of the core, not
the memory traffic of neighbours, which strikes each network differently and is left in the interval.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_EDGE = 64

NAME = "calibration"


def calibration_work(products: int = 48) -> Callable[[], None]:
    """A callable that does the same `products` matrix products at each call; 48 take about 0.5 ms on a current core."""
    generator = np.random.default_rng(0)
    left, right = generator.standard_normal((2, _EDGE, _EDGE), dtype=np.float32)
    product = np.empty_like(left)

    def work() -> None:
        for _ in range(products):
            np.matmul(left, right, out=product)

    return work
