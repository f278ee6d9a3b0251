"""A predictor of a platform: prices of kernels from units, and what kernels take longer inside networks, from drawn ones.

How corrections are learnt, or whether at all, is decided by what was left out of the learning: whole sweeps, because
neighbours on a staircase would give each other away.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from archbench.errors import RecordFileError, UsageError
from archbench.prediction.features import WORK, work_of
from archbench.prediction.fitting import Fitted, fit
from archbench.prediction.growing import WAYS, Grow
from archbench.prediction.predictor import Inside, Platform, Predictor, log_error
from archbench.prediction.units import MIN_UNITS, Learnt
from archbench.registry import missing_package
from archbench.stats.nonnegative import least_squares

_FOLDS = 5

#: Where a kernel finds its own code and its memory depends on what runs before it.
_FOUND = [WORK.index(name) for name in ("call", "bytes_in", "bytes_held", "bytes_out")]

#: Fewer networks leave open which of these it is.
MIN_NETWORKS = 8

#: A unit whose noise alone is larger says nothing of how good a prediction is.
_READABLE = 0.1

_MIN_RESIDUALS = 8

#: The simplest way is taken that is no further off than the best one by more than this.
_WORTH = 1.05


def train(platform: Platform, learnt: Sequence[Learnt], networks: Sequence[Learnt] = ()) -> Predictor:
    """The predictor whose trees, grown in the way that is best on sweeps it did not see, were grown on everything.

    Of `networks` it learns what kernels take longer inside of them than beside copies of themselves; of none, nothing.

    Raises:
        RecordFileError: too few units, or some networks, but too few.
        UsageError: scikit-learn is not installed.
    """
    lacking = missing_package("sklearn", "prediction")
    if lacking is not None:
        raise UsageError(f"{lacking}.")
    units = [entry for entry in learnt if not entry.calls]
    if len(units) < MIN_UNITS:
        raise RecordFileError(f"{len(units)} units could be read, but a predictor needs {MIN_UNITS}; measure more of them.")
    if 0 < len(networks) < MIN_NETWORKS:
        raise RecordFileError(
            f"{len(networks)} drawn networks could be read, but {MIN_NETWORKS} are needed; measure more of them."
        )
    residuals = {name: _left_out(platform, learnt, grow) for name, grow in WAYS.items()}
    readable = [entry.error <= _READABLE for entry in units]
    judged = np.array(readable if sum(readable) >= _MIN_RESIDUALS else [True] * len(units))
    tried = {name: float(np.median(np.abs(values[judged]))) for name, values in residuals.items()}
    best = next(name for name in tried if tried[name] <= _WORTH * min(tried.values()))
    fitted = fit(learnt, WAYS[best])
    kept = _by_family(platform, fitted, units, residuals[best], judged)
    families = {name: dataclasses.replace(family, residuals=kept.get(name, ())) for name, family in fitted.families.items()}
    alone = dataclasses.replace(fitted.predictor(platform), families=families, method=best, tried=tried)
    return within(alone, networks) if networks else alone


def within(predictor: Predictor, networks: Sequence[Learnt]) -> Predictor:
    """The same, with what kernels take longer in `networks`: by least squares of relative errors, none below 0."""
    seconds = np.array([entry.seconds for entry in networks])
    called = np.array([entry.calls * predictor.call_seconds for entry in networks])
    alone = np.array([predicted(predictor, entry) for entry in networks])
    work = np.array([sum(count * work_of(kernel) for kernel, count in entry.kernels) for entry in networks])
    longer = np.column_stack([alone - called, work[:, _FOUND]]) / seconds[:, None]
    share, *found = least_squares(longer, 1 - alone / seconds)
    prices = np.zeros(len(WORK))
    prices[_FOUND] = found
    return dataclasses.replace(predictor, inside=Inside(share=float(share), work=tuple(prices.tolist())))


def predicted(predictor: Predictor, entry: Learnt) -> float:
    """The seconds of a unit or network of copies; what the larger network has less of is taken off."""
    priced = predictor.price([kernel for kernel, _ in entry.kernels])
    total = sum(price.seconds * count for price, (_, count) in zip(priced, entry.kernels, strict=True))
    return max(total + entry.calls * predictor.call_seconds, 1e-9)


def _left_out(platform: Platform, learnt: Sequence[Learnt], grow: Grow | None) -> NDArray[np.float64]:
    """Of each unit the logarithm of its seconds over what was predicted by the sweeps of other folds."""
    sweeps = sorted({entry.sweep for entry in learnt})
    order = np.random.default_rng(0).permutation(len(sweeps))
    fold = {sweeps[place]: index % _FOLDS for index, place in enumerate(order)}
    residuals = {}
    for left_out in range(_FOLDS):
        seen = [entry for entry in learnt if fold[entry.sweep] != left_out]
        predictor = fit(seen, grow).predictor(platform)
        for entry in learnt:
            if not entry.calls and fold[entry.sweep] == left_out:
                residuals[entry.workload] = log_error(predicted(predictor, entry), entry.seconds)
    return np.array([residuals[entry.workload] for entry in learnt if not entry.calls])


def _by_family(
    platform: Platform, fitted: Fitted, units: Sequence[Learnt], residuals: NDArray[np.float64], judged: NDArray[np.bool_]
) -> Mapping[str, tuple[float, ...]]:
    """Residuals by the family that most of the unit's time belongs to; none where there are too few."""
    predictor, found = fitted.predictor(platform), defaultdict(list)
    for entry, residual, counts in zip(units, residuals, judged, strict=True):
        if counts:
            priced = predictor.price([kernel for kernel, _ in entry.kernels])
            shares = [(price.seconds * count, price.family) for price, (_, count) in zip(priced, entry.kernels, strict=True)]
            found[max(shares)[1]].append(float(residual))
    return {name: tuple(values) for name, values in found.items() if len(values) >= _MIN_RESIDUALS}
