"""Variances of many alike things, each known from a few values, drawn towards what they have in common.

A variance from three values has two degrees of freedom and decides little; a dozen such variances together say what is usual
here. Empirical Bayes as in Smyth 2004 ("Linear models and empirical Bayes methods for assessing differential expression in
microarray experiments", section 6.2 and the appendix): true variances are taken to be scaled inverse chi-squared, whose scale
and degrees of freedom are fitted to the logarithms of the sample variances.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, polygamma

#: Fewer variances say nothing of how much variances vary.
MIN_VARIANCES = 3

#: However alike they look, a thing's own values keep their say.
_MOST_DEGREES = 20.0

#: A variance of zero has no logarithm; no latency repeats to a millionth.
_LEAST_VARIANCE = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What variances of this kind are, worth so many degrees of freedom."""

    variance: float
    degrees: float

    def moderated(self, variance: float, degrees: float) -> tuple[float, float]:
        """A variance known with `degrees` of freedom, drawn towards the prior's, and its degrees of freedom then."""
        total = self.degrees + degrees
        return (self.degrees * self.variance + degrees * variance) / total, total


def fit_prior(variances: Sequence[tuple[float, float]]) -> Prior | None:
    """The prior of pairs of variance and degrees of freedom; None of fewer than three."""
    if len(variances) < MIN_VARIANCES:
        return None
    values, degrees = (np.array(column, dtype=float) for column in zip(*variances, strict=True))
    logs = np.log(np.maximum(values, _LEAST_VARIANCE)) - digamma(degrees / 2) + np.log(degrees / 2)
    spread = float(np.var(logs, ddof=1) - np.mean(polygamma(1, degrees / 2)))
    common = _degrees_of(spread)
    scale = math.exp(float(np.mean(logs)) + float(digamma(common / 2)) - math.log(common / 2))
    return Prior(variance=scale, degrees=common)


def _degrees_of(spread: float) -> float:
    """Degrees of freedom whose log chi-squared varies by `spread`; the most where variances vary no more than by chance."""
    if spread <= float(polygamma(1, _MOST_DEGREES / 2)):
        return _MOST_DEGREES
    least = 1e-3
    if spread >= float(polygamma(1, least / 2)):
        return least
    from scipy.optimize import brentq  # slow to import, and few runs come so far

    return float(brentq(lambda degrees: float(polygamma(1, degrees / 2)) - spread, least, _MOST_DEGREES))
