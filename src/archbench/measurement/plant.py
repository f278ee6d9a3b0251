"""Planted slowdowns: real extra work after each inference, so that a gate can be shown to see one."""

from __future__ import annotations

from collections.abc import Callable

from archbench.contracts import Clock
from archbench.measurement.calibration import calibration_work

_TRIALS = 5


def with_extra_work(run: Callable[[], None], fraction: float, clock: Clock) -> Callable[[], None]:
    """`run` followed by arithmetic that takes `fraction` of its time, sized once by the fastest of a few trials."""
    extra = calibration_work(products=1)
    inference_ns = min(_time(run, clock) for _ in range(_TRIALS))
    extra_ns = min(_time(extra, clock) for _ in range(200))
    repeats = range(max(1, round(inference_ns * fraction / extra_ns)))

    def slowed() -> None:
        run()
        for _ in repeats:
            extra()

    return slowed


def _time(run: Callable[[], None], clock: Clock) -> int:
    start = clock()
    run()
    return clock() - start
