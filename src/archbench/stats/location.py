"""Ratios of latencies from samples grouped by process.

Interference only ever adds time, and it comes in bursts within a process and in stretches over several processes. So the
location of one process is a low quantile of its slices, and the location of a set of processes is the mean of its faster half.
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

from archbench.stats.estimate import LogEstimate
from archbench.stats.moderate import Prior

QUANTILE = 0.02
FASTER = 0.5

#: From here on numpy interpolates from the upper neighbour.
_NEARER = 0.5

#: Simulated: the logarithm of such a variance varies as that of a chi-squared with so much fewer degrees of freedom.
_DEGREES = 0.85


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
    def variance(self) -> tuple[float, float] | None:
        """Of one kept process, with its degrees of freedom; None for one process."""
        error = self.squared_error
        return None if error is None else (error * self.kept, _DEGREES * (self.kept - 1))

    def moderated(self, prior: Prior | None) -> LogEstimate:
        """The estimate with its variance drawn towards that of its like."""
        if prior is None or self.variance is None:
            return self.estimate
        variance, degrees = prior.moderated(*self.variance)
        return LogEstimate(value=self.value, squared_error=variance / self.kept, degrees=degrees)

    @property
    def estimate(self) -> LogEstimate:
        """The value with its standard error."""
        return LogEstimate(value=self.value, squared_error=self.squared_error, degrees=self.kept - 1)


def location(samples: Sequence[float]) -> float:
    """The 2 % quantile of the samples of one process, linear between two of them, as numpy's and many times as fast."""
    ordered = sorted(samples)
    place = QUANTILE * (len(ordered) - 1)
    low = int(place)
    share, below, above = place - low, ordered[low], ordered[min(low + 1, len(ordered) - 1)]
    return above - (above - below) * (1 - share) if share >= _NEARER else below + (above - below) * share


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
