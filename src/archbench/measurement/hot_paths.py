"""The harness's own hot paths as fixed work, to be counted like networks, so that archbench does not slow down unnoticed."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Callable

import numpy as np

from archbench.measurement.sampling import Runnable, random_orders, sample_rounds
from archbench.registry import DEFAULT_BACKENDS
from archbench.workloads.case import cases_of
from archbench.workloads.grids import smoke
from archbench.workloads.ids import parse_case

_ROUNDS = 50
_TICK_NS = 250_000


def sampling_loop() -> Callable[[], None]:
    """Fifty rounds of the timed loop over two runnables that do nothing, by a clock that counts instead of ticking."""
    idle = Runnable(run=lambda: None, inferences=1)
    # The loop collects garbage before it starts, which would cost what happens to be imported.
    gc.freeze()

    def work() -> None:
        clock = itertools.count(step=_TICK_NS).__next__
        orders = random_orders(("first", "second"), np.random.default_rng(0))
        sample_rounds({"first": idle, "second": idle}, lambda: 0, seconds=0.0, min_rounds=_ROUNDS, orders=orders, clock=clock)

    return work


def case_ids() -> Callable[[], None]:
    """What collection does of ours: list a profile, write each id, read it again."""

    def work() -> None:
        # A collection reads each id for the first time.
        parse_case.cache_clear()
        for case in cases_of(smoke(), DEFAULT_BACKENDS):
            parse_case(case.id)

    return work
