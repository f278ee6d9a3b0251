"""The paired session: workloads on all asked backends, in several worker processes each, as records."""

from __future__ import annotations

import dataclasses
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from archbench.contracts import backend_named
from archbench.errors import WorkerError
from archbench.machine.affinity import worker_cpus
from archbench.machine.fingerprint import read_fingerprint
from archbench.measurement import messages
from archbench.measurement.launcher import Launcher, worker_environment
from archbench.measurement.outcome import ProcessOutcome, Unmeasured
from archbench.measurement.settings import SessionSettings
from archbench.records.record import CaseRecord, Environment, ProcessSamples, Status
from archbench.stats.disturbance import disturbances
from archbench.stats.processes import latency, speedup, undisturbed
from archbench.workloads.case import Case
from archbench.workloads.workload import Workload

#: Given the records so far, the ids of cases that need more processes.
Look = Callable[[Sequence[CaseRecord]], frozenset[str]]

#: Fresh interpreters a run. Workers forked from one differ from each other as much as workers of different ones do.
_LAUNCHERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedPlan:
    """One workload and the backends sampled in the same rounds, by the interpreter `python`."""

    workload: Workload
    backends: tuple[str, ...]
    threads: int
    isa: str | None
    python: str = sys.executable

    @classmethod
    def of(cls, cases: Sequence[Case], python: str = sys.executable) -> PairedPlan:
        """The plan of cases, one or more, that differ in their backend alone."""
        first, backends = cases[0], tuple(case.backend for case in cases)
        return cls(workload=first.workload, backends=backends, threads=first.threads, isa=first.isa, python=python)

    @property
    def sampled(self) -> tuple[str, ...]:
        """The backends with the reference first, whether it was asked for or not."""
        reference = self.workload.reference
        return (reference, *(name for name in self.backends if name != reference))

    def case(self, backend: str) -> Case:
        """The case of one of the backends."""
        return Case(workload=self.workload, backend=backend, threads=self.threads, isa=self.isa)


@dataclass(slots=True, kw_only=True)
class _Trial:
    """A plan under way: what its workers said so far."""

    plan: PairedPlan
    prepared: ProcessOutcome = dataclasses.field(default_factory=ProcessOutcome)
    outcomes: list[ProcessOutcome] = dataclasses.field(default_factory=list)
    unmeasured: dict[str, Unmeasured] = dataclasses.field(default_factory=dict)
    taken_s: float = 0.0

    def process_samples(self, backend: str, floor_ns: float) -> tuple[ProcessSamples, ...]:
        """The backend's samples, one entry a process that has them, the disturbed ones voided."""
        timed = [(index, outcome, outcome.window) for index, outcome in enumerate(self.outcomes)]
        measured = [(index, outcome, window) for index, outcome, window in timed if window is not None]
        voids = disturbances([window for _, _, window in measured], floor_ns)
        sampled = (
            outcome.process_samples(index, backend, self.plan.workload.reference, voided)
            for (index, outcome, _), voided in zip(measured, voids, strict=True)
        )
        return tuple(samples for samples in sampled if samples is not None)

    def phases(self) -> Mapping[str, float]:
        """Seconds spent in each phase, over all workers."""
        totals: Counter[str] = Counter()
        for outcome in self.outcomes:
            totals.update(outcome.phases)
        return dict(totals)


class PairedSession:
    """Owns the launchers of a run; checks parity and times nothing unless `timed`. Close it, or use it as a context manager."""

    def __init__(self, settings: SessionSettings, *, timed: bool = True) -> None:
        self._settings = settings
        self._processes = settings.processes if timed else 0
        self._pools: dict[tuple[object, ...], list[Launcher]] = {}
        self._fingerprint = read_fingerprint().key
        self._floor_ns = math.inf
        self._versions: dict[str, Mapping[str, str]] = {}

    def __enter__(self) -> PairedSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every launcher."""
        for launcher in (launcher for pool in self._pools.values() for launcher in pool):
            launcher.close()
        self._pools.clear()

    def measure(self, plans: Sequence[PairedPlan], look: Look | None = None) -> list[CaseRecord]:
        """Records of every backend of every plan, in order.

        The plans take turns, one worker each, so that a disturbance of some seconds strikes a few processes of every case and
        not every process of one, and networks that are compared with each other were sampled in the same minutes. A plan that
        lacks undisturbed processes, whose speedup is not precise, or whose cases `look` names goes on until the budget is
        spent or its workers took too long. A backend that is absent, wrong or crashing costs only its own case.
        """
        trials = [_Trial(plan=plan) for plan in plans]
        for trial in trials:
            trial.prepared = self._run_process(trial, 0, timed=False)
        for process in range(self._processes):
            # There and back: what drifts strikes neighbours in the order alike.
            self._take_turns(trials if process % 2 == 0 else trials[::-1], process)
        for process in range(self._processes, self._settings.budget if self._processes else 0):
            unsettled = self._unsettled(trials, look)
            if not unsettled:
                break
            self._take_turns(unsettled, process)
        return self._records(trials)

    def absences(self, backends: Sequence[str]) -> Mapping[str, str]:
        """Which of the backends this machine lacks, and why."""
        from archbench.workloads.grids import smoke

        plan = PairedPlan(workload=next(smoke()), backends=tuple(backends), threads=1, isa=None)
        trial = _Trial(plan=plan)
        self._run_process(trial, 0, timed=False)
        return {name: entry.reason for name, entry in trial.unmeasured.items() if entry.status is Status.SKIPPED}

    def _take_turns(self, trials: Sequence[_Trial], process: int) -> None:
        for trial in trials:
            start = time.monotonic()
            outcome = self._run_process(trial, process, timed=True)
            trial.taken_s += time.monotonic() - start
            trial.outcomes.append(outcome)
            if outcome.window is not None:
                self._floor_ns = min(self._floor_ns, outcome.window.calibration_ns)

    def _unsettled(self, trials: Sequence[_Trial], look: Look | None) -> list[_Trial]:
        wanted = look(self._records(trials)) if look is not None else frozenset()
        return [
            trial
            for trial in trials
            if trial.taken_s < self._settings.patience_s
            and any(trial.plan.case(backend).id in wanted or self._is_rough(trial, backend) for backend in trial.plan.sampled)
        ]

    def _is_rough(self, trial: _Trial, backend: str) -> bool:
        """Too few undisturbed processes, or a speedup known less precisely than asked for."""
        processes = trial.process_samples(backend, self._floor_ns)
        if not processes:
            return False
        if len(undisturbed(processes)) < self._processes:
            return True
        gain = speedup(processes)
        interval = gain and gain.estimate.interval()
        return bool(interval and interval.high and interval.high > interval.estimate * (1 + self._settings.precision))

    def _records(self, trials: Sequence[_Trial]) -> list[CaseRecord]:
        return [self._record(trial, backend) for trial in trials for backend in trial.plan.backends]

    def _run_process(self, trial: _Trial, process: int, *, timed: bool) -> ProcessOutcome:
        """One worker's outcome. What it could not measure is noted in the trial and left out of later workers.

        After a crash the culprit is left out and the rest is tried again.
        """
        while True:
            names = tuple(name for name in trial.plan.sampled if name not in trial.unmeasured)
            outcome = ProcessOutcome()
            if not names:
                return outcome
            crash = self._try_process(trial.plan, process, names, outcome, timed=timed)
            trial.unmeasured.update(outcome.unmeasured())
            if crash is None:
                return outcome
            trial.unmeasured.update(outcome.blame(names, crash))

    def _try_process(
        self, plan: PairedPlan, process: int, names: tuple[str, ...], outcome: ProcessOutcome, *, timed: bool
    ) -> str | None:
        """Run one worker; None, or how it crashed."""
        job = messages.Job(
            workload=plan.workload.id,
            backends=names,
            threads=plan.threads,
            isa=plan.isa,
            cache=str(self._settings.cache.absolute()),
            seed=self._settings.seed + process,
            seconds=self._settings.seconds if timed else None,
            min_rounds=self._settings.min_rounds,
            agreement_images=0 if timed else self._settings.agreement_images,
            plant={name: fraction for name in names if (fraction := self._planted(plan.case(name))) > 0},
        )
        try:
            pool = self._pool(plan)
            launcher = pool[process % len(pool)]
            exited = launcher.run(job, outcome.hear, self._settings.timeout_s)
        except WorkerError as error:
            self._forget_pool(plan)
            return str(error)
        return exited.crash(launcher.last_words())

    def _pool(self, plan: PairedPlan) -> list[Launcher]:
        """The plan's launchers, all of them ready: none may still be importing while a worker is timed."""
        key = self._pool_key(plan)
        if key not in self._pools:
            self._pools[key] = [self._launch(plan) for _ in range(min(_LAUNCHERS, max(1, self._processes)))]
            for launcher in self._pools[key]:
                self._versions[plan.python] = launcher.wait_ready()
        return self._pools[key]

    def _forget_pool(self, plan: PairedPlan) -> None:
        """End the plan's launchers; the next worker starts them anew."""
        for launcher in self._pools.pop(self._pool_key(plan), []):
            launcher.close()

    def _pool_key(self, plan: PairedPlan) -> tuple[object, ...]:
        return (plan.python, plan.isa, plan.threads, self._preload(plan))

    def _launch(self, plan: PairedPlan) -> Launcher:
        environment = worker_environment(self._settings.allocator, plan.isa, plan.threads)
        return Launcher(
            messages.Preload(modules=self._preload(plan), affinity=worker_cpus(plan.threads)), environment, plan.python
        )

    @staticmethod
    def _preload(plan: PairedPlan) -> tuple[str, ...]:
        modules = dict.fromkeys(module for name in plan.sampled for module in backend_named(name).preload)
        return (*modules, "archbench.measurement.job")

    def _planted(self, case: Case) -> float:
        fractions = (fraction for pattern, fraction in self._settings.plant.items() if fnmatchcase(case.id, pattern))
        return next(fractions, 0.0)

    def _record(self, trial: _Trial, backend: str) -> CaseRecord:
        case, unmeasured = trial.plan.case(backend), trial.unmeasured.get(backend)
        loaded = trial.prepared.loaded.get(backend)
        processes = trial.process_samples(backend, self._floor_ns)
        gain = speedup(processes)
        return CaseRecord(
            case_id=case.id,
            status=unmeasured.status if unmeasured else Status.MEASURED if processes else Status.CHECKED,
            reason=unmeasured.reason if unmeasured else None,
            environment=self._environment(trial.plan),
            cost=loaded.cost if loaded else {},
            backend_version=loaded.version if loaded else None,
            granted=loaded.granted if loaded else None,
            parity=loaded.parity if loaded else None,
            agreement=loaded.agreement if loaded else None,
            latency=latency(processes).estimate.interval() if processes else None,
            speedup=gain.estimate.interval() if gain else None,
            processes=processes,
            executed_graph=loaded.executed_graph if loaded else (),
            phases=trial.phases(),
            planted=self._planted(case),
        )

    def _environment(self, plan: PairedPlan) -> Environment:
        return Environment(
            fingerprint=self._fingerprint,
            versions=self._versions.get(plan.python, {}),
            allocator=self._settings.allocator,
            affinity=worker_cpus(plan.threads),
        )
