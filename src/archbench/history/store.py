"""Every nightly run in one embedded SQLite database: what was measured of each case, when, of which commit, with what.

The raw samples stay in the run files; the store keeps the estimates a series needs.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archbench.errors import RecordFileError
from archbench.records.record import CaseRecord
from archbench.records.runfile import RunFile, require_whole
from archbench.stats.estimate import LogEstimate
from archbench.stats.processes import calibration, latency, speedup

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY, digest TEXT UNIQUE NOT NULL, path TEXT NOT NULL, date TEXT NOT NULL,
    fingerprint TEXT NOT NULL, commit_id TEXT NOT NULL, versions TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS points (
    run INTEGER NOT NULL REFERENCES runs (id), case_id TEXT NOT NULL, quantity TEXT NOT NULL,
    value REAL NOT NULL, squared_error REAL, degrees REAL NOT NULL, PRIMARY KEY (case_id, quantity, run)
);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One case in one run. `latency` is seconds in units of the calibration work, so that the clock's drift is out of it."""

    run: int
    path: str
    date: str
    commit: str
    versions: Mapping[str, str]
    latency: LogEstimate
    seconds: LogEstimate
    speedup: LogEstimate | None


class History:
    """The store at `path`, made on first use. Safe under concurrent writers; a killed one leaves it as it was."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, run: RunFile) -> int | None:
        """Append the measured, honest cases of a run and return its number; None if the store already holds it.

        Raises:
            RecordFileError: the store cannot be written, or the run carries planted work.
            ShardError: it is a share of a run.
        """
        require_whole(run)
        planted = next((record.case_id for record in run.records.values() if record.planted), None)
        if planted is not None:
            raise RecordFileError(f"{run.path} carries planted work ({planted}); it does not belong into the history.")
        with self._open() as database:
            number = _insert_run(database, run)
            if number is not None:
                rows = (row for record in run.records.values() if record.processes for row in _rows(number, record))
                database.executemany("INSERT INTO points VALUES (?, ?, ?, ?, ?, ?)", rows)
        return number

    def series(self, case_id: str, fingerprint: str) -> list[Point]:
        """The points of a case on one machine, oldest first.

        Raises:
            RecordFileError: the store cannot be read.
        """
        query = (
            "SELECT id, path, date, commit_id, versions, quantity, value, squared_error, degrees FROM points"
            " JOIN runs ON run = id WHERE case_id = ? AND fingerprint = ? ORDER BY date, id"
        )
        runs: dict[int, dict[str, Any]] = {}
        with self._open() as database:
            for number, path, date, commit, versions, quantity, value, error, degrees in database.execute(
                query, (case_id, fingerprint)
            ):
                entry = runs.setdefault(
                    number, {"path": path, "date": date, "commit": commit, "versions": json.loads(versions)}
                )
                entry[quantity] = LogEstimate(value=value, squared_error=error, degrees=degrees)
        return [_point(number, entry) for number, entry in runs.items()]

    def case_ids(self, fingerprint: str) -> list[str]:
        """Every case the store holds of a machine.

        Raises:
            RecordFileError: the store cannot be read.
        """
        query = "SELECT DISTINCT case_id FROM points JOIN runs ON run = id WHERE fingerprint = ? ORDER BY case_id"
        with self._open() as database:
            return [case_id for (case_id,) in database.execute(query, (fingerprint,))]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection inside one transaction."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, timeout=60)) as database, database:
                database.executescript(_SCHEMA)
                yield database
        except (OSError, sqlite3.Error) as error:
            raise RecordFileError(f"cannot use the history {self._path}: {error}.") from error


def _insert_run(database: sqlite3.Connection, run: RunFile) -> int | None:
    commit = run.document.get("commit_info") or {}
    row = (
        hashlib.sha256(run.path.read_bytes()).hexdigest(),
        str(run.path),
        str(run.document.get("datetime", "")),
        run.section.fingerprint,
        str(commit.get("id", "")),
        json.dumps(dict(run.versions)),
    )
    columns = "digest, path, date, fingerprint, commit_id, versions"
    cursor = database.execute(f"INSERT OR IGNORE INTO runs ({columns}) VALUES (?, ?, ?, ?, ?, ?)", row)  # noqa: S608
    return cursor.lastrowid if cursor.rowcount else None


def _rows(run: int, record: CaseRecord) -> Iterator[tuple[object, ...]]:
    seconds = latency(record.processes).estimate
    quantities = {"seconds": seconds, "calibration": calibration(record.processes).estimate}
    gain = speedup(record.processes)
    if gain is not None:
        quantities["speedup"] = gain.estimate
    for quantity, estimate in quantities.items():
        yield run, record.case_id, quantity, estimate.value, estimate.squared_error, estimate.degrees


def _point(number: int, entry: Mapping[str, Any]) -> Point:
    return Point(
        run=number,
        path=entry["path"],
        date=entry["date"],
        commit=entry["commit"],
        versions=entry["versions"],
        latency=entry["seconds"].over(entry["calibration"]),
        seconds=entry["seconds"],
        speedup=entry.get("speedup"),
    )
