"""The handwritten digits: a fixed split, equal shares, and no image in two parts."""

import sys

import numpy as np
import pytest

from archbench.datasets.digits import load_digits
from archbench.errors import UsageError


@pytest.fixture(scope="module")
def digits():
    return load_digits()


def test_every_image_is_in_one_part(digits):
    parts = (digits.train, digits.calibration, digits.test)

    assert [len(part) for part in parts] == [898, 299, 600]
    assert len({image.tobytes() for part in parts for image in part.images}) == 1797


def test_shapes_and_types(digits):
    assert digits.test.images.shape == (600, 1, 8, 8)
    assert digits.test.images.dtype == np.float32
    assert digits.test.labels.dtype == np.int64
    assert digits.resolution == (8, 8)


def test_digits_come_in_equal_shares(digits):
    shares = [np.bincount(part.labels, minlength=10) / len(part) for part in (digits.train, digits.calibration, digits.test)]

    np.testing.assert_allclose(shares, 0.1, atol=0.01)


def test_the_training_part_is_standardised(digits):
    assert digits.train.images.mean() == pytest.approx(0, abs=1e-5)
    assert digits.train.images.std() == pytest.approx(1, abs=1e-5)


def test_the_split_is_the_same_each_time(digits):
    assert load_digits().digest == digits.digest


def test_without_scikit_learn_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)

    with pytest.raises(UsageError, match=r"sklearn is not installed; run `pip install 'archbench\[accuracy\]'`"):
        load_digits()
