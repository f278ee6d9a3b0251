"""A positive quantity known through the mean of its logarithm, with its standard error: intervals, ratios, tests."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

from scipy.special import stdtr, stdtrit

from archbench.records.interval import Interval

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEstimate:
    """`value` is a logarithm; `squared_error` the square of its standard error, None where it is not known.

    `degrees` of freedom belong to the standard error.
    """

    value: float
    squared_error: float | None
    degrees: float

    def over(self, other: LogEstimate) -> LogEstimate:
        """The ratio of two independent quantities, with Welch's degrees of freedom."""
        value = self.value - other.value
        above, below = self.squared_error, other.squared_error
        if above is None or below is None:
            return LogEstimate(value=value, squared_error=None, degrees=0)
        total = above + below
        degrees = self.degrees + other.degrees
        if total > 0:
            degrees = total**2 / (above**2 / self.degrees + below**2 / other.degrees)
        return LogEstimate(value=value, squared_error=total, degrees=degrees)

    def inverse(self) -> LogEstimate:
        """One over the quantity."""
        return dataclasses.replace(self, value=-self.value)

    def times(self, factor: float) -> LogEstimate:
        """The quantity multiplied by a positive, exactly known factor."""
        return dataclasses.replace(self, value=self.value + math.log(factor))

    def widened(self, variance: float) -> LogEstimate:
        """The same value with variance added that its own samples could not show."""
        return self if self.squared_error is None else dataclasses.replace(self, squared_error=self.squared_error + variance)

    def interval(self, confidence: float = CONFIDENCE) -> Interval:
        """The quantity itself, with its confidence interval."""
        if self.squared_error is None:
            return Interval(estimate=math.exp(self.value), low=None, high=None, confidence=confidence)
        half = float(stdtrit(self.degrees, (1 + confidence) / 2)) * math.sqrt(self.squared_error)
        return Interval(
            estimate=math.exp(self.value),
            low=math.exp(self.value - half),
            high=math.exp(self.value + half),
            confidence=confidence,
        )

    def p_above(self, bound: float) -> float:
        """One-sided p-value against "the quantity is at most `bound`"; 1 where no error is known."""
        return self._tail(math.log(bound) - self.value)

    def p_below(self, bound: float) -> float:
        """One-sided p-value against "the quantity is at least `bound`"; 1 where no error is known."""
        return self._tail(self.value - math.log(bound))

    def _tail(self, distance: float) -> float:
        if self.squared_error is None:
            return 1.0
        if self.squared_error == 0:
            return float(distance >= 0)
        return float(stdtr(self.degrees, distance / math.sqrt(self.squared_error)))
