"""Labelled data in three parts: what trains a network, what calibrates its quantization, and what judges it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from archbench.cache import content_key


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """`images` are float32 of shape (count, 1, rows, columns), `labels` their classes, int64 of shape (count,)."""

    images: NDArray[np.float32]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def digest(self) -> str:
        """Content hash of the images and labels."""
        arrays = (self.images, self.labels)
        return content_key(*(f"{array.shape} {array.dtype} ".encode() + array.tobytes() for array in arrays))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dataset:
    """Parts that share no example.

    `classes` are numbered from 0; `skipped` has a line for each file that was left out, with the reason.
    """

    name: str
    classes: int
    train: Part
    calibration: Part
    test: Part
    skipped: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Content hash of its parts."""
        return content_key(*(part.digest for part in (self.train, self.calibration, self.test)))

    @property
    def resolution(self) -> tuple[int, int]:
        """(rows, columns) of an image."""
        rows, columns = self.train.images.shape[2:]
        return rows, columns


def standardised(dataset: Dataset, *, by_row: bool = False) -> Dataset:
    """The same data less the mean of the training part, over its standard deviation unless that is zero.

    With `by_row` each row of the images has a mean and a deviation of its own.
    """
    axes = (0, 1, 3) if by_row else (0, 1, 2, 3)
    images = dataset.train.images
    mean, deviation = images.mean(axis=axes, keepdims=True), images.std(axis=axes, keepdims=True)
    deviation = np.where(deviation > 0, deviation, np.float32(1.0))
    train, calibration, test = (
        Part(images=(part.images - mean) / deviation, labels=part.labels)
        for part in (dataset.train, dataset.calibration, dataset.test)
    )
    return replace(dataset, train=train, calibration=calibration, test=test)
