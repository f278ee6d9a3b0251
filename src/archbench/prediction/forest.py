"""An ensemble of regression trees as arrays: trained elsewhere, evaluated and stored here, with numpy alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: In the place of a feature: the node is a leaf.
LEAF = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Nodes by number, the root first: a leaf has a value, and any other node sends smaller or equal features to the left."""

    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    value: tuple[float, ...]

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """A value for each row."""
        feature, threshold, value = np.array(self.feature), np.array(self.threshold), np.array(self.value)
        left, right = np.array(self.left), np.array(self.right)
        rows = np.arange(len(features))
        node = np.zeros(len(features), dtype=np.int64)
        while np.any(inside := feature[node] != LEAF):
            goes_left = features[rows, feature[node]] <= threshold[node]
            node = np.where(inside, np.where(goes_left, left[node], right[node]), node)
        found: NDArray[np.float64] = value[node]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """The mean of its trees; of no tree, 0."""

    trees: tuple[Tree, ...] = ()

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """A value for each row."""
        total = np.zeros(len(features))
        for tree in self.trees:
            total += tree.predict(features)
        return total / max(1, len(self.trees))
