"""Ten spoken-like words made by formula, so that a search needs no data: formants that move between vowels, in noise.

A word is a sequence of three vowels. Six of the words are the orders of one triple and four those of another, so that what a
second contains on average says little: a network must hear in which order. A voice has its own pitch and vocal tract; a word
its own begin, length, stress, melody and noise. Formants are those of Peterson and Barney 1952, Table II (men); the spectrum is
a sum of the pitch's harmonics, each as loud as the formants let it pass (Fant 1960: resonances of a bandwidth, in parallel).
"""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from archbench.cache import ArtifactCache, content_key, file_digest
from archbench.datasets.dataset import Dataset, Part, standardised
from archbench.datasets.features import MFCC, require_audio

RATE_HZ = 16_000

#: First three formants in Hz.
_VOWELS = {
    "i": (270.0, 2290.0, 3010.0),
    "a": (730.0, 1090.0, 2440.0),
    "u": (300.0, 870.0, 2240.0),
    "e": (530.0, 1840.0, 2480.0),
    "o": (570.0, 840.0, 2410.0),
}
WORDS = ("iau", "iua", "aiu", "aui", "uia", "uai", "eoa", "oea", "aoe", "aeo")

_BANDWIDTHS_HZ = (80.0, 110.0, 160.0)
_LOUDNESS = (1.0, 0.5, 0.25)
_HIGHEST_HZ = 5000.0
_SEED = 20200109

#: Examples of each part, in equal shares of the words; no voice speaks in two parts.
_SIZES = {"train": 1500, "calibration": 400, "test": 600}

#: Samples between two points at which loudness is computed; it is linear in between.
_STEP = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class _Voice:
    """Pitch in Hz, and how much shorter the vocal tract is than the table's."""

    pitch_hz: float
    tract: float


def load_synthetic(cache: ArtifactCache) -> Dataset:
    """The corpus as features, images of 40 bands and 32 frames; made on first use, in about half a minute.

    Raises:
        UsageError: an audio library is not installed.
        CacheError: the cache cannot be written.
    """
    require_audio()

    def make(folder: Path) -> None:
        for index, (name, size) in enumerate(_SIZES.items()):
            part = _make_part(size, np.random.default_rng([_SEED, index]))
            np.savez(folder / f"{name}.npz", images=part.images, labels=part.labels)

    sources = (file_digest(Path(__file__)), *MFCC.sources)
    versions = (importlib.metadata.version(library) for library in ("kaldi-native-fbank", "numpy"))
    entry = cache.fetch(content_key("synthetic words", *sources, *versions), make)
    train, calibration, test = (_read_part(entry / f"{name}.npz") for name in _SIZES)
    data = Dataset(name="synthetic-words", classes=len(WORDS), train=train, calibration=calibration, test=test)
    return standardised(data, by_row=MFCC.by_row)


def _read_part(path: Path) -> Part:
    with np.load(path, allow_pickle=False) as stored:
        return Part(images=stored["images"], labels=stored["labels"])


def _make_part(size: int, generator: np.random.Generator) -> Part:
    from archbench.datasets.mfcc import mfcc

    labels = np.arange(size, dtype=np.int64) % len(WORDS)
    images = [mfcc(speak(WORDS[label], generator)) for label in labels]
    return Part(images=np.array(images, dtype=np.float32), labels=labels)


def speak(word: str, generator: np.random.Generator) -> NDArray[np.float32]:
    """One second of a word at 16 kHz, by a voice of its own, in noise; between -1 and 1."""
    voice = _Voice(pitch_hz=float(np.exp(generator.uniform(np.log(90), np.log(260)))), tract=generator.uniform(0.85, 1.25))
    length = generator.uniform(0.35, 0.75)
    begin = generator.uniform(0.02, 0.98 - length)
    place = np.clip((np.arange(0, RATE_HZ + 1, _STEP) / RATE_HZ - begin) / length, 0.0, 1.0)
    spoken = _voiced(voice, _formants(word, place, voice, generator), generator) * _envelope(place, generator)
    return _in_noise(spoken, generator)


def _formants(word: str, place: NDArray[np.float64], voice: _Voice, generator: np.random.Generator) -> NDArray[np.float64]:
    """Formants in Hz of shape (points, 3): each vowel is approached and left smoothly, at times that vary."""
    targets = np.array([_VOWELS[vowel] for vowel in word]) * np.exp(generator.normal(0.0, 0.06, (len(word), 3)))
    times = np.linspace(0.1, 0.9, len(word)) + generator.uniform(-0.08, 0.08, len(word))
    warped = np.interp(place, times, np.arange(len(word)))
    whole = np.minimum(np.floor(warped).astype(int), len(word) - 2)
    rest = (warped - whole)[:, None]
    eased = (1 - np.cos(np.pi * rest)) / 2
    formants: NDArray[np.float64] = voice.tract * (targets[whole] * (1 - eased) + targets[whole + 1] * eased)
    return formants


def _voiced(voice: _Voice, formants: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float32]:
    """The harmonics of a gliding pitch, each as loud as the formants let it pass; RATE_HZ samples."""
    seconds = np.arange(RATE_HZ) / RATE_HZ
    glide = generator.uniform(-0.25, 0.25) * (seconds - 0.5) + 0.03 * np.sin(2 * np.pi * generator.uniform(3, 7) * seconds)
    pitch = voice.pitch_hz * np.exp(glide)
    phase = (2 * np.pi * np.cumsum(pitch) / RATE_HZ).astype(np.float32)
    points = np.concatenate([pitch[::_STEP], pitch[-1:]])
    ramp = (np.arange(_STEP, dtype=np.float32) / _STEP)[None]
    spoken = np.zeros(RATE_HZ, dtype=np.float32)
    for harmonic in range(1, int(_HIGHEST_HZ / pitch.max()) + 1):
        loud = _passed(harmonic * points, formants).astype(np.float32) / np.sqrt(np.float32(harmonic))
        spoken += np.sin(harmonic * phase) * (loud[:-1, None] * (1 - ramp) + loud[1:, None] * ramp).ravel()
    return spoken


def _passed(frequency: NDArray[np.float64], formants: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a tract with these formants lets pass of a frequency, both over time."""
    half = np.array(_BANDWIDTHS_HZ) / 2
    distance = (frequency[:, None] - formants) / half
    passed: NDArray[np.float64] = (np.array(_LOUDNESS) / np.sqrt(1 + distance**2)).sum(axis=1)
    return passed


def _envelope(place: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float32]:
    """Loudness over time: silent before and after, with a stress somewhere."""
    stressed = 1 + generator.uniform(0.0, 1.0) * np.exp(-(((place - generator.uniform(0.2, 0.8)) / 0.15) ** 2))
    points = np.sin(np.pi * place) ** 0.5 * stressed * ((place > 0) & (place < 1))
    samples = np.interp(np.arange(RATE_HZ), np.arange(len(points)) * _STEP, points)
    return samples.astype(np.float32)


def _in_noise(spoken: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    """The word at 0 to 20 dB above noise that falls with frequency as it likes, at a level of its own."""
    spectrum = np.fft.rfft(generator.standard_normal(RATE_HZ))
    spectrum *= np.maximum(np.fft.rfftfreq(RATE_HZ, 1 / RATE_HZ), 50.0) ** -generator.uniform(0.0, 1.0)
    noise = np.fft.irfft(spectrum)
    ratio = 10 ** (generator.uniform(0.0, 20.0) / 20)
    mixed = spoken / np.sqrt(np.mean(spoken**2)) * ratio + noise / np.sqrt(np.mean(noise**2))
    level = 10 ** (-generator.uniform(0.0, 20.0) / 20)
    return np.asarray(mixed * level / np.abs(mixed).max(), dtype=np.float32)
