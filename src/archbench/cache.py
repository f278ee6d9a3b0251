"""Artifacts on disk by content hash: exported models, calibrated weights, compiled blobs, reference outputs.

An entry is a folder with a manifest of the size, time of change and SHA-256 of each file. It is built in a private folder and
renamed into place, so a reader meets a whole entry or none; an entry that does not match its manifest is thrown away and built
again. A file that nobody wrote to since is not hashed again: networks have hundreds of megabytes. Nothing in it is ever
unpickled or executed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from filelock import FileLock

from archbench.errors import CacheError

_MANIFEST = "manifest.json"
_REMEDY = "free some space or name another folder with --archbench-cache or ARCHBENCH_CACHE."


def default_cache_root() -> Path:
    """ARCHBENCH_CACHE, or `archbench` under XDG_CACHE_HOME or `~/.cache`."""
    named = os.environ.get("ARCHBENCH_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "archbench"


def content_key(*parts: str | bytes) -> str:
    """SHA-256 over the parts, each preceded by its length, as hex."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return digest.hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file, as hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def file_stamp(path: Path) -> tuple[int, int]:
    """Size in bytes, and time of the last change in nanoseconds."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def write_manifest(folder: Path) -> None:
    """Record every file of an entry as it is now."""
    files = [path for path in sorted(folder.iterdir()) if path.name != _MANIFEST]
    (folder / _MANIFEST).write_text(json.dumps({path.name: [*file_stamp(path), file_digest(path)] for path in files}))


def entry_digest(entry: Path) -> str:
    """Content hash of an entry that `ArtifactCache.fetch` gave: of the names and digests of its files."""
    manifest = json.loads((entry / _MANIFEST).read_text())
    return content_key(*(part for name in sorted(manifest) for part in (name, manifest[name][-1])))


class ArtifactCache:
    """A folder of entries, safe under concurrent processes and after a killed one.

    `built` counts the entries that this process had to build, over all caches.
    """

    built: ClassVar[int] = 0

    def __init__(self, root: Path) -> None:
        self.root = root

    def require_writable(self) -> None:
        """Make the folder and write a byte into it.

        Raises:
            CacheError: that failed.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.root) as probe:
                probe.write(b"0")
        except OSError as error:
            raise CacheError(f"cannot write the cache at {self.root}: {error.strerror or error}; {_REMEDY}") from error

    def fetch(self, key: str, build: Callable[[Path], None]) -> Path:
        """The folder of entry `key`, made by `build(folder)` if it is not there yet.

        Raises:
            CacheError: the entry could not be written.
        """
        entry = self._entry(key)
        if self._is_whole(entry):
            return entry
        try:
            entry.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(entry.with_suffix(".lock")):
                if not self._is_whole(entry):
                    self._build(entry, build)
                    ArtifactCache.built += 1
        except OSError as error:
            raise CacheError(f"cannot write the cache at {self.root}: {error.strerror or error}; {_REMEDY}") from error
        return entry

    @contextmanager
    def passing(self) -> Iterator[ArtifactCache]:
        """A cache inside this one for what need not be kept: it goes, with all that was made, at the end.

        Raises:
            CacheError: it cannot be made.
        """
        self.require_writable()
        with tempfile.TemporaryDirectory(prefix="passing-", dir=self.root) as folder:
            yield ArtifactCache(Path(folder))

    def _entry(self, key: str) -> Path:
        return self.root / key[:2] / key[2:]

    def _build(self, entry: Path, build: Callable[[Path], None]) -> None:
        with tempfile.TemporaryDirectory(dir=self.root, prefix="building-") as holder:
            folder = Path(holder) / "entry"
            folder.mkdir()
            build(folder)
            write_manifest(folder)
            if entry.exists():
                shutil.move(entry, Path(holder) / "broken")
            folder.rename(entry)

    @staticmethod
    def _is_whole(entry: Path) -> bool:
        try:
            manifest = json.loads((entry / _MANIFEST).read_text())
            return all(_matches(entry / name, *recorded) for name, recorded in manifest.items())
        except (OSError, ValueError, TypeError, AttributeError):
            return False


def _matches(path: Path, size: int, changed_ns: int, digest: str) -> bool:
    now_size, now_changed_ns = file_stamp(path)
    return now_size == size and (now_changed_ns == changed_ns or file_digest(path) == digest)
