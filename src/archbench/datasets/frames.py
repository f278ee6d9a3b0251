"""Frames of a second of sound as an image, by kaldi-native-fbank: what every kind of features has in common."""

from __future__ import annotations

from typing import Any

import kaldi_native_fbank
import numpy as np
from numpy.typing import NDArray


def set_frames(options: Any, rate_hz: int, length_ms: float, shift_ms: float, bands: int) -> None:
    """Set the frames and mel bands of `options`, kaldi's for any kind of features: the same image on every run."""
    options.frame_opts.samp_freq = rate_hz
    options.frame_opts.frame_shift_ms = shift_ms
    options.frame_opts.frame_length_ms = length_ms
    options.frame_opts.snip_edges = False
    options.frame_opts.dither = 0.0  # noise from an unseeded generator
    options.mel_opts.num_bins = bands


def image_of(
    bank: kaldi_native_fbank.OnlineFbank | kaldi_native_fbank.OnlineMfcc, rate_hz: int, samples: NDArray[np.float32]
) -> NDArray[np.float32]:
    """What `bank` makes of the samples, shape (1, features, frames)."""
    bank.accept_waveform(rate_hz, samples)
    bank.input_finished()
    frames = np.array([bank.get_frame(index) for index in range(bank.num_frames_ready)], dtype=np.float32)
    return np.ascontiguousarray(frames.T[None])
