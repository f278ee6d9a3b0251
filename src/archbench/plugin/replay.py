"""Feeds samples that were taken in worker processes to pytest-benchmark, through its public timer option.

pytest-benchmark then computes, stores, compares and draws its own statistics as for any benchmark.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_benchmark.fixture import BenchmarkFixture


class ReplayClock:
    """A timer that is read twice a round and whose two readings differ by the next recorded duration."""

    def __init__(self) -> None:
        self._durations: Iterator[float] = iter(())
        self._running = False

    def now(self) -> float:
        """Seconds: 0 at the start of a round, the recorded duration at its end."""
        self._running = not self._running
        return 0.0 if self._running else next(self._durations)

    def replay(self, benchmark: BenchmarkFixture, seconds: Sequence[float]) -> None:
        """Give `benchmark` one round for each of `seconds`. The fixture's timer must be `now`."""
        self._durations = iter(seconds)
        self._running = False
        benchmark.pedantic(_nothing, rounds=len(seconds), iterations=1)


def _nothing() -> None:
    return None
