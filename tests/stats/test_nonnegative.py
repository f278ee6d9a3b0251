"""Coefficients that were planted, in columns of any size."""

import numpy as np
import pytest

from archbench.stats.nonnegative import least_squares


def test_columns_of_any_size_are_found_and_none_below_nothing():
    generator = np.random.default_rng(2)
    rows = generator.uniform(size=(50, 4)) * np.array([1e-9, 1.0, 1e6, 0.0])

    found = least_squares(rows, rows @ np.array([3e8, 0.0, 2e-6, 1.0]))

    assert found == pytest.approx([3e8, 0.0, 2e-6, 0.0], rel=1e-6, abs=1e-9)
    assert least_squares(rows, -rows[:, 1]) == pytest.approx(np.zeros(4))
