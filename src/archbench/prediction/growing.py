"""How corrections may be learnt: trees that scikit-learn grows, as forests of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from archbench.prediction.forest import LEAF, Forest, Tree

if TYPE_CHECKING:
    from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor

#: From features (kernels, FEATURES), logarithms of what prices are off by, and weights.
Grow = Callable[[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]], Forest]


def _boosted(features: NDArray[np.float32], target: NDArray[np.float64], weight: NDArray[np.float64]) -> Forest:
    from sklearn.ensemble import GradientBoostingRegressor

    model = GradientBoostingRegressor(
        n_estimators=60, max_depth=3, learning_rate=0.15, min_samples_leaf=3, subsample=0.7, random_state=0
    ).fit(features, target, sample_weight=weight)
    return from_boosting(model)


def _averaged(features: NDArray[np.float32], target: NDArray[np.float64], weight: NDArray[np.float64]) -> Forest:
    from sklearn.ensemble import ExtraTreesRegressor

    model = ExtraTreesRegressor(n_estimators=40, min_samples_leaf=3, random_state=0).fit(features, target, sample_weight=weight)
    return from_average(model)


def from_average(model: ExtraTreesRegressor) -> Forest:
    """Its trees, whose mean it answers with."""
    return Forest(trees=tuple(_tree(estimator.tree_) for estimator in model.estimators_))


def from_boosting(model: GradientBoostingRegressor) -> Forest:
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


#: The simplest first.
WAYS: Mapping[str, Grow | None] = {"sums alone": None, "boosted trees": _boosted, "averaged trees": _averaged}
