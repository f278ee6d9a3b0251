"""The paired session: cases sampled in the same rounds, in several worker processes, as records."""

from __future__ import annotations

import dataclasses
import math
import os
import queue
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from archbench.cache import ArtifactCache
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
from archbench.workloads.layer import LayerWorkload
from archbench.workloads.workload import Workload

#: Given the records so far, the ids of cases that need more processes.
Look = Callable[[Sequence[CaseRecord]], frozenset[str]]

#: Fresh interpreters a run. Workers forked from one differ from each other as much as workers of different ones do.
_LAUNCHERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Cases sampled in the same rounds by the interpreter `python`, all on as many threads and under one cap.

    `sampled` are the cases asked for, and a reference that was not.
    """

    cases: tuple[Case, ...]
    sampled: tuple[Case, ...]
    python: str = sys.executable

    @classmethod
    def paired(cls, cases: Sequence[Case], python: str = sys.executable) -> Plan:
        """The plan of cases, one or more, that differ in their backend alone, with their reference first."""
        reference = reference_of(cases[0])
        return cls(cases=tuple(cases), sampled=(reference, *(case for case in cases if case != reference)), python=python)

    @classmethod
    def sweep(cls, cases: Sequence[Case]) -> Plan:
        """The plan of cases, one or more, of one backend, which are compared with each other."""
        return cls(cases=tuple(cases), sampled=tuple(cases))

    def narrowed(self, wanted: Collection[str]) -> tuple[Case, ...]:
        """What is sampled again for the `wanted` ids: they and what they are compared with process by process."""
        units = {_unit(case) for case in self.sampled if case.id in wanted}
        return tuple(case for case in self.sampled if _unit(case) in units)

    @property
    def threads(self) -> int:
        """Threads of every case."""
        return self.cases[0].threads

    @property
    def isa(self) -> str | None:
        """ISA cap of every case."""
        return self.cases[0].isa


def reference_of(case: Case) -> Case:
    """The case that it is held against, which may be itself."""
    return dataclasses.replace(case, backend=case.workload.reference)


def _unit(case: Case) -> Workload:
    """What the cases have in common whose samples are paired by process."""
    return case.workload.kind if isinstance(case.workload, LayerWorkload) else case.workload


@dataclass(slots=True, kw_only=True)
class _Trial:
    """A plan under way: what its workers said so far. What they load is in `cache`."""

    plan: Plan
    cache: Path
    prepared: ProcessOutcome = dataclasses.field(default_factory=ProcessOutcome)
    outcomes: list[ProcessOutcome] = dataclasses.field(default_factory=list)
    unmeasured: dict[str, Unmeasured] = dataclasses.field(default_factory=dict)
    taken_s: float = 0.0

    def process_samples(self, case: Case, floor_ns: float) -> tuple[ProcessSamples, ...]:
        """The case's samples, one entry a process that has them, the disturbed ones voided."""
        timed = [(index, outcome, outcome.window) for index, outcome in enumerate(self.outcomes)]
        measured = [(index, outcome, window) for index, outcome, window in timed if window is not None]
        voids = disturbances([window for _, _, window in measured], floor_ns)
        sampled = (
            outcome.process_samples(index, case.id, reference_of(case).id, voided)
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
        self._cpus = tuple(sorted(os.sched_getaffinity(0)))
        # A launcher is killed when the thread that started it ends: these stay as long as the session.
        self._threads = ThreadPoolExecutor(len(self._cpus))
        self._starting = threading.Lock()
        self._closed = False
        self._launchers: dict[tuple[object, ...], Launcher] = {}
        self._fingerprint = read_fingerprint().key
        self._floor_ns = math.inf
        self._versions: dict[str, Mapping[str, str]] = {}

    def __enter__(self) -> PairedSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every launcher."""
        with self._starting:
            self._closed = True
        for launcher in list(self._launchers.values()):
            launcher.close()
        self._launchers.clear()
        self._threads.shutdown(cancel_futures=True)

    def measure(self, plans: Sequence[Plan], look: Look | None = None) -> list[CaseRecord]:
        """Records of every case of every plan, in order.

        The plans take turns, one worker each, so that a disturbance of some seconds strikes a few processes of every case and
        not every process of one, and networks that are compared with each other were sampled in the same minutes. A plan that
        lacks undisturbed processes, whose speedup is not precise, or whose cases `look` names goes on until the budget is
        spent or its workers took too long. A backend that is absent, wrong or crashing costs only its own case.
        """
        store = ArtifactCache(self._settings.cache)
        with nullcontext(store) if self._settings.keeps_artifacts else store.passing() as cache:
            return self._measure([_Trial(plan=plan, cache=cache.root) for plan in plans], look)

    def _measure(self, trials: list[_Trial], look: Look | None) -> list[CaseRecord]:
        self._prepare(trials)
        for process in range(self._processes):
            # There and back: what drifts strikes neighbours in the order alike.
            turns = [(trial, trial.plan.sampled) for trial in trials]
            self._take_turns(turns if process % 2 == 0 else turns[::-1], process)
        for process in range(self._processes, self._settings.budget if self._processes else 0):
            unsettled = self._unsettled(trials, look)
            if not unsettled:
                break
            self._take_turns(unsettled, process)
        return self._records(trials)

    def _prepare(self, trials: Sequence[_Trial]) -> None:
        """Make and check what the trials need; nothing is timed meanwhile, so that every CPU is at work on one of them."""
        lanes: queue.SimpleQueue[int] = queue.SimpleQueue()
        for lane in range(len(self._cpus)):
            lanes.put(lane)

        def prepare(trial: _Trial) -> ProcessOutcome:
            lane = lanes.get()
            try:
                return self._check(trial, lane)
            finally:
                lanes.put(lane)

        for trial, prepared in zip(trials, self._threads.map(prepare, trials), strict=True):
            trial.prepared = prepared

    def absences(self, backends: Sequence[str]) -> Mapping[str, str]:
        """Which of the backends this machine lacks, and why."""
        from archbench.workloads.grids import smoke

        cases = {name: Case(workload=next(smoke()), backend=name) for name in backends}
        trial = _Trial(plan=Plan.paired(list(cases.values())), cache=self._settings.cache)
        self._check(trial)
        found = {name: trial.unmeasured.get(case.id) for name, case in cases.items()}
        return {name: entry.reason for name, entry in found.items() if entry and entry.status is Status.SKIPPED}

    def _take_turns(self, turns: Sequence[tuple[_Trial, Sequence[Case]]], process: int) -> None:
        for trial, cases in turns:
            start = time.monotonic()
            # As many rounds for a few cases as for all, else their fastest slices would be the fastest of more.
            seconds = self._settings.seconds * len(cases) / len(trial.plan.sampled)
            outcome = self._run_process(trial, process, cases, seconds)
            trial.taken_s += time.monotonic() - start
            trial.outcomes.append(outcome)
            if outcome.window is not None:
                self._floor_ns = min(self._floor_ns, outcome.window.calibration_ns)

    def _unsettled(self, trials: Sequence[_Trial], look: Look | None) -> list[tuple[_Trial, Sequence[Case]]]:
        """The trials that go on, each with the cases that it goes on with."""
        wanted = look(self._records(trials)) if look is not None else frozenset()
        turns: list[tuple[_Trial, Sequence[Case]]] = []
        for trial in trials:
            if trial.taken_s < self._settings.patience_s:
                rough = {case.id for case in trial.plan.sampled if case.id in wanted or self._is_rough(trial, case)}
                if rough:
                    turns.append((trial, trial.plan.narrowed(rough)))
        return turns

    def _is_rough(self, trial: _Trial, case: Case) -> bool:
        """Too few undisturbed processes, or a speedup known less precisely than asked for; a latency, where there is none."""
        processes = trial.process_samples(case, self._floor_ns)
        if not processes:
            return False
        if len(undisturbed(processes)) < self._processes:
            return True
        if reference_of(case) not in trial.plan.sampled:
            # With the few processes of a sweep an interval of its own would ask for thousands: they borrow from each other.
            error = latency(processes).squared_error
            return error is not None and 2 * math.sqrt(error) > self._settings.precision
        gain = speedup(processes)
        interval = gain and gain.estimate.interval()
        return bool(interval and interval.high and interval.high > interval.estimate * (1 + self._settings.precision))

    def _records(self, trials: Sequence[_Trial]) -> list[CaseRecord]:
        return [self._record(trial, case) for trial in trials for case in trial.plan.cases]

    def _check(self, trial: _Trial, lane: int = 0) -> ProcessOutcome:
        """The outcome of a worker that makes what the trial needs, checks it and times nothing; one at a time a `lane`."""
        return self._run_process(trial, lane, trial.plan.sampled, None)

    def _run_process(self, trial: _Trial, process: int, sampled: Sequence[Case], seconds: float | None) -> ProcessOutcome:
        """The outcome of one worker that samples for so many `seconds`, or not at all.

        What it could not measure is noted in the trial and left out of later workers. After a crash the culprit is left out and
        the rest is tried again.
        """
        while True:
            cases = [case for case in sampled if case.id not in trial.unmeasured]
            outcome = ProcessOutcome()
            if not cases:
                return outcome
            crash = self._try_process(trial, process, cases, outcome, seconds)
            trial.unmeasured.update(outcome.unmeasured())
            if crash is None:
                return outcome
            trial.unmeasured.update(outcome.blame([case.id for case in cases], crash))

    def _try_process(
        self, trial: _Trial, process: int, cases: Sequence[Case], outcome: ProcessOutcome, seconds: float | None
    ) -> str | None:
        """Run one worker; None, or how it crashed."""
        plan = trial.plan
        job = messages.Job(
            cases=tuple(case.id for case in cases),
            threads=plan.threads,
            isa=plan.isa,
            cache=str(trial.cache.absolute()),
            seed=self._settings.seed + process,
            seconds=seconds,
            min_rounds=self._settings.min_rounds,
            agreement_images=self._settings.agreement_images if seconds is None else 0,
            turn_ns=self._settings.turn_ns,
            warm_ns=self._settings.warm_ns,
            plant={case.id: fraction for case in cases if (fraction := self._planted(case)) > 0},
            cpus=self._cpus if seconds is None else (),
        )
        # None may still be importing while a worker is timed.
        places = [process] if seconds is None else list(range(min(_LAUNCHERS, self._processes)))
        place = places[process % len(places)]
        try:
            self._start(plan, places)
            launcher = self._launchers[self._key(plan, place)]
            exited = launcher.run(job, outcome.hear, self._settings.timeout_s)
        except WorkerError as error:
            self._forget(plan, place)
            return str(error)
        return exited.crash(launcher.last_words())

    def _start(self, plan: Plan, places: Sequence[int]) -> None:
        """Have the plan's launchers at these places ready."""
        with self._starting:
            if self._closed:
                raise WorkerError("the run was interrupted.")
            for key in (self._key(plan, place) for place in places):
                if key not in self._launchers:
                    self._launchers[key] = self._launch(plan)
        for place in places:
            try:
                self._versions[plan.python] = self._launchers[self._key(plan, place)].wait_ready()
            except WorkerError:
                self._forget(plan, place)
                raise

    def _forget(self, plan: Plan, place: int) -> None:
        """End a launcher; the next worker there starts it anew."""
        launcher = self._launchers.pop(self._key(plan, place), None)
        if launcher is not None:
            launcher.close()

    def _key(self, plan: Plan, place: int) -> tuple[object, ...]:
        return (plan.python, plan.isa, plan.threads, self._preload(plan), place)

    def _launch(self, plan: Plan) -> Launcher:
        environment = worker_environment(self._settings.allocator, plan.isa, plan.threads)
        preload = messages.Preload(modules=self._preload(plan), affinity=worker_cpus(plan.threads))
        return Launcher(preload, environment, plan.python)

    @staticmethod
    def _preload(plan: Plan) -> tuple[str, ...]:
        # What the reference imports is needed for parity too.
        names = dict.fromkeys(entry.backend for case in plan.sampled for entry in (reference_of(case), case))
        modules = dict.fromkeys(module for name in names for module in backend_named(name).preload)
        return (*modules, "archbench.measurement.job")

    def _planted(self, case: Case) -> float:
        fractions = (fraction for pattern, fraction in self._settings.plant.items() if fnmatchcase(case.id, pattern))
        return next(fractions, 0.0)

    def _record(self, trial: _Trial, case: Case) -> CaseRecord:
        unmeasured = trial.unmeasured.get(case.id)
        loaded = trial.prepared.loaded.get(case.id)
        processes = trial.process_samples(case, self._floor_ns)
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

    def _environment(self, plan: Plan) -> Environment:
        return Environment(
            fingerprint=self._fingerprint,
            versions=self._versions.get(plan.python, {}),
            allocator=self._settings.allocator,
            affinity=worker_cpus(plan.threads),
        )
