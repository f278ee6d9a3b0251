"""Spoken digits from a folder of recordings named as in the Free Spoken Digit Dataset (Jackson et al. 2018, CC BY-SA 4.0).

The split is the published one: of each speaker's recordings of a digit those numbered 0 to 4 judge. Here 5 to 9 calibrate and
the others train, so that every part has the speakers and digits in the same shares. `by_speaker` is the harder one: one speaker
judges, one calibrates and the others train.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from archbench.cache import ArtifactCache
from archbench.datasets.dataset import Dataset, Part, standardised
from archbench.datasets.features import LOG_MEL, Extraction, features_of, require_audio
from archbench.errors import UsageError

_SUFFIX = ".wav"
_NAME = re.compile(r"(\d)_([^_]+)_(\d{1,9})\.wav", re.IGNORECASE)
_RECORDINGS = "recordings"
_JUDGES_BELOW = 5
_CALIBRATES_BELOW = 10

#: One speaker each to judge and to calibrate, and at least one to train.
_SPEAKERS = 3

_INDEX_RULE = "INDEX 0-4 test, 5-9 calibrate"
_SPEAKER_RULE = "the last speaker tests, the one before calibrates"


def load_spoken_digits(
    folder: Path, cache: ArtifactCache, extraction: Extraction = LOG_MEL, *, by_speaker: bool = False
) -> Dataset:
    """Features of every `DIGIT_SPEAKER_INDEX.wav` of `folder`, images of 40 bands and 32 frames.

    The folder may be the dataset's repository, which has them in `recordings`.

    A file that is broken, empty or wrongly named is left out and told in `skipped`.

    Raises:
        UsageError: no such folder, an audio library is missing, or a part of the split has no recording.
        CacheError: the cache cannot be written.
    """
    require_audio()
    if not _holds_digits(folder) and _holds_digits(folder / _RECORDINGS):
        folder = folder / _RECORDINGS
    files, misnamed = _recordings(folder)
    features, unread = features_of(files, extraction, cache)
    skipped = (*misnamed, *unread)
    names = [name[: -len(_SUFFIX)].split("_") for name in features]
    digits = np.array([int(digit) for digit, _, _ in names], dtype=np.int64)
    images = np.array(list(features.values()), dtype=np.float32)
    judges, calibrates = _by_speaker(names) if by_speaker else _by_index(names)
    told = f"; of {len(skipped)} skipped files, {skipped[0]}" if skipped else ""
    rule = _SPEAKER_RULE if by_speaker else _INDEX_RULE

    def part(name: str, chosen: NDArray[np.bool_]) -> Part:
        if not chosen.any():
            raise UsageError(f"{folder} has no recording for the {name} part ({rule}{told}).")
        return Part(images=images[chosen], labels=digits[chosen])

    return standardised(
        Dataset(
            name=f"spoken-digits{'-by-speaker' if by_speaker else ''}",
            classes=10,
            train=part("training", ~judges & ~calibrates),
            calibration=part("calibration", calibrates),
            test=part("test", judges),
            skipped=skipped,
        ),
        by_row=extraction.by_row,
    )


def is_spoken_digits(folder: Path) -> bool:
    """Whether the folder, or its folder `recordings`, holds a DIGIT_SPEAKER_INDEX.wav; false of one that cannot be read."""
    return any(_holds_digits(place) for place in (folder, folder / _RECORDINGS))


def _holds_digits(folder: Path) -> bool:
    try:
        return any(_NAME.fullmatch(path.name) for path in folder.iterdir())
    except OSError:
        return False


def _by_index(names: Sequence[Sequence[str]]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which recordings judge and which calibrate."""
    indices = np.array([int(index) for _, _, index in names], dtype=np.int64)
    return indices < _JUDGES_BELOW, (indices >= _JUDGES_BELOW) & (indices < _CALIBRATES_BELOW)


def _by_speaker(names: Sequence[Sequence[str]]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """As `_by_index`, by the speakers that come last in the alphabet."""
    speakers = np.array([speaker for _, speaker, _ in names], dtype=str)
    known = sorted(set(speakers.tolist()))
    if len(known) < _SPEAKERS:
        raise UsageError(f"a split by speaker needs {_SPEAKERS} speakers or more, but the recordings have {len(known)}.")
    return speakers == known[-1], speakers == known[-2]


def _recordings(folder: Path) -> tuple[Mapping[str, Path], tuple[str, ...]]:
    """The recordings by file name, and a line for each sound file that is not named as one."""
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() == _SUFFIX)
    except OSError as error:
        raise UsageError(f"cannot read the recordings in {folder}: {error.strerror or error}.") from error
    if not found:
        raise UsageError(f"{folder} has no WAV files; name the folder that holds DIGIT_SPEAKER_INDEX.wav.")
    named = {path.name: path for path in found if _NAME.fullmatch(path.name) is not None}
    return named, tuple(f"{path.name} is not named DIGIT_SPEAKER_INDEX.wav" for path in found if path.name not in named)
