"""Correct first: outputs against a float64 torch reference, before anything is timed.

The error is the largest absolute deviation over the root mean square of the reference output. In bfloat16 and 8 bits rounding
alone moves a deep network so far that one value says nothing: there the error is the RMS of the deviation, and it may be half
of what another input would change, so that a wrong network is seen though a wrong weight is not. Both are judged on two images
of the batch, the first and the last, since images do not see each other; for a batch of one, on that image.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from archbench.contracts import Precision
from archbench.records.record import Agreement, Parity

_Float = TypeVar("_Float", bound=np.floating[Any])


def _rms(values: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _largest(values: NDArray[np.float64]) -> float:
    return float(np.max(np.abs(values)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Float64 outputs of the batch's first and last image, and float32 ones of another input.

    `outputs` and `other` are (1 or 2, ...). `rounding` is the error that float32 arithmetic alone makes, where it was looked
    at: a user's model, or one that a search drew, may magnify errors as networks scaled for it do not.
    """

    outputs: NDArray[np.float64]
    other: NDArray[np.float32]
    rounding: float = 0.0

    @property
    def sensitivity(self) -> float:
        """RMS change of the output under another input, relative to the RMS of the output."""
        return _rms(self.outputs[:1] - self.other[:1]) / _rms(self.outputs[:1])


def judged_images(batch: NDArray[_Float]) -> NDArray[_Float]:
    """The images of a batch (batch, ...) that parity looks at."""
    return batch if len(batch) == 1 else batch[[0, -1]]


def judge(output: NDArray[np.float32], reference: Reference, precision: Precision, convolutions: int) -> Parity:
    """Parity of a backend's output, shape (batch, ...), computed in `precision` by a chain of that many convolutions."""
    if precision not in _TOLERANCES:
        error = relative_error(judged_images(output), reference.outputs, _rms)
        return Parity(error=error, tolerance=_NEARER * reference.sensitivity, sensitivity=reference.sensitivity)
    return check(output, reference, tolerance_of(precision, convolutions, reference.rounding))


def check(output: NDArray[np.float32], reference: Reference, tolerance: float) -> Parity:
    """Compare a backend's output, shape (batch, ...), with the reference. A value that is not finite is an infinite error."""
    error = relative_error(judged_images(output), reference.outputs)
    return Parity(error=error, tolerance=tolerance, sensitivity=reference.sensitivity)


def relative_error(
    output: NDArray[np.float32], exact: NDArray[np.float64], size: Callable[[NDArray[np.float64]], float] = _largest
) -> float:
    """The `size` of the deviation over the RMS of `exact`; infinite if a value is not finite or the shapes differ."""
    if output.shape != exact.shape or not np.isfinite(output).all():
        return float("inf")
    return size(output - exact) / _rms(exact)


def agree(outputs: NDArray[np.float32], exact: NDArray[np.float64]) -> Agreement:
    """Agreement of outputs of shape (images, classes) or (images, channels, ...) with those of the reference."""
    same = np.argmax(outputs, axis=1) == np.argmax(exact, axis=1)
    return Agreement(images=len(outputs), top1=float(np.mean(same)), error=_rms(outputs - exact) / _rms(exact))


def tolerance_of(precision: Precision, convolutions: int, rounding: float = 0.0) -> float:
    """The largest error that rounding may explain, for a chain of that many convolutions.

    Where float32 arithmetic alone makes a large error of `rounding`, so much more is granted.

    Rounding errors of the layers are independent and add in quadrature. The factors leave the worst of the six patterns at
    depth 50 a reserve of 2 or more, and stay below the smallest planted fault by as much (tests/measurement/test_parity.py).
    """
    chain = float(np.sqrt(max(1, convolutions)))
    magnified = max(1.0, _MARGIN * rounding / (_TOLERANCES[Precision.F32] * chain))
    return _TOLERANCES[precision] * chain * magnified


#: Two float32 implementations that add in another order differ by a few times what one of them errs.
_MARGIN = 10.0

_TOLERANCES = {Precision.F32: 1e-4, Precision.F16: 1e-2}

#: In a lower precision: how far the output may be from the right one, in units of how far that of another input is.
_NEARER = 0.5
