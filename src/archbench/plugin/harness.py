"""One run inside one pytest session: which cases belong together, what was measured, what goes to disk."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from archbench.cache import ArtifactCache
from archbench.errors import BackendUnavailableError
from archbench.experiments.claim import Claim, Finding, judge
from archbench.gate.baselines import find_baseline
from archbench.machine.fingerprint import read_fingerprint
from archbench.measurement.session import PairedPlan, PairedSession
from archbench.plugin.options import Options
from archbench.records.journal import RUNS_FOLDER, RunJournal
from archbench.records.record import CaseRecord, Status
from archbench.records.runfile import RunSection, read_run_file
from archbench.units import format_ratio, format_seconds
from archbench.workloads.case import Case

_BAD = (Status.PARITY_FAILURE, Status.ERROR, Status.CRASHED)


class Harness:
    """Measures each paired plan once and hands its records to the test items that ask. Close it."""

    def __init__(self, options: Options, root: Path, say: Callable[[str], None], *, check_only: bool) -> None:
        self.options = options
        self.machine = read_fingerprint()
        self.findings: dict[str, Finding] = {}
        self.phases: dict[str, float] = {}
        self.journal: RunJournal | None = None
        self._root = root
        self._say = say
        self._check_only = check_only
        self._session: PairedSession | None = None
        self._planned: dict[object, list[Case]] = {}
        self._done = 0
        self._seconds = 0.0

    @property
    def records(self) -> Mapping[str, CaseRecord]:
        """Every record of the run so far, resumed ones included."""
        return self.journal.records if self.journal else {}

    def open(self, cases: Iterable[Case]) -> None:
        """Make ready to measure `cases`: the journal and the cache must be writable, demanded backends present.

        Raises:
            UsageError: one of these does not hold.
        """
        for case in cases:
            self._planned.setdefault(_pairing(case), []).append(case)
        ArtifactCache(self.options.measurement.cache).require_writable()
        runs = self._root / RUNS_FOLDER
        settings = self._settings()
        self.journal = RunJournal.resume(runs, settings) if self.options.resume else RunJournal.create(runs, settings)
        self._session = PairedSession(self.options.measurement, timed=not self._check_only)
        self._require_backends()

    def record_of(self, case: Case) -> CaseRecord:
        """The record of `case`, measuring its plan now if that has not been done."""
        assert self.journal is not None and self._session is not None
        if case.id not in self.journal.records:
            self._measure(self._planned.get(_pairing(case), [case]))
        return self.journal.records[case.id]

    def judge(self, claim: Claim) -> Finding:
        """The claim's finding over this run, kept for the report."""
        self.findings[claim.name] = judge(claim, self.records)
        return self.findings[claim.name]

    def accepted_outcome(self, claim: Claim) -> str | None:
        """What the newest baseline of this machine and profile says of the claim; None if there is none.

        Raises:
            UsageError: the baseline is broken.
        """
        path = find_baseline(self._root / self.options.baselines, self.machine.key, self.options.profile)
        if path is None or path.parent.name != self.machine.key:
            return None
        return read_run_file(path).section.claims.get(claim.name)

    def section(self) -> RunSection:
        """The run as a whole, for the run file."""
        planned = [case for cases in self._planned.values() for case in cases]
        bad = any(record.status in _BAD for record in self.records.values())
        return RunSection(
            fingerprint=self.machine.key,
            machine=asdict(self.machine),
            profile=self.options.profile if not self.options.workloads else "custom",
            failed=bad or any(case.id not in self.records for case in planned),
            unmeasured=tuple(record for record in self.records.values() if record.status is not Status.MEASURED),
            claims={name: finding.outcome.value for name, finding in self.findings.items()},
        )

    def finish(self) -> None:
        """Mark the run as whole if every planned case has a record."""
        if self.journal is not None and all(case.id in self.records for cases in self._planned.values() for case in cases):
            self.journal.finish()

    def close(self) -> None:
        """End every worker."""
        if self._session is not None:
            self._session.close()

    def _measure(self, cases: list[Case]) -> None:
        assert self.journal is not None and self._session is not None
        if not self._done:
            self._say(f"archbench: {len(self._planned)} workloads to measure, records in {self.journal.folder}")
        first = cases[0]
        wanted = tuple(case.backend for case in cases if case.id not in self.journal.records)
        start = time.monotonic()
        plan = PairedPlan(workload=first.workload, backends=wanted, threads=first.threads, isa=first.isa)
        records = self._session.measure(plan)
        for record in records:
            self.journal.append(record)
        for phase, seconds in (records[0].phases or {}).items():
            self.phases[phase] = self.phases.get(phase, 0.0) + seconds
        self._done += 1
        self._seconds += time.monotonic() - start
        self._say(self._progress(first, records))

    def _progress(self, case: Case, records: Iterable[CaseRecord]) -> str:
        remaining = sum(any(case.id not in self.records for case in cases) for cases in self._planned.values())
        left = f", about {format_seconds(self._seconds / self._done * remaining)} left" if remaining else ""
        gains = ", ".join(
            f"{record.case_id.split(':')[1]} {format_ratio(record.speedup.estimate) if record.speedup else record.status.value}"
            for record in records
        )
        return f"[{len(self._planned) - remaining}/{len(self._planned)}] {case.workload.id}: {gains}{left}"

    def _require_backends(self) -> None:
        assert self._session is not None
        if not self.options.required:
            return
        for backend, reason in self._session.absences(self.options.required).items():
            raise BackendUnavailableError(f"--require-backend {backend}: {reason}.")

    def _settings(self) -> dict[str, Any]:
        """What must be equal for one run to go on with another's records."""
        measurement = self.options.measurement
        return {
            "archbench": importlib.metadata.version("archbench"),
            "torch": importlib.metadata.version("torch"),
            "openvino": importlib.metadata.version("openvino"),
            "machine": self.machine.key,
            "processes": 0 if self._check_only else measurement.processes,
            "precision": measurement.precision,
            "seconds": measurement.seconds,
            "allocator": measurement.allocator,
            "plant": dict(measurement.plant),
        }


def _pairing(case: Case) -> object:
    """Cases that are sampled together share this."""
    return (case.workload, case.threads, case.isa)
