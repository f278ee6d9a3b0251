"""Where stack and heap of a counting worker begin: what decides which of its cache lines collide."""

from __future__ import annotations

import compileall
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

import archbench
from archbench.cache import content_key
from archbench.measurement.launcher import inherited_environment

_HARNESS = Path(archbench.__file__).parent


def heap_place(cache: Path, packages: Iterable[Path] | None = None, harness: Path = _HARNESS) -> str:
    """Digest of interpreter, folders, lengths of the environment, installed packages, and the harness's own code.

    Eager torch's last-level misses moved by 17 % between two versions of the harness, and by 4 % when pip installed something:
    both are in the heap before the network is. `packages` are the folders that pip installs to.
    """
    found = {Path(sysconfig.get_paths()[kind]) for kind in ("purelib", "platlib")} if packages is None else packages
    environment = sorted((name, str(len(value))) for name, value in inherited_environment().items())
    return content_key(
        sys.executable,
        str(Path.cwd()),
        str(cache.absolute()),
        *(text for pair in environment for text in pair),
        *(path.name for folder in sorted(found) for path in sorted(folder.iterdir())),
        *_code(harness),
    )[:16]


def compile_harness(harness: Path = _HARNESS) -> None:
    """Let no worker compile what the next one finds compiled: its misses were off by up to 24 %."""
    compileall.compile_dir(harness, quiet=2)


def _code(harness: Path) -> Iterator[bytes]:
    for path in sorted(harness.rglob("*.py")):
        yield path.read_bytes()
