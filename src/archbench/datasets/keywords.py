"""The data of a keyword-spotting network: 40 MFCCs by 32 frames of one second, in ten classes."""

from __future__ import annotations

from pathlib import Path

from archbench.cache import ArtifactCache
from archbench.datasets.dataset import Dataset
from archbench.datasets.features import MFCC
from archbench.datasets.speech_commands import KEYWORDS, is_speech_commands, load_speech_commands
from archbench.datasets.spoken_digits import is_spoken_digits, load_spoken_digits
from archbench.datasets.synthetic import load_synthetic
from archbench.errors import UsageError


def load_keywords(folder: Path | None, cache: ArtifactCache) -> Dataset:
    """Recordings of `folder`, by its layout; without one, words made by formula.

    Raises:
        UsageError: the folder cannot be read, has neither layout, or has no recordings; an audio library is missing.
        CacheError: the cache cannot be written.
    """
    if folder is None:
        return load_synthetic(cache)
    _require_folder(folder)
    if is_speech_commands(folder):
        return load_speech_commands(folder, cache)
    if is_spoken_digits(folder):
        return load_spoken_digits(folder, cache, MFCC)
    raise UsageError(
        f"{folder} has no recordings: give a folder that holds DIGIT_SPEAKER_INDEX.wav, or one with a folder of WAV files for"
        f" each of {', '.join(KEYWORDS)}."
    )


def load_unheard(folder: Path | None, cache: ArtifactCache) -> Dataset | None:
    """The same recordings split so that whoever judges was never heard; None where the usual split does that already.

    Raises:
        UsageError: as `load_keywords`, or fewer than three speakers.
        CacheError: the cache cannot be written.
    """
    if folder is None or not is_spoken_digits(folder):
        return None
    return load_spoken_digits(folder, cache, MFCC, by_speaker=True)


def _require_folder(folder: Path) -> None:
    try:
        next(folder.iterdir(), None)
    except OSError as error:
        raise UsageError(f"cannot read the recordings in {folder}: {error.strerror or error}.") from error
