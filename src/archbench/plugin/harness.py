"""One run inside one pytest session: which cases belong together, what was measured, what goes to disk."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from archbench.cache import ArtifactCache
from archbench.errors import ArchbenchError, BackendUnavailableError
from archbench.experiments.channel_sweep import step_changes
from archbench.experiments.claim import Claim, Finding, judge
from archbench.experiments.units import units_by_platform
from archbench.gate.baselines import find_baseline
from archbench.gate.counters import doubtful
from archbench.gate.judge import judge_runs
from archbench.gate.look import undecided
from archbench.gate.noise import read_noise
from archbench.gate.verdict import GateReport
from archbench.machine.affinity import worker_cpus
from archbench.machine.fingerprint import read_fingerprint
from archbench.measurement.both_session import BothSession
from archbench.measurement.count_session import CountSession
from archbench.measurement.planning import SWEPT, Planning
from archbench.measurement.session import PairedSession, Plan
from archbench.measurement.settings import CountSettings
from archbench.plugin.options import Options
from archbench.records.journal import RUNS_FOLDER, RunJournal
from archbench.records.record import CaseRecord, Status, hot_path_id
from archbench.records.runfile import RunFile, RunSection, read_run_file
from archbench.registry import HOT_PATHS
from archbench.units import format_ratio, format_seconds
from archbench.workloads.case import Case
from archbench.workloads.experiment import experiment_named
from archbench.workloads.ids import parse_case

_BAD = (Status.PARITY_FAILURE, Status.ERROR, Status.CRASHED)


class Harness:
    """Measures each paired plan once and hands its records to the test items that ask. Close it."""

    def __init__(
        self,
        options: Options,
        root: Path,
        cases: Iterable[Case],
        say: Callable[[str], None],
        *,
        check_only: bool,
        experiments: Sequence[str] = (),
        hot_paths: Sequence[str] = (),
        deselected_tests: tuple[str, ...] = (),
    ) -> None:
        """Make ready to measure `cases`.

        Raises:
            UsageError: journal or cache cannot be written, CPUs are too few, a demanded backend is absent, or the baseline to
                judge by is broken.
        """
        self.options = options
        self.machine = read_fingerprint()
        self._experiments = tuple(experiments)
        self._hot_paths = frozenset(hot_paths)
        self._deselected_tests = deselected_tests
        experiment = next(iter(experiments), None)
        counting = None if check_only else options.counting_of(experiment)
        self._measurement = options.measurement_of(experiment)
        #: Whether the clock is read, alone or besides an instrument.
        self.timed = not check_only and (counting is None or bool(experiments))
        #: What is read in place of the clock; empty where that is read or nothing is.
        self.instead = "" if counting is None or self.timed else counting.instrument
        self._fingerprint = self.machine.key if experiments else options.simulated_machine or self.machine.key
        self._label = options.label(experiments)
        self.findings: dict[str, Finding] = {}
        self.phases: dict[str, float] = {}
        self._root = root
        self._say = say
        self._sweeps = experiment is not None and experiment_named(experiment).sweeps
        self._planning = Planning(sweeps=self._sweeps)
        self._plan_of: dict[str, list[Case]] = {}
        self._measured_plans = 0
        self._seconds = 0.0
        for case in cases:
            self._add(case)
        worker_cpus(options.threads)
        ArtifactCache(self._measurement.cache).require_writable()
        opening = RunJournal.resume if options.resume else RunJournal.create
        self.journal = opening(root / RUNS_FOLDER, self._settings(counting))
        self._session = self._open_session(counting)
        self._baseline = self._find_baseline() if options.gate else None
        self._noise = read_noise(root / options.baselines, self._fingerprint) if options.gate else None
        self._require_backends()

    @property
    def records(self) -> Mapping[str, CaseRecord]:
        """Every record of the run so far, resumed ones included."""
        return self.journal.records

    def record_of(self, case: Case) -> CaseRecord:
        """The record of `case`, measuring its plan now if that has not been done."""
        if case.id not in self.journal.records:
            # A test may ask for what no test was collected for.
            if case.id not in self._plan_of:
                self._add(case)
            self._measure(case)
        return self.journal.records[case.id]

    def record_of_hot_path(self, name: str) -> CaseRecord | None:
        """The record of one of the harness's own hot paths, counting it now if that has not been done.

        None unless a simulated machine counts this run.
        """
        if not isinstance(self._session, CountSession) or self.options.simulated_machine is None:
            return None
        if hot_path_id(name) not in self.records:
            self.journal.append(self._session.count_hot_path(name))
        return self.records[hot_path_id(name)]

    def judge(self, claim: Claim) -> Finding:
        """The claim's finding over this run, kept for the report."""
        self.findings[claim.name] = judge(claim, self.records)
        return self.findings[claim.name]

    def accepted_outcome(self, claim: Claim) -> str | None:
        """What the newest baseline of this machine and profile says of the claim; None if there is none.

        A broken baseline fails the test that asks.
        """
        baseline = self._accepted()
        return None if baseline is None else baseline.section.claims.get(claim.name)

    def step_changes(self) -> list[str] | None:
        """How steps along channels differ from the newest baseline's of this machine and profile; None if there is none."""
        baseline = self._accepted()
        if baseline is None:
            return None
        return step_changes(*(units_by_platform(records.values()) for records in (baseline.records, self.records)))

    def _accepted(self) -> RunFile | None:
        """The newest baseline of this very machine and profile."""
        try:
            baseline = self._find_baseline()
        except ArchbenchError as error:
            pytest.fail(str(error), pytrace=False)
        return None if baseline is None or baseline.section.fingerprint != self._fingerprint else baseline

    def _find_baseline(self) -> RunFile | None:
        path = find_baseline(self._root / self.options.baselines, self._fingerprint, self._label)
        return None if path is None else read_run_file(path)

    def _open_session(self, counting: CountSettings | None) -> PairedSession | CountSession | BothSession:
        if counting is None:
            return PairedSession(self._measurement, timed=self.timed)
        counted = CountSession(self._measurement, counting)
        return BothSession(PairedSession(self._measurement), counted) if self.timed else counted

    def gate(self) -> GateReport | None:
        """The verdicts on this run; None if there is no baseline to judge it by."""
        if self._baseline is None:
            return None
        run = RunFile(path=self.journal.folder, document={}, section=self.section(), records=self.records)
        return judge_runs(self._baseline, run, noise=self._noise)

    def _look(self, records: Sequence[CaseRecord]) -> frozenset[str]:
        """Cases that the gate cannot settle yet."""
        if self._baseline is None or self._baseline.section.fingerprint != self._fingerprint:
            return frozenset()
        if self.instead:
            return doubtful(self._baseline.records, records)
        return undecided(self._baseline.records, {record.case_id: record for record in records}, noise=self._noise)

    def section(self) -> RunSection:
        """The run as a whole, for the run file."""
        bad = any(record.status in _BAD for record in self.records.values())
        return RunSection(
            fingerprint=self._fingerprint,
            machine=asdict(self.machine),
            profile=self._label,
            failed=bad or bool(self._waiting()),
            deselected=tuple(self._deselected()),
            deselected_tests=self._deselected_tests,
            shard="" if self.options.shard is None else str(self.options.shard),
            plant=dict(self._measurement.plant),
            instrument=self.instead,
            untimed=tuple(record for record in self.records.values() if record.status is not Status.MEASURED),
            claims={name: finding.outcome.value for name, finding in self.findings.items()},
        )

    def finish(self) -> None:
        """Mark the run as whole if every planned case has a record."""
        if not self._waiting():
            self.journal.finish()

    def close(self) -> None:
        """End every worker."""
        self._session.close()

    def _deselected(self) -> Iterable[str]:
        offered = (case for experiment in self._experiments or (None,) for case in self.options.cases(experiment))
        shard = self.options.shard
        yield from (case.id for case in offered if case.id not in self._plan_of and (shard is None or shard.has(case.workload)))
        if self.instead:
            paths = (name for name in HOT_PATHS if name not in self._hot_paths)
            yield from (hot_path_id(name) for name in paths if shard is None or shard.holds(name))

    def _add(self, case: Case) -> None:
        """Plan `case` with those that it is sampled together with."""
        self._plan_of[case.id] = self._planning.add(case)

    def _waiting(self) -> list[list[Case]]:
        """The planned cases, plan by plan, of plans that still lack a record."""
        return [cases for cases in self._planning.plans if any(case.id not in self.records for case in cases)]

    def _measure(self, case: Case) -> None:
        """Measure the workload of `case` together with those that come after it."""
        waiting = self._waiting()
        first = next(index for index, plan in enumerate(waiting) if plan is self._plan_of[case.id])
        # What is not timed need not be so near in time, and each is kept as it is read.
        count = self._planning.together if self.timed or self._sweeps else len(waiting)
        together = waiting[first : first + count]
        if not self._measured_plans:
            turns = f", {count} in turn" if self.timed else ""
            self._say(f"archbench: {len(waiting)} {self._unit} to measure{turns}; records in {self.journal.folder}")
        start = time.monotonic()
        records = []
        for record in self._session.measure(
            [self._plan(cases) for cases in together], self._look if self.options.gate else None
        ):
            self.journal.append(record)
            records.append(record)
            if record.counts is not None:
                self._say(f"{record.case_id}: read by {record.counts.instrument} in {_counting_seconds(record)}")
        self._measured_plans += len(together)
        self._seconds += time.monotonic() - start
        self.phases["wall"] = self._seconds
        self._report(records)

    def _plan(self, cases: list[Case]) -> Plan:
        return self._planning.plan([case for case in cases if case.id not in self.records])

    @property
    def _unit(self) -> str:
        """What a plan is, to a person."""
        return f"sweeps of up to {SWEPT} cases" if self._sweeps else "workloads"

    def _report(self, records: Sequence[CaseRecord]) -> None:
        """Say what each workload gained and how long the rest will take; add up where the time went."""
        by_workload: dict[str, list[CaseRecord]] = {}
        for record in records:
            by_workload.setdefault(parse_case(record.case_id).workload.id, []).append(record)
        plans = {id(self._plan_of[record.case_id]): record for record in records}
        for record in plans.values() if self.timed else ():
            for phase, seconds in (record.phases or {}).items():
                self.phases[phase] = self.phases.get(phase, 0.0) + seconds
        for workload, group in by_workload.items():
            if not self._sweeps:
                self._say(f"{workload}: {', '.join(_gain(record) for record in group)}")
        waiting = len(self._waiting())
        if waiting:
            left = format_seconds(self._seconds / self._measured_plans * waiting)
            self._say(f"{waiting} of {len(self._planning.plans)} {self._unit} left, about {left}")

    def _require_backends(self) -> None:
        if not self.options.required:
            return
        for backend, reason in self._session.absences(self.options.required).items():
            self.close()
            raise BackendUnavailableError(f"--require-backend {backend}: {reason}.")

    def _settings(self, counting: CountSettings | None) -> dict[str, Any]:
        """What must be equal for one run to go on with another's records."""
        measurement = self._measurement
        return {
            "instrument": None if counting is None else asdict(counting),
            "archbench": importlib.metadata.version("archbench"),
            "torch": importlib.metadata.version("torch"),
            "openvino": importlib.metadata.version("openvino"),
            "machine": self.machine.key,
            "processes": measurement.processes if self.timed else 0,
            "budget": measurement.budget,
            "precision": measurement.precision,
            "seconds": measurement.seconds,
            "allocator": measurement.allocator,
            "plant": dict(measurement.plant),
            "shard": "" if self.options.shard is None else str(self.options.shard),
        }


def _counting_seconds(record: CaseRecord) -> str:
    return format_seconds((record.phases or {}).get("counting", 0.0))


def _gain(record: CaseRecord) -> str:
    backend = parse_case(record.case_id).backend
    return f"{backend} {format_ratio(record.speedup.estimate) if record.speedup else record.status.value}"
