"""Several independent estimates of one change, as one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from archbench.stats.estimate import LogEstimate


def pool(estimates: Sequence[LogEstimate]) -> LogEstimate:
    """The random-effects mean (DerSimonian and Laird 1986), with Hartung and Knapp's standard error.

    The spread between the estimates is part of the error, so that members that disagree give a wide interval. There must be
    two or more, each with a positive error; otherwise the result has none.
    """
    values = np.array([estimate.value for estimate in estimates])
    errors = np.array([math.nan if estimate.squared_error is None else estimate.squared_error for estimate in estimates])
    if len(values) < 2 or not np.all(errors > 0):
        return LogEstimate(value=float(values.mean()), squared_error=None, degrees=0)
    fixed = 1 / errors
    centre = np.average(values, weights=fixed)
    excess = float(np.sum(fixed * (values - centre) ** 2)) - (len(values) - 1)
    between = max(0.0, excess / (fixed.sum() - np.sum(fixed**2) / fixed.sum()))
    weights = 1 / (errors + between)
    mean = float(np.average(values, weights=weights))
    spread = float(np.sum(weights * (values - mean) ** 2)) / (len(values) - 1)
    # Never narrower than the members' own errors allow: few members can agree by chance.
    return LogEstimate(value=mean, squared_error=max(1.0, spread) / float(weights.sum()), degrees=len(values) - 1)
