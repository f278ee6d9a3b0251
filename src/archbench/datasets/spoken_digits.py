"""Spoken digits from a folder of recordings named as in the Free Spoken Digit Dataset (Jackson et al. 2018, CC BY-SA 4.0).

The split is the published one: of each speaker's recordings of a digit those numbered 0 to 4 judge. Here 5 to 9 calibrate and
the others train, so that every part has the speakers and digits in the same shares.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from archbench.cache import ArtifactCache, content_key, file_digest
from archbench.datasets.dataset import Dataset, Part, standardised
from archbench.errors import UsageError
from archbench.registry import missing_package

_SUFFIX = ".wav"
_NAME = re.compile(r"(\d)_([^_]+)_(\d{1,9})\.wav", re.IGNORECASE)
_FEATURES_SOURCE = Path(__file__).with_name("log_mel.py")
_JUDGES_BELOW = 5
_CALIBRATES_BELOW = 10


def load_spoken_digits(folder: Path, cache: ArtifactCache) -> Dataset:
    """Log-mel features of every `DIGIT_SPEAKER_INDEX.wav` of `folder`, images of 40 bands and 32 frames.

    A file that is broken, empty or wrongly named is left out and told in `skipped`.

    Raises:
        UsageError: no such folder, an audio library is missing, or a part of the split has no recording.
        CacheError: the cache cannot be written.
    """
    for package in ("kaldi_native_fbank", "soundfile"):
        missing = missing_package(package, "audio")
        if missing is not None:
            raise UsageError(f"recordings cannot be read: {missing}.")
    files = _recordings(folder)
    features, skipped = _features(files, cache)
    names = [name[: -len(_SUFFIX)].split("_") for name in features]
    digits = np.array([int(digit) for digit, _, _ in names], dtype=np.int64)
    indices = np.array([int(index) for _, _, index in names], dtype=np.int64)
    images = np.array(list(features.values()), dtype=np.float32)
    judges, calibrates = indices < _JUDGES_BELOW, (indices >= _JUDGES_BELOW) & (indices < _CALIBRATES_BELOW)
    told = f"; of {len(skipped)} skipped files, {skipped[0]}" if skipped else ""

    def part(name: str, chosen: NDArray[np.bool_]) -> Part:
        if not chosen.any():
            raise UsageError(f"{folder} has no recording for the {name} part (INDEX 0-4 test, 5-9 calibrate{told}).")
        return Part(images=images[chosen], labels=digits[chosen])

    return standardised(
        Dataset(
            name="spoken-digits",
            classes=10,
            train=part("training", ~judges & ~calibrates),
            calibration=part("calibration", calibrates),
            test=part("test", judges),
            skipped=skipped,
        )
    )


def _recordings(folder: Path) -> Sequence[Path]:
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() == _SUFFIX)
    except OSError as error:
        raise UsageError(f"cannot read the recordings in {folder}: {error.strerror or error}.") from error
    if not found:
        raise UsageError(f"{folder} has no WAV files; name the folder that holds DIGIT_SPEAKER_INDEX.wav.")
    return found


def _features(files: Sequence[Path], cache: ArtifactCache) -> tuple[Mapping[str, NDArray[np.float32]], tuple[str, ...]]:
    """Features by file name, and why each other file has none; computed once for these files."""

    def make(entry: Path) -> None:
        features, skipped = _computed(files)
        np.save(entry / "features.npy", np.array(list(features.values()), dtype=np.float32))
        (entry / "told.json").write_text(json.dumps({"names": list(features), "skipped": skipped}))

    contents = (part for path in files for part in (path.name, _content(path)))
    versions = (importlib.metadata.version(library) for library in ("kaldi-native-fbank", "soundfile"))
    entry = cache.fetch(content_key("log-mel", file_digest(_FEATURES_SOURCE), *versions, *contents), make)
    told = json.loads((entry / "told.json").read_text())
    images = np.load(entry / "features.npy", allow_pickle=False)
    return dict(zip(told["names"], images, strict=True)), tuple(told["skipped"])


def _computed(files: Sequence[Path]) -> tuple[dict[str, NDArray[np.float32]], list[str]]:
    from archbench.datasets.log_mel import log_mel_of

    features, skipped = {}, []
    for path in files:
        if _NAME.fullmatch(path.name) is None:
            skipped.append(f"{path.name} is not named DIGIT_SPEAKER_INDEX.wav")
            continue
        try:
            features[path.name] = log_mel_of(path)
        except ValueError as error:
            skipped.append(f"{path.name} {error}")
    return features, skipped


def _content(path: Path) -> str:
    try:
        return file_digest(path)
    except OSError as error:
        return f"unreadable: {error.strerror}"
