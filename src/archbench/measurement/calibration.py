"""Fixed work timed before every turn: it tells a slower machine from a slower network, a disturbed process from a quiet one.

A small float32 matrix product held in the first cache level: it follows the clock frequency and the share of the core, which a
neighbour on the other hyperthread takes away.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import default_rng

from archbench.contracts import Clock

_EDGE = 64

#: Products before the clock starts, to fetch the operands back after another runnable's turn, and those timed: about 0.1 ms.
_LEAD = 12
_TIMED = 24


def calibration_work(products: int = 1) -> Callable[[], None]:
    """A callable that does the same `products` matrix products at each call."""
    generator = default_rng(0)
    left, right = generator.standard_normal((2, _EDGE, _EDGE), dtype=np.float32)
    product = np.empty_like(left)

    def work() -> None:
        for _ in range(products):
            np.matmul(left, right, out=product)

    return work


def calibration_probe(clock: Clock) -> Callable[[], int]:
    """A callable that gives the nanoseconds of the calibration work."""
    lead, timed = calibration_work(_LEAD), calibration_work(_TIMED)

    def probe() -> int:
        lead()
        start = clock()
        timed()
        return clock() - start

    return probe
