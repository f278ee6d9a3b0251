"""A sound file as one second of samples: the middle of what is longer, what is shorter in the middle of silence."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly

from archbench.errors import one_line

_RATES_HZ = (4000, 192_000)


def read_second(path: Path, rate_hz: int) -> NDArray[np.float32]:
    """`rate_hz` samples between -1 and 1 of a sound file of one channel or more, at any rate from 4 to 192 kHz.

    Raises:
        ValueError: it holds no sound that can be read.
    """
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise ValueError(f"cannot be read as sound ({one_line(error)})") from error
    if not len(samples):
        raise ValueError("holds no samples")
    if not np.isfinite(samples).all():
        raise ValueError("holds samples that are not numbers")
    lowest, highest = _RATES_HZ
    if not lowest <= rate <= highest:
        raise ValueError(f"has a sample rate of {rate} Hz, not {lowest} to {highest}")
    return centred(_resampled(samples.mean(axis=1), rate, rate_hz), rate_hz)


def _resampled(samples: NDArray[np.float32], rate: int, wanted: int) -> NDArray[np.float32]:
    if rate == wanted:
        return samples
    common = math.gcd(rate, wanted)
    return np.asarray(resample_poly(samples, wanted // common, rate // common), dtype=np.float32)


def centred(samples: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """`count` samples: the middle of more, or fewer in the middle of silence."""
    spare = count - len(samples)
    if spare >= 0:
        return np.pad(samples, (spare // 2, spare - spare // 2))
    return samples[-spare // 2 :][:count]
