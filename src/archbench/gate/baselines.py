"""Accepted runs on disk: `baselines/<machine fingerprint>/NNNN_<profile>.json`, newest number wins."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from archbench.errors import BaselineError
from archbench.records.record import Status
from archbench.records.runfile import Acceptance, RunFile, read_run_file, require_whole, with_section

BASELINES_FOLDER = Path("baselines")

_ACCEPTABLE = (Status.MEASURED, Status.COUNTED)

_NAME = re.compile(r"(\d{4})_.*\.json")


def baseline_files(folder: Path) -> list[Path]:
    """Accepted files directly in `folder`, oldest first."""
    return sorted(path for path in folder.glob("*.json") if _NAME.fullmatch(path.name))


def find_baseline(root: Path, fingerprint: str, profile: str | None = None) -> Path | None:
    """The newest baseline of this machine, else of any other machine, else None; of `profile` if one is given.

    A baseline of another machine still serves for ratios.
    """
    folders = [
        root / fingerprint,
        *sorted(path for path in root.glob("*") if path.is_dir() and path.name != fingerprint),
    ]
    for folder in folders:
        files = [path for path in baseline_files(folder) if profile is None or path.stem.endswith(f"_{profile}")]
        if files:
            return files[-1]
    return None


def accept(run: RunFile, root: Path, reason: str) -> Path:
    """Store `run` as the newest baseline of its machine and return the path.

    Raises:
        BaselineError: no reason, a failed run, planted work, nothing measured, or the folder cannot be written.
        ShardError: it is a share of a run.
    """
    require_whole(run)
    if not reason.strip():
        raise BaselineError("a baseline needs a reason: pass --reason 'why this run is the new normal'.")
    failed = [record.case_id for record in run.records.values() if record.status not in (*_ACCEPTABLE, Status.SKIPPED)]
    if failed or run.section.failed:
        named = f": {failed[0]} and {len(failed) - 1} more" if failed else ""
        raise BaselineError(f"{run.path} holds failed cases{named}; a failed run cannot become the baseline.")
    planted = [record.case_id for record in run.records.values() if record.planted]
    if planted:
        raise BaselineError(f"{run.path} carries planted work ({planted[0]}); measure again without --archbench-plant.")
    if not any(record.status in _ACCEPTABLE for record in run.records.values()):
        raise BaselineError(f"{run.path} measured nothing; there is nothing to accept.")
    acceptance = Acceptance(reason=reason.strip(), date=datetime.now(UTC).isoformat(timespec="seconds"))
    document = with_section(run.document, dataclasses.replace(run.section, accepted=acceptance))
    folder = root / run.section.fingerprint
    number = max((int(path.name[:4]) for path in baseline_files(folder)), default=0) + 1
    return write_whole(folder / f"{number:04}_{run.section.profile}.json", msgspec.json.encode(document))


def every_baseline(root: Path) -> Iterator[RunFile]:
    """All baselines under `root`, read.

    Raises:
        RecordFileError: one of them is broken.
    """
    for folder in sorted(path for path in root.glob("*") if path.is_dir()):
        for path in baseline_files(folder):
            yield read_run_file(path)


def write_whole(path: Path, content: bytes, advice: str = "name another folder with --baselines") -> Path:
    """Write a file so that no reader meets a part of it, and return the path. `advice` is for who cannot write there.

    Raises:
        BaselineError: it cannot be written.
    """
    partial = path.parent / f"{path.name}.partial"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise BaselineError(f"cannot write {path}: {error.strerror}; {advice}.") from error
    return path
