"""Least squares without negative coefficients."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls


def least_squares(rows: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the columns are to be multiplied with, none below 0, for their sum to be nearest to what is wanted."""
    # Columns differ by orders of magnitude, and the solver compares them.
    scale = np.maximum(np.linalg.norm(rows, axis=0), np.finfo(float).tiny)
    found, _ = nnls(rows / scale, wanted, maxiter=100 * rows.shape[1])
    return np.where(np.any(rows, axis=0), found / scale, 0.0)
