"""Curves fitted to latency along a channel sweep, under noise that drifts along the sweep and has bad points.

Everything is a weighted linear model: latency is divided by its own local level and noise, so that noise has one size all
along, and a curve is a sum of columns. Which curves are tried is the business of `step_shapes`, what is believed is that of
`steps`.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.ndimage import median_filter, uniform_filter1d

Array = NDArray[np.float64]

#: Drift as a share of the noise variance, and its correlation between neighbours; white noise is tried beside them. A little of
#: it is always left in, else slow drift alone would claim to know differences exactly.
_DRIFT_SHARES = (0.3, 0.7, 0.98)
_DRIFT_CORRELATIONS = (0.8, 0.95)

#: A bad point is drawn in to so many standard deviations below or above the curve, or its neighbours. Interference only ever
#: adds time: what is slow is trusted less than what is fast.
_BELOW, _ABOVE = 4.0, 3.0

#: Scale a median absolute deviation to a standard deviation, and that of a difference to that of a point.
_NORMAL = 1.4826
_DIFFERENCE = _NORMAL / math.sqrt(2)

#: Relative noise that no latency is without.
_LEAST_NOISE = 1e-3

#: Points on each side that say what a point should be like.
_NEIGHBOURS = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sweep:
    """A sweep as a regression sees it, one entry or row a count.

    `values` and the columns of `trend` are latencies over `level` and noise. A column multiplied by `per_level` is a height
    relative to the local level, by `per_latency` one that is the same latency all along.
    """

    counts: NDArray[np.int_]
    level: Array
    values: Array
    trend: Array
    per_level: Array
    per_latency: Array

    @property
    def spacing(self) -> int:
        """The greatest number that divides every gap between counts."""
        return int(np.gcd.reduce(np.diff(self.counts)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """A curve at its most likely noise.

    `deviance` is minus twice the log-likelihood, `noise` the index of the shape of noise. `curve` is latency over local level,
    `stepped` the part of it that the columns beyond the trend's make up, with `weights`.
    """

    deviance: float
    noise: int
    curve: Array
    stepped: Array
    weights: Array


def sweep_of(counts: Sequence[int], latencies: Sequence[float], errors: Sequence[float] | None) -> Sweep:
    """Weighs a sweep by its local level and noise; `errors` are standard errors."""
    c = np.asarray(counts, dtype=int)
    y = np.asarray(latencies, dtype=float)
    window = len(y) // 16 * 2 + 1
    level = np.exp(uniform_filter1d(median_filter(np.log(y), 3, mode="nearest"), max(3, window), mode="nearest"))
    noise = _local_noise(y / level, None if errors is None else np.asarray(errors, dtype=float) / level)
    per_latency = level.mean() / (level * noise)
    return Sweep(
        counts=c,
        level=level,
        values=y / level / noise,
        trend=_smooth_columns(c / c[-1]) * per_latency[:, None],
        per_level=1 / noise,
        per_latency=per_latency,
    )


def _local_noise(relative: Array, errors: Array | None) -> Array:
    """Standard deviation of each point, from differences of neighbours, most of which no step touches."""
    differences = np.diff(relative)
    distances = np.abs(differences - np.median(differences))
    overall = max(_DIFFERENCE * float(np.median(distances)), _LEAST_NOISE)
    if errors is not None:
        return np.sqrt(errors**2 + (overall / 2) ** 2)
    window = max(9, len(relative) // 4)
    local = uniform_filter1d(median_filter(distances, window, mode="nearest"), window, mode="nearest")
    return np.clip(_DIFFERENCE * np.append(local, local[-1]), overall / 2, overall * 4)


def _smooth_columns(x: Array) -> Array:
    """Linear latency first, then curvature, powers and cubic knots, as many as the points can bear."""
    knots = [np.clip(x - knot, 0, None) ** 3 for knot in (0.5, 0.25, 0.75)]
    columns = [np.ones_like(x), x, x**2, np.sqrt(x), *knots, np.log(x)]
    return np.stack(columns[: max(3, min(len(columns), len(x) // 8))], axis=1)


def without_spikes(sweep: Sweep) -> Sweep:
    """Single points drawn in that stick out from the neighbours on both sides: what is left of a spike is no step."""
    padded = np.pad(sweep.values, _NEIGHBOURS, mode="reflect")
    windows = np.median(np.lib.stride_tricks.sliding_window_view(padded, _NEIGHBOURS), axis=1)
    left, right = windows[: len(sweep.values)], windows[_NEIGHBOURS + 1 :]
    low, high = np.minimum(left, right) - _BELOW, np.maximum(left, right) + _ABOVE
    return dataclasses.replace(sweep, values=np.clip(sweep.values, low, high))


def drawn_in(sweep: Sweep, curve: Array) -> Sweep:
    """Points far from a curve drawn in towards it."""
    expected = curve * sweep.per_level
    rest = sweep.values - expected
    scale = max(0.5, _NORMAL * float(np.median(np.abs(rest))))
    return dataclasses.replace(sweep, values=expected + np.clip(rest, -_BELOW * scale, _ABOVE * scale))


def robust_curve(sweep: Sweep, columns: Array, rounds: int = 12) -> Array:
    """Least squares, again and again with far points drawn in until it settles: latency over local level."""
    basis = np.linalg.qr(columns)[0]
    curve = basis @ (basis.T @ sweep.values) / sweep.per_level
    for _ in range(rounds):
        curve = basis @ (basis.T @ drawn_in(sweep, curve).values) / sweep.per_level
    return curve


@functools.lru_cache(maxsize=4)
def noises(size: int) -> tuple[Array, Array]:
    """What whitens each shape of noise of so many points, white noise first, and the log-determinants."""
    lag = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    shapes = [np.eye(size)]
    for correlation in _DRIFT_CORRELATIONS:
        shapes += [(1 - share) * np.eye(size) + share * correlation**lag for share in _DRIFT_SHARES]
    roots = [np.linalg.cholesky(shape) for shape in shapes]
    whiteners = np.stack([solve_triangular(root, np.eye(size), lower=True) for root in roots])
    return whiteners, np.array([2 * np.log(np.diagonal(root)).sum() for root in roots])


def fitted(sweep: Sweep, columns: Array) -> Fit:
    """The most likely sum of the columns, over every shape of noise; the trend's columns come first."""
    size = len(sweep.values)
    whiteners, determinants = noises(size)
    both = whiteners @ np.column_stack([columns, sweep.values])
    basis, target = np.linalg.qr(both[:, :, :-1])[0], both[:, :, -1]
    inside = np.einsum("vik,vi->vk", basis, target)
    least = _LEAST_NOISE**2 * (sweep.per_level**2).sum()
    squares = np.maximum((target**2).sum(axis=1) - (inside**2).sum(axis=1), least)
    deviances = size * np.log(squares / size) + determinants
    best = int(np.argmin(deviances))
    weights = np.linalg.lstsq(both[best, :, :-1], target[best], rcond=None)[0]
    beyond = sweep.trend.shape[1]
    return Fit(
        deviance=float(deviances[best]),
        noise=best,
        curve=columns @ weights / sweep.per_level,
        stepped=columns[:, beyond:] @ weights[beyond:] / sweep.per_level,
        weights=weights[beyond:],
    )


def unexplained(sweep: Sweep, dictionary: Array, noise: int) -> tuple[Array, Array]:
    """The whitened values and dictionary, without what the trend explains of them."""
    whitener = noises(len(sweep.values))[0][noise]
    basis = np.linalg.qr(whitener @ sweep.trend)[0]
    rest = whitener @ np.column_stack([sweep.values, dictionary])
    rest -= basis @ (basis.T @ rest)
    return rest[:, 0], rest[:, 1:]
