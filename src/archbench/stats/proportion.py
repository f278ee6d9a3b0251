"""How often something is right: a share with its interval, and two shares counted on the same examples."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import bdtr, ndtri

from archbench.records.interval import Interval

CONFIDENCE = 0.95


def share(successes: float, count: float, confidence: float = CONFIDENCE) -> Interval:
    """`successes / count` with Wilson's interval (Wilson 1927)."""
    z = _quantile(confidence)
    estimate = successes / count
    middle = (successes + z**2 / 2) / (count + z**2)
    half = z / (count + z**2) * math.sqrt(count * estimate * (1 - estimate) + z**2 / 4)
    return Interval(estimate=estimate, low=max(0.0, middle - half), high=min(1.0, middle + half), confidence=confidence)


def share_over_seeds(successes: Sequence[int], count: int, confidence: float = CONFIDENCE) -> Interval:
    """The mean of several shares of the same `count` examples, for networks that differ in their seed alone.

    Examples and seeds both vary: the binomial variance of one share, since the examples are the same for all, and the variance
    between seeds over their number. Wilson's interval is then that of as many examples as would vary so by themselves. Of one
    seed it is `share`.
    """
    rates = np.array(successes) / count
    estimate = float(rates.mean())
    binomial = estimate * (1 - estimate) / count
    between = float(rates.var(ddof=1)) / len(rates) if len(rates) > 1 else 0.0
    if binomial == 0 or between == 0:
        return share(estimate * count, count, confidence)
    effective = count * binomial / (binomial + between)
    return share(estimate * effective, effective, confidence)


def paired_difference(only_first: int, only_second: int, count: int, confidence: float = CONFIDENCE) -> Interval:
    """The first share less the second, of `count` examples of which that many are right in one alone.

    The interval is Wald's with one example added to each of the two (Bonett and Price 2012), which keeps its coverage where
    they are few.
    """
    first, second = (only_first + 1) / (count + 2), (only_second + 1) / (count + 2)
    half = _quantile(confidence) * math.sqrt((first + second - (first - second) ** 2) / (count + 2))
    middle = first - second
    return Interval(
        estimate=(only_first - only_second) / count,
        low=max(-1.0, middle - half),
        high=min(1.0, middle + half),
        confidence=confidence,
    )


def mcnemar_p(only_first: int, only_second: int) -> float:
    """Two-sided p-value of McNemar's exact test against "both are right equally often"."""
    fewer = min(only_first, only_second)
    return min(1.0, 2 * float(bdtr(fewer, only_first + only_second, 0.5)))


def _quantile(confidence: float) -> float:
    return float(ndtri((1 + confidence) / 2))
