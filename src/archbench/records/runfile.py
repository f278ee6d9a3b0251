"""A whole run in one file: pytest-benchmark's JSON, our records inside it.

Each benchmark's `extra_info["archbench"]` is a CaseRecord; the top-level key `archbench` is a RunSection with what
pytest-benchmark has no place for: cases without a timing, verdicts of claims, and, in a baseline, who accepted it and why.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from archbench.errors import RecordFileError, ShardError
from archbench.records.record import SCHEMA_VERSION, CaseRecord

KEY = "archbench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """Why a run became a baseline, and when (ISO 8601, UTC)."""

    reason: str
    date: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSection:
    """The run as a whole. `failed` is true if any case of it failed; such a run can never become a baseline.

    `instrument` counted instead of the clock, if any did. `untimed` are the records that pytest-benchmark has no place for.
    `deselected` are the cases of the profile that this run was told to leave out, `deselected_tests` the node ids of tests left
    out whose cases are known only when they run. `shard` is the share of it that was measured,
    as 3/8; empty if all of it was. `plant` maps patterns of case ids to the extra work that was asked for, as a fraction.
    """

    fingerprint: str
    machine: Mapping[str, Any]
    profile: str
    failed: bool
    instrument: str = ""
    untimed: tuple[CaseRecord, ...] = ()
    deselected: tuple[str, ...] = ()
    deselected_tests: tuple[str, ...] = ()
    shard: str = ""
    plant: Mapping[str, float] = dataclasses.field(default_factory=dict)
    claims: Mapping[str, str] = dataclasses.field(default_factory=dict)
    accepted: Acceptance | None = None
    schema_version: int = SCHEMA_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFile:
    """A run file as read: `document` is the whole JSON, `records` every case by id."""

    path: Path
    document: Mapping[str, Any]
    section: RunSection
    records: Mapping[str, CaseRecord]

    @property
    def versions(self) -> Mapping[str, str]:
        """Versions of the packages it was measured with; empty if it holds no record."""
        return next((record.environment.versions for record in self.records.values()), {})


def read_run_file(path: Path) -> RunFile:
    """Read a run or baseline file.

    Raises:
        RecordFileError: unreadable, truncated, foreign, or of another schema version.
    """
    document = _read_json(path)
    if not isinstance(document, dict) or not isinstance(document.get("benchmarks"), list):
        raise RecordFileError(f"{path} is not a pytest-benchmark JSON file; pass a file that --benchmark-json wrote.")
    section = document.get(KEY)
    if not isinstance(section, dict):
        raise RecordFileError(f"{path} holds no archbench records; make it with `pytest benchmarks/ --benchmark-json=FILE`.")
    if section.get("schema_version") != SCHEMA_VERSION:
        raise RecordFileError(
            f"{path} has schema version {section.get('schema_version')!r} but this archbench reads {SCHEMA_VERSION}; "
            "measure again, or use the archbench that wrote it."
        )
    try:
        run = msgspec.convert(section, RunSection)
        measured = [
            msgspec.convert(entry["extra_info"][KEY], CaseRecord)
            for entry in document["benchmarks"]
            if KEY in entry.get("extra_info", {})
        ]
    except (msgspec.ValidationError, AttributeError, TypeError) as error:
        raise RecordFileError(f"{path} holds a broken archbench record: {error}.") from error
    records = {record.case_id: record for record in (*measured, *run.untimed)}
    return RunFile(path=path, document=document, section=run, records=records)


def require_whole(run: RunFile) -> None:
    """Make sure that a run is not a share of one.

    Raises:
        ShardError: it is.
    """
    if run.section.shard:
        shard, count = run.section.shard, run.section.shard.rpartition("/")[2]
        raise ShardError(
            f"{run.path} is shard {shard} of a run; join all {count} with `archbench merge RUN.json ... -o OUT.json`."
        )


def left_out(baseline: RunFile, current: RunFile) -> frozenset[str]:
    """Ids of cases that `current` was told not to measure: those of tests deselected by name are known from the baseline."""
    tests = frozenset(current.section.deselected_tests)
    entries = baseline.document.get("benchmarks", ())
    # What was not written by pytest-benchmark names no test.
    untried = (entry.get("extra_info", {}) for entry in entries if entry.get("fullname") in tests)
    named = (extra[KEY]["case_id"] for extra in untried if KEY in extra)
    return frozenset((*current.section.deselected, *named)) - current.records.keys()


def with_section(document: Mapping[str, Any], section: RunSection) -> dict[str, Any]:
    """A copy of a run document whose run section is `section`."""
    return {**document, KEY: msgspec.to_builtins(section)}


def _read_json(path: Path) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise RecordFileError(f"cannot read {path}: {error.strerror}.") from error
    except msgspec.DecodeError as error:
        raise RecordFileError(f"{path} is not whole JSON ({error}); it may be truncated.") from error
