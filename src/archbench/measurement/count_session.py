"""The counting session: cases under an instrument, several a process, as records. Exact where the paired session is careful."""

from __future__ import annotations

import dataclasses
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

from archbench.contracts import backend_named, instrument_named
from archbench.errors import WorkerError
from archbench.machine.affinity import worker_cpus
from archbench.machine.fingerprint import read_fingerprint
from archbench.measurement import messages
from archbench.measurement.count_queue import Kind, Waiting, kind_of
from archbench.measurement.launcher import Launcher, worker_environment
from archbench.measurement.outcome import ProcessOutcome
from archbench.measurement.place import compile_harness, heap_place
from archbench.measurement.session import Look, PairedSession, Plan
from archbench.measurement.settings import CountSettings, SessionSettings
from archbench.records.counts import Counts, warm_misses
from archbench.records.record import CaseRecord, Environment, Status, hot_path_id
from archbench.workloads.case import Case
from archbench.workloads.ids import parse_case

#: Packages whose version decides what a hot path executes.
_OWN_PACKAGES = ("python", "numpy", "archbench")


#: Of a case that is read again.
_MORE_READINGS = 2


class CountSession:
    """Reads cases with an instrument, on a simulated machine in as many processes as there are CPUs.

    Close it, or use it as a context manager.
    """

    def __init__(self, settings: SessionSettings, counting: CountSettings) -> None:
        self._settings = settings
        self._counting = counting
        self._instrument = instrument_named(counting.instrument)
        self._absence: str | None = self._instrument.absence()
        self._version = "" if self._absence else self._instrument.version()
        self._simulator = self._instrument.simulator
        self._machine = self._simulator.machine(counting.model) if self._simulator else read_fingerprint().key
        self._place = heap_place(settings.cache)
        if self._simulator:
            compile_harness()
        # Artifacts are made and parity is checked outside, where nothing is fifty times slower.
        self._native = PairedSession(settings, timed=False)
        self._launchers: list[Launcher] = []
        self._closed = False

    def __enter__(self) -> CountSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def absence(self) -> str | None:
        """Why this machine cannot use the instrument, or None."""
        return self._absence

    def close(self) -> None:
        """End every process."""
        self._closed = True
        self._native.close()
        for launcher in list(self._launchers):
            launcher.close()

    def absences(self, backends: Sequence[str]) -> Mapping[str, str]:
        """Which of the backends this machine lacks, and why."""
        return self._native.absences(backends)

    def measure(self, plans: Sequence[Plan], look: Look | None = None) -> Iterator[CaseRecord]:
        """Records of every case of every plan, as each is read; a case that `look` names is read twice more, and last."""
        cases = [case for plan in plans for case in plan.cases]
        if self._absence is not None:
            yield from (self._skipped(case, self._absence) for case in cases)
            return
        checked = {record.case_id: record for record in self._native.measure(plans)}
        yield from (record for record in checked.values() if record.status is not Status.CHECKED)
        sound = [case for case in cases if checked[case.id].status is Status.CHECKED]
        doubtful: list[CaseRecord] = []
        for case, tally in self._count(sound):
            record = self._record(checked[case.id], case, tally)
            if look is not None and record.counts is not None and look([record]):
                doubtful.append(record)
            else:
                yield record
        yield from self._read_again(doubtful, checked)

    def _read_again(self, doubtful: Sequence[CaseRecord], checked: Mapping[str, CaseRecord]) -> Iterator[CaseRecord]:
        """The middle one of three readings: a runtime's threads seldom map memory in another order, a change is in all."""
        readings = {record.case_id: [record] for record in doubtful}
        cases = [parse_case(case_id) for case_id in readings]
        for case, tally in self._count([case for case in cases for _ in range(_MORE_READINGS)]):
            readings[case.id].append(self._record(checked[case.id], case, tally))
        for found in readings.values():
            counted = sorted((record for record in found if record.counts is not None), key=_misses)
            yield counted[len(counted) // 2]

    def count_hot_path(self, name: str) -> CaseRecord:
        """The record of one of the harness's own hot paths, which is no case: it has neither cost nor parity."""
        record = CaseRecord(
            case_id=hot_path_id(name),
            status=Status.SKIPPED,
            reason=self._absence,
            environment=self._environment({}, worker_cpus(1)),
            cost={},
        )
        if self._absence is not None:
            return record
        tally = _Tally()
        with tempfile.TemporaryDirectory(prefix="archbench-") as folder:
            preload = self._preload(
                ("archbench.measurement.counting", "archbench.measurement.hot_paths"), worker_cpus(1), folder
            )
            launcher = self._start(preload, None, 1)
            try:
                tally.versions = {package: launcher.wait_ready()[package] for package in _OWN_PACKAGES}
                exited = launcher.run(messages.HotPathJob(name=name), tally.outcome.hear, self._settings.timeout_s)
                tally.crash = exited.crash(launcher.last_words())
            except WorkerError as error:
                tally.crash = str(error)
            finally:
                self._drop(launcher)
        environment = self._environment(tally.versions, worker_cpus(1))
        if name not in tally.outcome.counted:
            return dataclasses.replace(record, status=Status.CRASHED, reason=tally.crash, environment=environment)
        counted = tally.outcome.counted[name]
        return dataclasses.replace(
            record,
            status=Status.COUNTED,
            environment=environment,
            counts=self._counts(counted, None),
            phases={"counting": counted.seconds},
        )

    def _count(self, cases: Sequence[Case]) -> Iterator[tuple[Case, _Tally]]:
        """Each CPU has a process of one kind at work: those that read IR need not wait for torch."""
        waiting = Waiting(cases)
        side_by_side = len(os.sched_getaffinity(0)) if self._simulator else 1
        done: SimpleQueue[tuple[Case, _Tally] | BaseException] = SimpleQueue()
        with tempfile.TemporaryDirectory(prefix="archbench-") as folder, ThreadPoolExecutor(side_by_side) as pool:
            for lane in range(side_by_side):
                # Who looks for its dumps must not meet those that another lane is removing.
                own = Path(folder, str(lane))
                own.mkdir()
                pool.submit(self._count_lane, waiting, lane, own, done.put).add_done_callback(_put_error(done.put))
            try:
                for _ in cases:
                    yield _next(done)
            except BaseException:
                # An interrupted run leaves here with lanes at work, for which the pool would wait.
                self.close()
                raise

    def _count_lane(self, waiting: Waiting, lane: int, folder: Path, put: Callable[[tuple[Case, _Tally]], None]) -> None:
        """Cases one after the other, those of a kind in forks of one process that was started by the instrument's command."""
        launcher: Launcher | None = None
        kind: Kind | None = None
        while (case := waiting.take(kind)) is not None:
            if kind != kind_of(case):
                self._drop(launcher)
                launcher, kind = None, kind_of(case)
            tally = _Tally()
            try:
                start = time.monotonic()
                launcher = launcher or self._launch(case, lane, folder)
                tally.versions = launcher.wait_ready()
                tally.start_up_s = time.monotonic() - start
                tally.crash = self._run(launcher, case, tally)
                if tally.outcome.built:
                    tally.outcome = ProcessOutcome()
                    tally.crash = self._run(launcher, case, tally)
            except (OSError, WorkerError) as error:
                tally.crash = str(error)
                self._drop(launcher)
                launcher = None
            put((case, tally))
        self._drop(launcher)

    def _run(self, launcher: Launcher, case: Case, tally: _Tally) -> str | None:
        """Let one worker read the case; None, or how it crashed."""
        exited = launcher.run(self._job(case), tally.outcome.hear, self._settings.timeout_s)
        return exited.crash(launcher.last_words())

    def _launch(self, case: Case, lane: int, folder: Path) -> Launcher:
        backend = backend_named(case.backend)
        preload = self._preload((*backend.preload, "archbench.measurement.counting"), self._cpus(case, lane), str(folder))
        return self._start(preload, self._isa(case), case.threads)

    def _preload(self, modules: tuple[str, ...], cpus: tuple[int, ...], folder: str) -> messages.Preload:
        return messages.Preload(modules=modules, affinity=cpus, instrument=self._counting.instrument, folder=folder)

    def _start(self, preload: messages.Preload, isa: str | None, threads: int) -> Launcher:
        if self._closed:
            raise WorkerError("the run was interrupted.")
        environment = worker_environment(self._counting.allocator, isa, threads)
        prefix = self._simulator.command(self._counting.model, Path(preload.folder)) if self._simulator else ()
        launcher = Launcher(preload, environment, prefix=prefix)
        self._launchers.append(launcher)
        return launcher

    def _drop(self, launcher: Launcher | None) -> None:
        if launcher is not None:
            self._launchers.remove(launcher)
            launcher.close()

    def _cpus(self, case: Case, lane: int) -> tuple[int, ...]:
        if self._simulator is None:
            return worker_cpus(case.threads)
        cpus = sorted(os.sched_getaffinity(0))
        return (cpus[lane % len(cpus)],)

    def _isa(self, case: Case) -> str | None:
        """The case's own cap, or the instrument's where the case has none."""
        return case.isa or self._instrument.isa

    def _job(self, case: Case) -> messages.Job:
        return messages.Job(
            cases=(case.id,),
            threads=case.threads,
            isa=self._isa(case),
            cache=str(self._settings.cache.absolute()),
            seed=0,
            seconds=None,
            min_rounds=0,
        )

    def _skipped(self, case: Case, reason: str) -> CaseRecord:
        return CaseRecord(
            case_id=case.id,
            status=Status.SKIPPED,
            reason=reason,
            environment=self._environment({}, worker_cpus(case.threads)),
            cost={},
        )

    def _record(self, checked: CaseRecord, case: Case, tally: _Tally) -> CaseRecord:
        """The natively checked record with what the instrument said."""
        unmeasured = tally.outcome.unmeasured()
        if tally.crash is not None:
            unmeasured = tally.outcome.blame([case.id], tally.crash)
        environment = self._environment(tally.versions, checked.environment.affinity)
        if case.id in unmeasured or case.id not in tally.outcome.counted:
            cause = unmeasured.get(case.id)
            status, reason = (cause.status, cause.reason) if cause else (Status.ERROR, "the instrument said nothing")
            return dataclasses.replace(checked, status=status, reason=reason, environment=environment)
        counted, loaded = tally.outcome.counted[case.id], tally.outcome.loaded[case.id]
        return dataclasses.replace(
            checked,
            status=Status.COUNTED,
            environment=environment,
            granted=loaded.granted,
            parity=loaded.parity,
            executed_graph=loaded.executed_graph,
            counts=self._counts(counted, self._isa(case)),
            phases={"counting": counted.seconds, "start-up": tally.start_up_s},
        )

    def _counts(self, counted: messages.Counted, isa: str | None) -> Counts:
        return Counts(
            instrument=self._instrument.name,
            machine=self._machine,
            cpu=counted.cpu,
            isa=isa,
            states=counted.states,
            place=self._place,
        )

    def _environment(self, versions: Mapping[str, str], affinity: tuple[int, ...]) -> Environment:
        tool = {} if self._absence else {self._instrument.name: self._version}
        return Environment(
            fingerprint=self._machine, versions={**versions, **tool}, allocator=self._counting.allocator, affinity=affinity
        )


def _misses(record: CaseRecord) -> int:
    assert record.counts is not None
    return warm_misses(record.counts) or 0


def _next(done: SimpleQueue[tuple[Case, _Tally] | BaseException]) -> tuple[Case, _Tally]:
    found = done.get()
    if isinstance(found, BaseException):
        raise found
    return found


def _put_error(put: Callable[[BaseException], None]) -> Callable[[Future[None]], None]:
    """So that nobody waits for a lane that failed."""

    def tell(lane: Future[None]) -> None:
        error = None if lane.cancelled() else lane.exception()
        if error is not None:
            put(error)

    return tell


@dataclass(slots=True)
class _Tally:
    """What became of one case under the instrument."""

    outcome: ProcessOutcome = field(default_factory=ProcessOutcome)
    versions: Mapping[str, str] = field(default_factory=dict)
    start_up_s: float = 0.0
    crash: str | None = None
