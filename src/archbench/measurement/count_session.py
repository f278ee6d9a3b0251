"""The counting session: cases under an instrument, several a process, as records. Exact where the paired session is careful."""

from __future__ import annotations

import dataclasses
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from archbench.cache import content_key
from archbench.contracts import Backend, Form, Instrument
from archbench.errors import WorkerError
from archbench.machine.allocator import allocator_environment
from archbench.machine.isa import isa_environment
from archbench.measurement import messages
from archbench.measurement.launcher import Launcher, inherited_environment
from archbench.measurement.outcome import ProcessOutcome
from archbench.measurement.session import Look, PairedPlan, PairedSession
from archbench.measurement.settings import CountSettings, SessionSettings
from archbench.records.counts import Counts
from archbench.records.record import CaseRecord, Status
from archbench.registry import BACKENDS, INSTRUMENTS, resolve
from archbench.workloads.case import Case


class CountSession:
    """Counts cases in as many processes as there are CPUs. Close it, or use it as a context manager."""

    def __init__(self, settings: SessionSettings, counting: CountSettings) -> None:
        self._settings = settings
        self._counting = counting
        self._instrument: Instrument = resolve("instrument", INSTRUMENTS, counting.instrument)
        self._machine = self._instrument.machine(counting.model)
        # Artifacts are made and parity is checked outside, where nothing is fifty times slower.
        self._native = PairedSession(settings, timed=False)

    def __enter__(self) -> CountSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every process."""
        self._native.close()

    def absences(self, backends: Sequence[str]) -> Mapping[str, str]:
        """Which of the backends this machine lacks, and why."""
        return self._native.absences(backends)

    def measure(self, plans: Sequence[PairedPlan], look: Look | None = None) -> list[CaseRecord]:  # noqa: ARG002
        """Records of every backend of every plan, in order. Counts repeat, so that no case needs another look."""
        reason = self._instrument.absence()
        checked = self._native.measure(plans)
        if reason is not None:
            return [dataclasses.replace(record, status=Status.SKIPPED, reason=reason) for record in checked]
        cases = [plan.case(backend) for plan in plans for backend in plan.backends]
        sound = {case.id: record for case, record in zip(cases, checked, strict=True) if record.status is Status.CHECKED}
        tallies = self._count([case for case in cases if case.id in sound])
        return [
            self._record(record, case.backend, tallies[case.id]) if case.id in tallies else record
            for case, record in zip(cases, checked, strict=True)
        ]

    def _count(self, cases: Sequence[Case]) -> Mapping[str, _Tally]:
        """One process a form and ISA cap, side by side: those that read IR need not wait for torch."""
        lanes: dict[tuple[Form, str | None], list[Case]] = {}
        for case in cases:
            backend: Backend = resolve("backend", BACKENDS, case.backend)
            lanes.setdefault((backend.form, case.isa), []).append(case)
        cpus = sorted(os.sched_getaffinity(0))
        with tempfile.TemporaryDirectory(prefix="archbench-") as folder, ThreadPoolExecutor(len(cpus)) as pool:
            found = pool.map(
                lambda lane: self._count_lane(lane[1], cpus[lane[0] % len(cpus)], Path(folder)), enumerate(lanes.values())
            )
            return {case_id: tally for lane in found for case_id, tally in lane.items()}

    def _count_lane(self, cases: Sequence[Case], cpu: int, folder: Path) -> Mapping[str, _Tally]:
        """The cases one after the other, each in a fork of one process that runs under the instrument."""
        tallies: dict[str, _Tally] = {}
        launcher: Launcher | None = None
        try:
            for case in cases:
                tally = tallies[case.id] = _Tally()
                try:
                    launcher = launcher or self._launch(case, cpu, folder)
                    tally.versions = launcher.wait_ready()
                    exited = launcher.run(self._job(case), tally.outcome.hear, self._settings.timeout_s)
                    tally.crash = exited.crash(launcher.last_words())
                except WorkerError as error:
                    tally.crash = str(error)
                    if launcher is not None:
                        launcher.close()
                        launcher = None
        finally:
            if launcher is not None:
                launcher.close()
        return tallies

    def _launch(self, case: Case, cpu: int, folder: Path) -> Launcher:
        backend: Backend = resolve("backend", BACKENDS, case.backend)
        environment = {
            **allocator_environment(self._settings.allocator),
            **isa_environment(case.isa),
            "OMP_NUM_THREADS": "1",
        }
        preload = messages.Preload(
            modules=(*backend.preload, "archbench.measurement.counting"),
            affinity=(cpu,),
            instrument=self._counting.instrument,
            folder=str(folder),
        )
        return Launcher(preload, environment, prefix=self._instrument.command(self._counting.model, folder))

    def _place(self) -> str:
        """What decides where stack and heap of a worker begin, and with them which cache lines collide."""
        environment = sorted((name, str(len(value))) for name, value in inherited_environment().items())
        cache = str(self._settings.cache.absolute())
        return content_key(sys.executable, str(Path.cwd()), cache, *(text for pair in environment for text in pair))[:16]

    def _job(self, case: Case) -> messages.Job:
        return messages.Job(
            workload=case.workload.id,
            backends=(case.backend,),
            threads=case.threads,
            isa=case.isa,
            cache=str(self._settings.cache.absolute()),
            seed=0,
            seconds=None,
            min_rounds=0,
        )

    def _record(self, checked: CaseRecord, backend: str, tally: _Tally) -> CaseRecord:
        """The natively checked record with what the instrument said."""
        unmeasured = tally.outcome.unmeasured()
        if tally.crash is not None:
            unmeasured = tally.outcome.blame([backend], tally.crash)
        environment = dataclasses.replace(
            checked.environment,
            fingerprint=self._machine,
            versions={**tally.versions, self._instrument.name: self._instrument.version()},
        )
        if backend in unmeasured or backend not in tally.outcome.counted:
            cause = unmeasured.get(backend)
            status, reason = (cause.status, cause.reason) if cause else (Status.ERROR, "the instrument said nothing")
            return dataclasses.replace(checked, status=status, reason=reason, environment=environment)
        counted, loaded = tally.outcome.counted[backend], tally.outcome.loaded[backend]
        return dataclasses.replace(
            checked,
            status=Status.COUNTED,
            environment=environment,
            granted=loaded.granted,
            parity=loaded.parity,
            executed_graph=loaded.executed_graph,
            counts=Counts(
                instrument=self._instrument.name,
                machine=self._machine,
                cpu=counted.cpu,
                cold=counted.cold,
                warm=counted.warm,
                place=self._place(),
            ),
            phases={"counting": counted.seconds},
        )


@dataclass(slots=True)
class _Tally:
    """What became of one case under the instrument."""

    outcome: ProcessOutcome = field(default_factory=ProcessOutcome)
    versions: Mapping[str, str] = field(default_factory=dict)
    crash: str | None = None
