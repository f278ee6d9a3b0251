"""Ten keywords from a folder laid out as Google Speech Commands (Warden 2018, arXiv 1804.03209): a folder a word.

The split is the published one, by a hash of the file name up to `_nohash_`, which stands for the speaker: all recordings of a
speaker fall into one part, and stay in it when recordings are added. 80 % train, 10 % calibrate, 10 % judge.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from enum import Enum
from pathlib import Path

import numpy as np

from archbench.cache import ArtifactCache
from archbench.datasets.dataset import Dataset, Part, standardised
from archbench.datasets.features import MFCC, Extraction, features_of
from archbench.errors import UsageError

#: The search paper's, in the order of their classes.
KEYWORDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")

_SUFFIX = ".wav"
_REPEAT = re.compile(r"_nohash_.*$")
_HASHES = 2**27 - 1
_CALIBRATES_BELOW = 10.0
_JUDGES_BELOW = 20.0


class Share(Enum):
    """What a recording is for."""

    TRAIN = "training"
    CALIBRATE = "calibration"
    JUDGE = "test"


def share_of(file_name: str) -> Share:
    """The part that a file name belongs to (Warden 2018, section 6, and the data's own README)."""
    digest = hashlib.sha1(_REPEAT.sub("", file_name).encode(), usedforsecurity=False).hexdigest()
    percentage = (int(digest, 16) % (_HASHES + 1)) * (100.0 / _HASHES)
    if percentage < _CALIBRATES_BELOW:
        return Share.CALIBRATE
    return Share.JUDGE if percentage < _JUDGES_BELOW else Share.TRAIN


def is_speech_commands(folder: Path) -> bool:
    """Whether the folder holds a folder named as one of the keywords."""
    return any((folder / word).is_dir() for word in KEYWORDS)


def load_speech_commands(folder: Path, cache: ArtifactCache, extraction: Extraction = MFCC) -> Dataset:
    """Features of every `KEYWORD/*.wav` of `folder`, images of 40 bands and 32 frames; other words are not looked at.

    A file that is broken or empty is left out and told in `skipped`.

    Raises:
        UsageError: a keyword's folder is missing or cannot be read, an audio library is missing, or a part has no recording.
        CacheError: the cache cannot be written.
    """
    features, skipped = features_of(_recordings(folder), extraction, cache)
    images = np.array(list(features.values()), dtype=np.float32)
    labels = np.array([KEYWORDS.index(name.partition("/")[0]) for name in features], dtype=np.int64)
    shares = np.array([share_of(name.partition("/")[2]).value for name in features], dtype=str)
    told = f"; of {len(skipped)} skipped files, {skipped[0]}" if skipped else ""

    def part(share: Share) -> Part:
        chosen = shares == share.value
        if not chosen.any():
            raise UsageError(f"{folder} has no recording for the {share.value} part (80:10:10 by file name{told}).")
        return Part(images=images[chosen], labels=labels[chosen])

    return standardised(
        Dataset(
            name="speech-commands",
            classes=len(KEYWORDS),
            train=part(Share.TRAIN),
            calibration=part(Share.CALIBRATE),
            test=part(Share.JUDGE),
            skipped=skipped,
        ),
        by_row=extraction.by_row,
    )


def _recordings(folder: Path) -> Mapping[str, Path]:
    """Recordings by `keyword/file name`."""
    found = {}
    for word in KEYWORDS:
        try:
            paths = sorted(path for path in (folder / word).iterdir() if path.suffix.lower() == _SUFFIX)
        except OSError as error:
            raise UsageError(
                f"cannot read the recordings of {word!r} in {folder}: {error.strerror or error}; there must be a folder for"
                f" each of {', '.join(KEYWORDS)}."
            ) from error
        found.update({f"{word}/{path.name}": path for path in paths})
    if not found:
        raise UsageError(f"the keyword folders of {folder} have no WAV files.")
    return found
