"""A recording as an image: the logarithm of mel-filtered energies, by kaldi-native-fbank.

One second around the middle of the recording, at 8 kHz, in 40 bands and 32 frames: each frame is 62.5 ms long and begins
31.25 ms after the one before. What is shorter is padded with silence.
"""

from __future__ import annotations

from pathlib import Path

import kaldi_native_fbank
import numpy as np
from numpy.typing import NDArray

from archbench.datasets.frames import image_of, set_frames
from archbench.datasets.recording import read_second

BANDS = 40
FRAMES = 32

_RATE_HZ = 8000
_FRAME_SHIFT_MS = 1000 / FRAMES


def log_mel_of(path: Path) -> NDArray[np.float32]:
    """The features of a sound file of one channel or more, shape (1, BANDS, FRAMES).

    Raises:
        ValueError: it holds no sound that can be read.
    """
    return log_mel(read_second(path, _RATE_HZ))


def log_mel(second: NDArray[np.float32]) -> NDArray[np.float32]:
    """The features of 8,000 samples between -1 and 1, shape (1, BANDS, FRAMES)."""
    options = kaldi_native_fbank.FbankOptions()
    set_frames(options, _RATE_HZ, 2 * _FRAME_SHIFT_MS, _FRAME_SHIFT_MS, BANDS)
    return image_of(kaldi_native_fbank.OnlineFbank(options), _RATE_HZ, second)
