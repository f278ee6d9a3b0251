"""Prices of kernels from the latencies of units, which are sums of them.

First the prices of work, all families at once, by least squares of relative errors without negative prices: latencies are sums
of kernels, so this needs no guess at whose part is whose. Then, family by family, trees learn how far its kernels are from
that; a unit's error is laid to its kernels by their shares, and the shares are taken anew from what was learnt, a few times
(expectation-maximisation). Last, of what networks take longer than the sum of their kernels, how much that is for each kernel
and each byte. How the trees are grown, or whether at all, is decided by what was left out of the learning:
whole sweeps, because neighbours on a staircase would give each other away.
"""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from archbench.contracts import Kernel
from archbench.errors import RecordFileError, UsageError
from archbench.prediction.features import WORK, family_of, features_of, work_of
from archbench.prediction.forest import LEAF, Forest, Tree
from archbench.prediction.predictor import Family, Platform, Predictor, log_error
from archbench.prediction.units import MIN_UNITS, Learnt
from archbench.registry import missing_package

if TYPE_CHECKING:
    from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor

#: What the form of the model is off by besides noise, relative; a network's whole latency counts less than a unit's.
_FORM_ERROR, _NETWORK_ERROR = 0.05, 0.1
_LARGEST_ERROR = 3.0

#: By how much a family's price may well differ from the common one, relative.
_LOOSE = 2.0

#: Kernels of a family below which no trees are grown.
_MIN_KERNELS = 15
_TRIFLE = 0.05
_ROUNDS = 4
_FOLDS = 5
_ACTIVATED = WORK.index("activated")

#: Where a kernel finds its own code and its memory depends on what runs before it; how fast it multiplies does not.
_FOUND = [WORK.index(name) for name in ("call", "bytes_in", "bytes_held", "bytes_out")]

#: Fewer networks leave open which of these it is.
MIN_NETWORKS = 8

#: A unit whose noise alone is larger says nothing of how good a prediction is.
_READABLE = 0.1

_MIN_RESIDUALS = 8

#: The simplest way is taken that is no further off than the best one by more than this.
_WORTH = 1.05

Grow = Callable[[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]], Forest]


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
    residuals = {name: _left_out(platform, learnt, grow) for name, grow in _WAYS.items()}
    readable = [entry.error <= _READABLE for entry in units]
    judged = np.array(readable if sum(readable) >= _MIN_RESIDUALS else [True] * len(units))
    tried = {name: float(np.median(np.abs(values[judged]))) for name, values in residuals.items()}
    best = next(name for name in tried if tried[name] <= _WORTH * min(tried.values()))
    families = _fit(learnt, _WAYS[best])
    kept = _by_family(platform, families, units, residuals[best], judged)
    alone = Predictor(
        platform=platform,
        call_seconds=families.call_seconds,
        families={
            name: dataclasses.replace(family, residuals=kept.get(name, ())) for name, family in families.families.items()
        },
        method=best,
        tried=tried,
    )
    return within(alone, networks) if networks else alone


def within(predictor: Predictor, networks: Sequence[Learnt]) -> Predictor:
    """The same, with what kernels take longer in `networks`: by least squares of relative errors, none below 0."""
    work = np.array([sum(count * work_of(kernel) for kernel, count in entry.kernels) for entry in networks])
    seconds = np.array([entry.seconds for entry in networks])
    missing = np.array([entry.seconds - predicted(predictor, entry) for entry in networks])
    found, _ = nnls(work[:, _FOUND] / seconds[:, None], missing / seconds)
    longer = np.zeros(len(WORK))
    longer[_FOUND] = found
    return dataclasses.replace(predictor, inside=tuple(longer.tolist()))


@dataclasses.dataclass(frozen=True, slots=True)
class _Fitted:
    call_seconds: float
    families: Mapping[str, Family]

    def predictor(self, platform: Platform) -> Predictor:
        return Predictor(platform=platform, call_seconds=self.call_seconds, families=self.families, method="", tried={})


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
        predictor = _fit(seen, grow).predictor(platform)
        for entry in learnt:
            if not entry.calls and fold[entry.sweep] == left_out:
                residuals[entry.workload] = log_error(predicted(predictor, entry), entry.seconds)
    return np.array([residuals[entry.workload] for entry in learnt if not entry.calls])


def _by_family(
    platform: Platform, fitted: _Fitted, units: Sequence[Learnt], residuals: NDArray[np.float64], judged: NDArray[np.bool_]
) -> Mapping[str, tuple[float, ...]]:
    """Residuals by the family that most of the unit's time belongs to; none where there are too few."""
    predictor, found = fitted.predictor(platform), defaultdict(list)
    for entry, residual, counts in zip(units, residuals, judged, strict=True):
        if counts:
            priced = predictor.price([kernel for kernel, _ in entry.kernels])
            shares = [(price.seconds * count, price.family) for price, (_, count) in zip(priced, entry.kernels, strict=True)]
            found[max(shares)[1]].append(float(residual))
    return {name: tuple(values) for name, values in found.items() if len(values) >= _MIN_RESIDUALS}


def _fit(learnt: Sequence[Learnt], grow: Grow | None) -> _Fitted:
    names = sorted({family_of(kernel) for entry in learnt for kernel, _ in entry.kernels})
    prices = _prices(learnt, names)
    units = [entry for entry in learnt if not entry.calls]
    seen: dict[str, int] = dict.fromkeys(names, 0)
    for entry in units:
        for name in {family_of(kernel) for kernel, count in entry.kernels if count > 0}:
            seen[name] += 1
    forests: Mapping[str, Forest] = {} if grow is None else _corrections(units, names, prices, grow)
    families = {
        name: Family(prices=tuple(prices[index].tolist()), correction=forests.get(name, Forest()), units=seen[name])
        for index, name in enumerate(names)
    }
    return _Fitted(call_seconds=float(prices[-1][0]), families=families)


def _prices(learnt: Sequence[Learnt], names: Sequence[str]) -> NDArray[np.float64]:
    """A row of prices for each family, and one whose first is the call's.

    An activation costs the same in every family: the study puts it behind few of them, and networks behind all. Each price is
    held loosely to that of all kernels together, which it becomes where a family's units leave it open.
    """
    rows = _work(learnt, {name: index for index, name in enumerate(names)})
    common = _solve(np.stack([rows[:, :-1].sum(axis=1), rows[:, -1]], axis=1), learnt)
    prices = _solve(rows, learnt, np.vstack([np.repeat(common[:1], len(names), axis=0), common[1:]]))
    prices[:-1, _ACTIVATED] = prices[-1, _ACTIVATED]
    return prices


def _work(learnt: Sequence[Learnt], place: Mapping[str, int]) -> NDArray[np.float64]:
    """Of each entry the work of each family; last the calls and, in their place, activations."""
    rows = np.zeros((len(learnt), len(place) + 1, len(WORK)))
    for row, entry in enumerate(learnt):
        for kernel, count in entry.kernels:
            work = count * work_of(kernel)
            rows[row, place[family_of(kernel)], :_ACTIVATED] += work[:_ACTIVATED]
            rows[row, -1, _ACTIVATED] += work[_ACTIVATED]
        rows[row, -1, 0] = entry.calls
    return rows


def _solve(
    work: NDArray[np.float64], learnt: Sequence[Learnt], expected: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Prices above 0 whose sums are nearest to the seconds, relative to their errors, and loosely to the `expected` prices."""
    seconds, errors = np.array([entry.seconds for entry in learnt]), np.array([_error(entry) for entry in learnt])
    flat = work.reshape(len(learnt), -1) / (seconds * errors)[:, None]
    wanted = 1 / errors
    if expected is not None:
        usual = expected.ravel()[expected.ravel() > 0]
        pull = np.zeros((len(usual), flat.shape[1]))
        pull[np.arange(len(usual)), np.flatnonzero(expected.ravel() > 0)] = 1 / (_LOOSE * usual)
        flat, wanted = np.vstack([flat, pull]), np.concatenate([wanted, np.full(len(usual), 1 / _LOOSE)])
    # Columns differ by orders of magnitude, and the solver compares them.
    scale = np.maximum(np.linalg.norm(flat, axis=0), np.finfo(float).tiny)
    found, _ = nnls(flat / scale, wanted, maxiter=100 * flat.shape[1])
    prices: NDArray[np.float64] = np.where(np.any(flat, axis=0), found / scale, 0.0).reshape(work.shape[1:])
    return prices


def _error(entry: Learnt) -> float:
    return math.hypot(_NETWORK_ERROR if entry.calls else _FORM_ERROR, min(entry.error, _LARGEST_ERROR))


def _corrections(
    units: Sequence[Learnt], names: Sequence[str], prices: NDArray[np.float64], grow: Grow
) -> Mapping[str, Forest]:
    place = {name: index for index, name in enumerate(names)}

    def summed(kernel: Kernel) -> float:
        return max(float(work_of(kernel) @ prices[place[family_of(kernel)]]), 1e-8)

    items = [
        (row, kernel, count, summed(kernel), features_of(kernel))
        for row, entry in enumerate(units)
        for kernel, count in entry.kernels
        if count > 0
    ]
    rows = np.array([row for row, *_ in items])
    counts, sums = np.array([item[2] for item in items]), np.array([item[3] for item in items])
    features = np.array([item[4] for item in items])
    measured = np.array([entry.seconds for entry in units])
    certainty = np.array([1 / _error(entry) ** 2 for entry in units])
    spent = counts * sums
    shares = spent / np.bincount(rows, spent, len(units))[rows]
    members = _members(items, shares)
    off, forests = np.zeros(len(items)), {}
    for _ in range(_ROUNDS):
        spent = counts * sums * np.exp(off)
        totals = np.bincount(rows, spent, len(units))
        target = off + np.log(measured / totals)[rows]
        weight = spent / totals[rows] * certainty[rows]
        for name, own in members.items():
            forests[name] = grow(features[own], target[own], weight[own])
            off[own] = forests[name].predict(features[own])
    return forests


def _members(
    items: Sequence[tuple[int, Kernel, float, float, NDArray[np.float32]]], shares: NDArray[np.float64]
) -> Mapping[str, NDArray[np.int64]]:
    """Places of the kernels of each family that has enough which are no trifle beside the rest of their unit."""
    found: dict[str, list[int]] = defaultdict(list)
    for index, (_, kernel, *_) in enumerate(items):
        if shares[index] >= _TRIFLE:
            found[family_of(kernel)].append(index)
    return {name: np.array(places) for name, places in found.items() if len(places) >= _MIN_KERNELS}


def _boosted(features: NDArray[np.float32], target: NDArray[np.float64], weight: NDArray[np.float64]) -> Forest:
    from sklearn.ensemble import GradientBoostingRegressor

    model = GradientBoostingRegressor(
        n_estimators=60, max_depth=3, learning_rate=0.15, min_samples_leaf=3, subsample=0.7, random_state=0
    ).fit(features, target, sample_weight=weight)
    return _from_boosting(model)


def _averaged(features: NDArray[np.float32], target: NDArray[np.float64], weight: NDArray[np.float64]) -> Forest:
    from sklearn.ensemble import ExtraTreesRegressor

    model = ExtraTreesRegressor(n_estimators=40, min_samples_leaf=3, random_state=0).fit(features, target, sample_weight=weight)
    return _from_average(model)


def _from_average(model: ExtraTreesRegressor) -> Forest:
    return Forest(trees=tuple(_tree(estimator.tree_) for estimator in model.estimators_))


def _from_boosting(model: GradientBoostingRegressor) -> Forest:
    """Boosting adds its trees to a constant; in a mean, each must be as many times larger as there are."""
    estimators = [estimator for stage in model.estimators_ for estimator in stage]
    constant, factor = float(model.init_.constant_.ravel()[0]), model.learning_rate * len(estimators)
    return Forest(trees=tuple(_tree(estimator.tree_, constant, factor) for estimator in estimators))


def _tree(tree: Any, constant: float = 0.0, factor: float = 1.0) -> Tree:
    return Tree(
        feature=tuple(max(LEAF, int(feature)) for feature in tree.feature),
        threshold=tuple(map(float, tree.threshold)),
        left=tuple(map(int, tree.children_left)),
        right=tuple(map(int, tree.children_right)),
        value=tuple(constant + factor * float(value) for value in tree.value.ravel()),
    )


#: How corrections may be learnt, the simplest first.
_WAYS: Mapping[str, Grow | None] = {"sums alone": None, "boosted trees": _boosted, "averaged trees": _averaged}
