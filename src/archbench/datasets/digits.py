"""Handwritten digits that scikit-learn carries: 1,797 images of 8 x 8 pixels (Alpaydin and Kaynak 1998, UCI test set)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from archbench.datasets.dataset import Dataset, Part, standardised
from archbench.errors import UsageError
from archbench.registry import missing_package

_SEED = 20210708


def load_digits() -> Dataset:
    """Half of the images train, a sixth calibrates, a third judges; every part has the digits in equal shares.

    Raises:
        UsageError: scikit-learn is not installed.
    """
    missing = missing_package("sklearn", "accuracy")
    if missing is not None:
        raise UsageError(f"the digits come from scikit-learn: {missing}.")
    from sklearn.datasets import load_digits as load
    from sklearn.model_selection import train_test_split

    bunch = load()
    images, labels = bunch.images.astype(np.float32)[:, None], bunch.target.astype(np.int64)

    def split(indices: NDArray[np.intp], share: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        first, second = train_test_split(indices, train_size=share, stratify=labels[indices], random_state=_SEED)
        return np.sort(first), np.sort(second)

    train, rest = split(np.arange(len(labels)), 1 / 2)
    calibration, test = split(rest, 1 / 3)

    def part(chosen: NDArray[np.intp]) -> Part:
        return Part(images=images[chosen], labels=labels[chosen])

    return standardised(Dataset(name="digits", classes=10, train=part(train), calibration=part(calibration), test=part(test)))
