"""Ratios of latencies from samples grouped by process.

Interference only ever adds time, so the location of one process is a low quantile. Processes differ by memory placement and
are the unit of replication: the interval comes from the spread between them, never from the many samples within one. A few
processes land on an odd placement, so locations are combined by a trimmed mean with Yuen's winsorised standard error
(Yuen 1974, "The two-sample trimmed t for unequal population variances"). All work is done on logarithms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from archbench.records.interval import Interval

QUANTILE = 0.1
TRIM = 0.2
CONFIDENCE = 0.95


def location(samples: Sequence[float]) -> float:
    """The first decile of the samples of one process."""
    return float(np.quantile(samples, QUANTILE))


def mean_of(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """Geometric trimmed mean of one positive value a process.

    Raises:
        ValueError: no value, or one that is not positive.
    """
    summary = _summarise(values)
    return _interval(summary.mean, summary.squared_error, summary.degrees, confidence)


def ratio_of(numerator: Sequence[float], denominator: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """Ratio of the geometric trimmed means of two independent sets of processes, with Welch's degrees of freedom.

    Raises:
        ValueError: a set is empty or holds a value that is not positive.
    """
    over, under = _summarise(numerator), _summarise(denominator)
    difference = over.mean - under.mean
    if over.squared_error is None or under.squared_error is None:
        return _interval(difference, None, 0.0, confidence)
    squared_error = over.squared_error + under.squared_error
    return _interval(difference, squared_error, _welch(over, under), confidence)


def scaled(interval: Interval, factor: float) -> Interval:
    """`interval` with estimate and bounds multiplied by a positive, exactly known factor."""
    return Interval(
        estimate=interval.estimate * factor,
        low=None if interval.low is None else interval.low * factor,
        high=None if interval.high is None else interval.high * factor,
        confidence=interval.confidence,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Summary:
    mean: float
    squared_error: float | None
    degrees: float


def _summarise(values: Sequence[float]) -> _Summary:
    if not values or min(values) <= 0:
        raise ValueError(f"one positive value a process must be given, but got {list(values)!r}.")
    logs = np.sort(np.log(values))
    count = len(logs)
    cut = int(TRIM * count)
    mean = float(np.mean(logs[cut : count - cut]))
    if count < 2:
        return _Summary(mean=mean, squared_error=None, degrees=0.0)
    winsorised = np.clip(logs, logs[cut], logs[count - cut - 1])
    kept = count - 2 * cut
    squared_error = float(np.var(winsorised, ddof=1)) * (count - 1) / (kept * (kept - 1))
    return _Summary(mean=mean, squared_error=squared_error, degrees=kept - 1)


def _welch(first: _Summary, second: _Summary) -> float:
    assert first.squared_error is not None and second.squared_error is not None
    total = first.squared_error + second.squared_error
    if total == 0.0:
        return first.degrees + second.degrees
    return total**2 / (first.squared_error**2 / first.degrees + second.squared_error**2 / second.degrees)


def _interval(mean: float, squared_error: float | None, degrees: float, confidence: float) -> Interval:
    if squared_error is None:
        return Interval(estimate=math.exp(mean), low=None, high=None, confidence=confidence)
    half = float(stdtrit(degrees, (1 + confidence) / 2)) * math.sqrt(squared_error)
    return Interval(estimate=math.exp(mean), low=math.exp(mean - half), high=math.exp(mean + half), confidence=confidence)
