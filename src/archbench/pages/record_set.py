"""What one machine measured in one night or many, read together: run files and what other commands keep as JSON beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from archbench.errors import RecordFileError
from archbench.experiments.roofline import check_machine
from archbench.experiments.units import Platform, Units, units_by_platform
from archbench.machine.health import Finding
from archbench.records.accuracy import AccuracyRecord
from archbench.records.peaks import Peaks, read_peaks
from archbench.records.record import CaseRecord, Status
from archbench.records.runfile import RunFile, read_run_file, require_whole
from archbench.records.search import SearchRecord

#: Where `archbench search` leaves its results, in a folder of its own.
_SEARCH = "search.json"


@dataclass(frozen=True, kw_only=True)
class RecordSet:
    """Everything in one set.

    Args:
        name: as it was given.
        runs: the oldest first.
        peaks: of the machine, if they are there.
        searches: every architecture search.
        accuracy: of small networks in low precision.
        health: of the machine before the night.
    """

    name: str
    runs: tuple[RunFile, ...]
    peaks: Peaks | None = None
    searches: tuple[SearchRecord, ...] = ()
    accuracy: tuple[AccuracyRecord, ...] = ()
    health: tuple[Finding, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Of the machine; of the simulated one if nothing was timed."""
        return next(
            (run.section.fingerprint for run in self.runs if not run.section.instrument), self.runs[0].section.fingerprint
        )

    @property
    def machine(self) -> Mapping[str, Any]:
        """What is known of it; nothing if nothing was timed on it."""
        return next((run.section.machine for run in self.runs if run.section.machine), {})

    @property
    def versions(self) -> Mapping[str, str]:
        """Of every package, those of the newest run last."""
        return {name: version for run in self.runs for name, version in run.versions.items()}

    @cached_property
    def records(self) -> Mapping[str, CaseRecord]:
        """Every case once; honest records alone."""
        return self.those(lambda _: True)

    @cached_property
    def timed(self) -> Mapping[str, CaseRecord]:
        """Those whose latency was measured."""
        return self.those(lambda record: record.status is Status.MEASURED and record.latency is not None)

    @cached_property
    def units(self) -> dict[Platform, Units]:
        """Operators and blocks by platform. Each run's own networks are held against each other, since they share workers."""
        found: dict[Platform, Units] = {}
        for run in self.runs:
            for platform, units in units_by_platform(run.records.values()).items():
                found[platform] = {**found.get(platform, {}), **units}
        return found

    def those(self, wanted: Callable[[CaseRecord], bool]) -> dict[str, CaseRecord]:
        """Of each case the wanted record with most undisturbed workers, the newest of equals; planted work is left out."""
        found: dict[str, CaseRecord] = {}
        for run in self.runs:
            for name, record in run.records.items():
                if not record.planted and wanted(record) and (name not in found or _workers(record) >= _workers(found[name])):
                    found[name] = record
        return found


def read_set(path: Path, peaks: Path | None = None) -> RecordSet:
    """Read a run file, or a folder of what was measured on one machine.

    Raises:
        RecordFileError: nothing of that name, no run in the folder, a file of something else, or files of several machines.
        ShardError: a run is a share of one.
        UsageError: the peaks are of another machine.
    """
    found = _Found()
    if path.is_dir():
        for name in sorted((*path.glob("*.json"), *path.glob(f"*/{_SEARCH}"))):
            found.add(name)
    else:
        found.runs.append(read_run_file(path))
    if peaks is not None:
        found.peaks = read_peaks(peaks)
    if not found.runs:
        raise RecordFileError(f"{path} holds no run; `pytest benchmarks/ --benchmark-json={path}/run.json` makes one.")
    for run in found.runs:
        require_whole(run)
    made = RecordSet(
        name=str(path),
        runs=tuple(sorted(found.runs, key=lambda run: str(run.document.get("datetime", "")))),
        peaks=found.peaks,
        searches=tuple(found.searches),
        accuracy=tuple(found.accuracy),
        health=tuple(found.health),
    )
    _require_one_machine(made)
    return made


def _workers(record: CaseRecord) -> int:
    """Those that were not disturbed."""
    return sum(process.voided is None for process in record.processes)


@dataclass(slots=True)
class _Found:
    """What files were recognised as."""

    runs: list[RunFile] = field(default_factory=list)
    peaks: Peaks | None = None
    searches: list[SearchRecord] = field(default_factory=list)
    accuracy: list[AccuracyRecord] = field(default_factory=list)
    health: list[Finding] = field(default_factory=list)

    def add(self, path: Path) -> None:
        """Take a file for what its keys say that it is."""
        keys = _keys(path)
        if "benchmarks" in keys:
            self.runs.append(read_run_file(path))
        elif "peaks_version" in keys:
            self.peaks = read_peaks(path)
        elif {"study", "front", "trials"} <= keys:
            self.searches.append(_converted(path, SearchRecord))
        elif {"records", "claim"} <= keys:
            self.accuracy += _converted(path, _Accuracy).records
        elif {"findings", "fingerprint"} <= keys:
            self.health += _converted(path, _Health).findings
        else:
            raise RecordFileError(
                f"{path} is nothing that archbench keeps: a set holds run files, peaks, searches, accuracies."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Accuracy:
    """What `archbench accuracy --json` prints."""

    records: list[AccuracyRecord]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Health:
    """What `archbench doctor --json` prints."""

    findings: list[Finding]


def _keys(path: Path) -> set[str]:
    """Of the object that the file holds, without making anything of its values."""
    try:
        return set(msgspec.json.decode(path.read_bytes(), type=dict[str, msgspec.Raw]))
    except OSError as error:
        raise RecordFileError(f"cannot read {path}: {error.strerror}.") from error
    except msgspec.DecodeError as error:
        raise RecordFileError(f"{path} holds no JSON object ({error}); it may be truncated.") from error


def _converted(path: Path, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except msgspec.DecodeError as error:
        raise RecordFileError(f"{path} holds a broken record: {error}.") from error


def _require_one_machine(made: RecordSet) -> None:
    timed = [run for run in made.runs if not run.section.instrument]
    machines = {run.section.fingerprint: run.path for run in timed}
    if len(machines) > 1:
        named = ", ".join(f"{path} of {machine}" for machine, path in machines.items())
        raise RecordFileError(f"a set is of one machine, but got {named}; give them as two sets: `archbench report A B`.")
    if made.peaks is not None and timed:
        check_machine(made.fingerprint, made.peaks)
