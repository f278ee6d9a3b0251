"""A recording as an image: mel-frequency cepstral coefficients, by kaldi-native-fbank, as the search paper has them.

One second around the middle of the recording, at 16 kHz: 40 coefficients of 40 mel bands, in frames of 128 ms that begin every
32 ms. 16,000 samples are 31.25 strides, so that silence is added up to 32. Without liftering, which would only rescale what is
standardised afterwards.
"""

from __future__ import annotations

from pathlib import Path

import kaldi_native_fbank
import numpy as np
from numpy.typing import NDArray

from archbench.datasets.frames import image_of, set_frames
from archbench.datasets.recording import centred, read_second

BANDS = 40
FRAMES = 32
RATE_HZ = 16_000

_FRAME_MS = 128.0
_STRIDE_MS = 32.0

#: Kaldi's floor under an energy is made for samples of 16 bits.
_FULL_SCALE = np.float32(2**15)

_SAMPLES = FRAMES * RATE_HZ * int(_STRIDE_MS) // 1000


def mfcc_of(path: Path) -> NDArray[np.float32]:
    """The features of a sound file of one channel or more, shape (1, BANDS, FRAMES).

    Raises:
        ValueError: it holds no sound that can be read.
    """
    return mfcc(read_second(path, RATE_HZ))


def mfcc(second: NDArray[np.float32]) -> NDArray[np.float32]:
    """The features of 16,000 samples between -1 and 1, shape (1, BANDS, FRAMES)."""
    options = kaldi_native_fbank.MfccOptions()
    set_frames(options, RATE_HZ, _FRAME_MS, _STRIDE_MS, BANDS)
    options.num_ceps = BANDS
    options.use_energy = False
    options.cepstral_lifter = 0.0
    return image_of(kaldi_native_fbank.OnlineMfcc(options), RATE_HZ, _FULL_SCALE * centred(second, _SAMPLES))
