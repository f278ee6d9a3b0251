"""Where the level of a series changed: penalised least squares by PELT (Killick et al. 2012), as `ruptures` implements it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from archbench.errors import UsageError
from archbench.stats.estimate import LogEstimate

#: Squares, in variances of a point, that a new level must explain. Simulated to mark at most 5 % of unchanged series of 4 to
#: 200 points, normal or heavy-tailed; the usual multiple of log(n) marks twice as many of the short ones.
_PENALTY = 17.0

#: A level stands for two points at least, or a single bad night would be one.
_MIN_POINTS = 2

#: Scales the median absolute difference of neighbours to the standard deviation of a point.
_DIFFERENCE_SCALE = 1.4826 / math.sqrt(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The level changed before the point at `index`; `ratio` is the new level over the old one."""

    index: int
    ratio: LogEstimate


def changes_of(series: Sequence[float]) -> list[Change]:
    """Changes of level in a series of logarithms, in order; none in a series too short to show one.

    Raises:
        UsageError: ruptures is not installed.
    """
    if len(series) < 2 * _MIN_POINTS:
        return []
    try:
        import ruptures
    except ImportError as error:
        raise UsageError("change points need ruptures: pip install 'archbench[history]'.") from error
    values = np.asarray(series, dtype=float)
    variance = _point_variance(values)
    if variance == 0:
        return []
    # Points are scaled to a variance of one, so that the penalty is free of units.
    scaled = ((values - values.mean()) / math.sqrt(variance)).reshape(-1, 1)
    ends = ruptures.KernelCPD(kernel="linear", min_size=_MIN_POINTS).fit(scaled).predict(pen=_PENALTY)
    edges = [0, *ends]
    levels = [_level(values[start:end], variance) for start, end in itertools.pairwise(edges)]
    return [
        Change(index=index, ratio=after.over(before))
        for index, before, after in zip(edges[1:-1], levels[:-1], levels[1:], strict=True)
    ]


def _point_variance(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """From differences of neighbours, which a change of level hardly touches; the plain variance where most are equal."""
    spread = _DIFFERENCE_SCALE * float(np.median(np.abs(np.diff(values))))
    return spread**2 or float(values.var())


def _level(segment: np.ndarray[tuple[int], np.dtype[np.float64]], variance: float) -> LogEstimate:
    return LogEstimate(value=float(segment.mean()), squared_error=variance / len(segment), degrees=max(1, len(segment) - 1))
