"""Features of many recordings, computed once and kept; a file that gives none is named with the reason."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from archbench.cache import ArtifactCache, content_key, file_digest
from archbench.errors import UsageError
from archbench.registry import missing_package

_PACKAGES = {"kaldi_native_fbank": "kaldi-native-fbank", "soundfile": "soundfile"}
#: What every extraction is made of beside its own file.
_SHARED = ("recording", "frames")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """How a recording becomes an image: `function` of `module` beside this file takes a path and gives (1, rows, columns).

    Args:
        name: what it is called in keys.
        module: its file.
        function: of the file.
        by_row: whether its rows are of different size, so that each is standardised by itself.
    """

    name: str
    module: str
    function: str
    by_row: bool = False

    @property
    def sources(self) -> tuple[str, ...]:
        """Digests of the files whose change makes features anew."""
        return tuple(file_digest(Path(__file__).with_name(f"{module}.py")) for module in (self.module, *_SHARED))

    def load(self) -> Callable[[Path], NDArray[np.float32]]:
        """The function, its audio libraries imported."""
        loaded: Callable[[Path], NDArray[np.float32]] = getattr(
            importlib.import_module(f"archbench.datasets.{self.module}"), self.function
        )
        return loaded


LOG_MEL = Extraction(name="log-mel", module="log_mel", function="log_mel_of")
MFCC = Extraction(name="mfcc", module="mfcc", function="mfcc_of", by_row=True)


def require_audio() -> None:
    """Refuse to go on without the audio libraries.

    Raises:
        UsageError: one is not installed.
    """
    for package in _PACKAGES:
        missing = missing_package(package, "audio")
        if missing is not None:
            raise UsageError(f"recordings cannot be read: {missing}.")


def features_of(
    files: Mapping[str, Path], extraction: Extraction, cache: ArtifactCache
) -> tuple[Mapping[str, NDArray[np.float32]], tuple[str, ...]]:
    """Features of recordings by their names, and a line for each of the others; computed once for these files.

    Raises:
        UsageError: an audio library is not installed.
        CacheError: the cache cannot be written.
    """
    require_audio()

    def make(entry: Path) -> None:
        features, skipped = _computed(files, extraction)
        np.save(entry / "features.npy", np.array(list(features.values()), dtype=np.float32))
        (entry / "told.json").write_text(json.dumps({"names": list(features), "skipped": skipped}))

    contents = (part for name, path in files.items() for part in (name, _content(path)))
    versions = (importlib.metadata.version(library) for library in _PACKAGES.values())
    entry = cache.fetch(content_key(extraction.name, *extraction.sources, *versions, *contents), make)
    told = json.loads((entry / "told.json").read_text())
    images = np.load(entry / "features.npy", allow_pickle=False)
    return dict(zip(told["names"], images, strict=True)), tuple(told["skipped"])


def _computed(files: Mapping[str, Path], extraction: Extraction) -> tuple[dict[str, NDArray[np.float32]], list[str]]:
    extract = extraction.load()
    features, skipped = {}, []
    for name, path in files.items():
        try:
            features[name] = extract(path)
        except ValueError as error:
            skipped.append(f"{name} {error}")
    return features, skipped


def _content(path: Path) -> str:
    try:
        return file_digest(path)
    except OSError as error:
        return f"unreadable: {error.strerror}"
