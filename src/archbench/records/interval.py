"""An estimate and how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate with its confidence interval; bounds are None where a single process cannot give one."""

    estimate: float
    low: float | None
    high: float | None
    confidence: float

    @property
    def bounded(self) -> tuple[float, float]:
        """(low, high), without bounds where there is no interval: nothing may be concluded from it."""
        return (
            float("-inf") if self.low is None else self.low,
            float("inf") if self.high is None else self.high,
        )
