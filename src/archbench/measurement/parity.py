"""Correct first: outputs against a float64 torch reference, before anything is timed.

The error is the largest absolute deviation over the root mean square of the reference output. It is judged on two images of
the batch, the first and the last, since images do not see each other; for a batch of one, on that image.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from archbench.contracts import Precision
from archbench.records.record import Parity


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Float64 outputs: of the batch's first and last image, and of another input.

    `outputs` and `other` are (1 or 2, channels, rows, columns).
    """

    outputs: NDArray[np.float64]
    other: NDArray[np.float64]

    @property
    def sensitivity(self) -> float:
        """RMS change of the output under another input, relative to the RMS of the output."""
        return _rms(self.outputs[:1] - self.other[:1]) / _rms(self.outputs[:1])


def judged_images(batch: NDArray[np.float32]) -> NDArray[np.float32]:
    """The images of a batch (batch, ...) that parity looks at."""
    return batch if len(batch) == 1 else batch[[0, -1]]


def check(output: NDArray[np.float32], reference: Reference, tolerance: float) -> Parity:
    """Compare a backend's output, shape (batch, ...), with the reference. A value that is not finite is an infinite error."""
    judged = judged_images(output)
    if judged.shape != reference.outputs.shape or not np.isfinite(judged).all():
        error = float("inf")
    else:
        error = float(np.max(np.abs(judged - reference.outputs))) / _rms(reference.outputs)
    return Parity(error=error, tolerance=tolerance, sensitivity=reference.sensitivity)


def tolerance_of(precision: Precision, convolutions: int) -> float:
    """The largest error that rounding may explain, for a chain of that many convolutions.

    Rounding errors of the layers are independent and add in quadrature. The factors leave the worst of the six patterns at
    depth 50 a reserve of 2 or more, and stay below the smallest planted fault by as much (tests/measurement/test_parity.py).
    """
    return _TOLERANCES[precision] * float(np.sqrt(convolutions))


_TOLERANCES = {Precision.F32: 1e-4, Precision.BF16: 5e-2, Precision.F16: 1e-2, Precision.I8: 1.5e-1}


def _rms(values: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
