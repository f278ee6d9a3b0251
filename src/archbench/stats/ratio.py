"""Ratios of latencies from samples grouped by process.

Interference only ever adds time, and it comes in blocks within a process and in stretches over several processes. So the
location of one process is a low quantile of its blocks, and the location of a set of processes is the mean of its faster half.
The two sides of a ratio are located apart, since a disturbance rarely slows both alike. Processes are the unit of replication:
the standard error comes from the spread between them, winsorised as in Yuen 1974 ("The two-sample trimmed t for unequal
population variances") but at the slow end alone, with the covariance of two sides that shared their processes. All work is
done on logarithms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from archbench.records.interval import Interval

QUANTILE = 0.1
FASTER = 0.5
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LogMean:
    """The mean logarithm of the faster half of a set of processes, and each process's winsorised share in it.

    `kept` is the number of processes in the faster half.
    """

    value: float
    winsorised: NDArray[np.float64]
    kept: int

    @property
    def squared_error(self) -> float | None:
        """Square of the standard error; None for one process."""
        count = len(self.winsorised)
        if count < 2:
            return None
        return float(np.var(self.winsorised, ddof=1)) * (count - 1) / (self.kept * (self.kept - 1))

    @property
    def degrees(self) -> int:
        """Degrees of freedom of the standard error."""
        return self.kept - 1


def location(samples: Sequence[float]) -> float:
    """The first decile of the samples of one process."""
    return float(np.quantile(samples, QUANTILE))


def log_mean(values: Sequence[float]) -> LogMean:
    """The location of a set of processes, given one positive value a process.

    Raises:
        ValueError: no value, or one that is not positive.
    """
    if not values or min(values) <= 0:
        raise ValueError(f"one positive value a process must be given, but got {list(values)!r}.")
    logs = np.log(values)
    kept = min(len(logs), max(2, math.ceil(FASTER * len(logs))))
    faster = np.sort(logs)[:kept]
    return LogMean(value=float(faster.mean()), winsorised=np.minimum(logs, faster[-1]), kept=kept)


def paired(numerator: LogMean, denominator: LogMean) -> LogMean:
    """The ratio of two quantities sampled in the same processes, in the same order."""
    return LogMean(
        value=numerator.value - denominator.value,
        winsorised=numerator.winsorised - denominator.winsorised,
        kept=min(numerator.kept, denominator.kept),
    )


def interval_of(mean: LogMean, confidence: float = CONFIDENCE) -> Interval:
    """The exponential of a mean logarithm, with its confidence interval."""
    return _interval(mean.value, mean.squared_error, mean.degrees, confidence)


def ratio_of(numerator: LogMean, denominator: LogMean, confidence: float = CONFIDENCE) -> Interval:
    """Ratio of two quantities sampled in different processes, with Welch's degrees of freedom."""
    value = numerator.value - denominator.value
    above, below = numerator.squared_error, denominator.squared_error
    if above is None or below is None:
        return _interval(value, None, 0, confidence)
    total = above + below
    degrees: float = numerator.degrees + denominator.degrees
    if total > 0:
        degrees = total**2 / (above**2 / numerator.degrees + below**2 / denominator.degrees)
    return _interval(value, total, degrees, confidence)


def scaled(interval: Interval, factor: float) -> Interval:
    """`interval` with estimate and bounds multiplied by a positive, exactly known factor."""
    return Interval(
        estimate=interval.estimate * factor,
        low=None if interval.low is None else interval.low * factor,
        high=None if interval.high is None else interval.high * factor,
        confidence=interval.confidence,
    )


def _interval(value: float, squared_error: float | None, degrees: float, confidence: float) -> Interval:
    if squared_error is None:
        return Interval(estimate=math.exp(value), low=None, high=None, confidence=confidence)
    half = float(stdtrit(degrees, (1 + confidence) / 2)) * math.sqrt(squared_error)
    return Interval(estimate=math.exp(value), low=math.exp(value - half), high=math.exp(value + half), confidence=confidence)
