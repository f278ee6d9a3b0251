"""How far one quantity follows another: rank correlation with its interval, alone and within groups."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import ndtri

from archbench.records.interval import Interval
from archbench.stats.estimate import CONFIDENCE

#: Points that a correlation needs for its interval: the transform's variance has n - 3 in its denominator.
MIN_POINTS = 4


def rank_correlation(groups: Sequence[tuple[Sequence[float], Sequence[float]]]) -> Interval | None:
    """Spearman's coefficient within groups, pooled over them by Fisher's transform, each weighted by n - 3.

    The variance is Bonett and Wright's, (1 + r^2 / 2) / (n - 3) (Psychometrika 65, 2000, equation 9). The transform of -1 and
    1 is infinite: the nearest attainable coefficient stands for them in the interval, whose one end is then -1 or 1.

    Groups of fewer than four points, or in which a quantity is constant, are left out; None if no group is left.
    """
    found = [(len(x), spearman) for x, y in groups if len(x) >= MIN_POINTS and (spearman := _spearman(x, y)) is not None]
    if not found:
        return None
    weights = [size - 3 for size, _ in found]
    inner = [max(-_largest_below_one(size), min(_largest_below_one(size), value)) for size, value in found]
    pooled = np.average(np.arctanh(inner), weights=weights)
    error = math.sqrt(np.average([1 + value**2 / 2 for value in inner], weights=weights) / sum(weights))
    reach = float(ndtri((1 + CONFIDENCE) / 2)) * error
    estimate, low, high = (math.tanh(value) for value in (pooled, pooled - reach, pooled + reach))
    for end in (-1.0, 1.0):
        if all(value == end for _, value in found):
            estimate, low, high = end, min(low, end), max(high, end)
    return Interval(estimate=estimate, low=low, high=high, confidence=CONFIDENCE)


def _spearman(x: Sequence[float], y: Sequence[float]) -> float | None:
    if len(set(x)) == 1 or len(set(y)) == 1:
        return None
    from scipy.stats import spearmanr  # slow to import, and few tables have a correlation

    return float(np.clip(np.round(spearmanr(x, y).statistic, 12), -1.0, 1.0))


def _largest_below_one(size: int) -> float:
    """The coefficient of two rankings of `size` points in which two neighbours changed places."""
    return 1 - 12 / (size * (size**2 - 1))
