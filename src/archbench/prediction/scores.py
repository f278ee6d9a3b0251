"""How good predictions of networks are: shares and means over networks, with intervals by drawing networks again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from archbench.records.interval import Interval

#: A prediction is near if it is off by no more than this share of what was measured.
NEAR = 0.1

_CONFIDENCE = 0.95
_DRAWS = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Over networks: the share that was predicted nearly, the mean error as a share, and by how much all are off together.

    `bias` is the median of predicted over measured.
    """

    near: Interval
    error: Interval
    bias: Interval


def score(predicted: Mapping[str, float], measured: Mapping[str, float]) -> Score:
    """Of the networks, one or more, that both have."""
    ratios = np.array([predicted[name] / measured[name] for name in measured if name in predicted])
    return Score(
        near=_drawn(ratios, lambda values: np.mean(np.abs(values - 1) <= NEAR, axis=-1)),
        error=_drawn(ratios, lambda values: np.mean(np.abs(values - 1), axis=-1)),
        bias=_drawn(ratios, lambda values: np.median(values, axis=-1)),
    )


def _drawn(ratios: NDArray[np.float64], statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Interval:
    draws = np.random.default_rng(0).choice(ratios, size=(_DRAWS, len(ratios)))
    low, high = np.quantile(statistic(draws), [(1 - _CONFIDENCE) / 2, (1 + _CONFIDENCE) / 2])
    return Interval(estimate=float(statistic(ratios)), low=float(low), high=float(high), confidence=_CONFIDENCE)
