"""A run on disk: one folder, one line a record, written as each case finishes.

`settings.json` says what was asked for; `records.jsonl` grows; `run.json` (see `archbench.records.runfile`) and `finished`
appear at the end. A line cut short by a killed process is ignored, everything before it is kept.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from archbench.errors import RecordFileError
from archbench.records.record import SCHEMA_VERSION, CaseRecord

RUNS_FOLDER = Path(".archbench/runs")

_T = TypeVar("_T")

_HEADER = "settings.json"
_RECORDS = "records.jsonl"
_FINISHED = "finished"


class RunJournal:
    """An open run. `records` holds what it has so far, by case id."""

    def __init__(self, folder: Path, records: Mapping[str, CaseRecord]) -> None:
        self.folder = folder
        self.records = dict(records)

    @classmethod
    def create(cls, root: Path, settings: Mapping[str, Any]) -> RunJournal:
        """Start a run in a new folder under `root`.

        Raises:
            RecordFileError: the folder cannot be written.
        """
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        folder = root / f"{stamp}-{os.getpid()}"
        try:
            folder.mkdir(parents=True)
            header = {"schema_version": SCHEMA_VERSION, "settings": dict(settings)}
            (folder / _HEADER).write_bytes(msgspec.json.format(msgspec.json.encode(header)))
        except OSError as error:
            raise RecordFileError(f"cannot write records at {folder}: {error.strerror}; run from a writable folder.") from error
        return cls(folder, {})

    @classmethod
    def resume(cls, root: Path, settings: Mapping[str, Any]) -> RunJournal:
        """Go on with the newest unfinished run under `root`.

        Raises:
            RecordFileError: there is none, or it was made with other settings.
        """
        folders = sorted(path.parent for path in root.glob(f"*/{_HEADER}") if not (path.parent / _FINISHED).exists())
        if not folders:
            raise RecordFileError(f"no unfinished run under {root} to resume; start a new one instead.")
        folder = folders[-1]
        header = _decode(folder / _HEADER, (folder / _HEADER).read_bytes(), dict[str, Any])
        if header.get("schema_version") != SCHEMA_VERSION or header.get("settings") != msgspec.to_builtins(dict(settings)):
            raise RecordFileError(
                f"the unfinished run {folder} was made with other settings or versions; start a new one instead."
            )
        return cls(folder, {record.case_id: record for record in read_journal(folder / _RECORDS)})

    def append(self, record: CaseRecord) -> None:
        """Keep a record: it is on disk when this returns.

        Raises:
            RecordFileError: the disk refused it.
        """
        try:
            with (self.folder / _RECORDS).open("ab") as stream:
                if stream.tell() and not _ends_with_newline(self.folder / _RECORDS):
                    stream.write(b"\n")
                stream.write(msgspec.json.encode(record) + b"\n")
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise RecordFileError(
                f"cannot write records at {self.folder}: {error.strerror}; earlier records are kept."
            ) from error
        self.records[record.case_id] = record

    def finish(self) -> None:
        """Mark the run as whole."""
        (self.folder / _FINISHED).touch()


def read_journal(path: Path) -> list[CaseRecord]:
    """The records of a journal; a line cut short by a killed process is left out.

    Raises:
        RecordFileError: a whole line is not a record.
    """
    lines = path.read_bytes().split(b"\n") if path.exists() else []
    return [_decode(path, line, CaseRecord) for line in lines if line and not _is_torn(line)]


def _is_torn(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except msgspec.DecodeError:
        return True
    return False


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) == b"\n"


def _decode(path: Path, raw: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.DecodeError as error:
        raise RecordFileError(f"{path} is not a record of this archbench: {error}.") from error
