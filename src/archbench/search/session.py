"""A whole search: workers on a study, then the front and the seed trained in full, each in processes of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from archbench.cache import ArtifactCache, content_key
from archbench.cost.formulas import cost_by_formula
from archbench.datasets.dataset import Dataset
from archbench.errors import WorkerError
from archbench.records.search import SearchRecord, TrainedRecord, TrialRecord
from archbench.report.search import cost_text
from archbench.search.front import Candidate, front_of
from archbench.search.plan import SearchPlan
from archbench.search.worker import Job
from archbench.stats.proportion import share_over_seeds
from archbench.workloads.kws import SEED, KwsWorkload, operations

if TYPE_CHECKING:
    import optuna

    from archbench.search.training import TrainedKws

Say = Callable[[str], None]

#: Workers that are started again in place of killed ones, and seconds between looks at the study.
_RESTARTS = 4
_LOOK_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """The recordings: `folder` None means words made by formula; `unheard` is the split by speaker, if there is one."""

    folder: Path | None
    usual: Dataset
    unheard: Dataset | None


def study_name(plan: SearchPlan, dataset: Dataset) -> str:
    """The same for the same search on the same data, so that it is resumed and no other is."""
    return f"kws-{content_key(dataset.digest, msgspec.json.encode(plan))[:12]}"


@dataclass(slots=True, kw_only=True)
class Search:
    """One search by `workers` processes on this machine; others may work on the same study.

    Args:
        plan: as it says.
        corpus: what is learnt.
        storage: of the study; see `archbench.search.storage`.
        cache: where trained networks are kept.
        workers: processes.
        say: prints a line of progress.
    """

    plan: SearchPlan
    corpus: Corpus
    storage: str
    cache: ArtifactCache
    workers: int
    say: Say
    _told: set[int] = field(default_factory=set)

    def run(self) -> SearchRecord:
        """Search, train the front in full and judge it.

        Raises:
            UsageError: the storage cannot be used.
            WorkerError: workers fail, or no trial ended.
        """
        from archbench.search.storage import open_study
        from archbench.search.study import fail_lost, front, frozen_settings, lost_trials, refused_trials, trial_records

        begun = time.monotonic()
        name = study_name(self.plan, self.corpus.usual)
        study = open_study(self.storage, name, self.plan)
        fail_lost(study)
        self._search(study, name)
        fail_lost(study)
        chosen = spread(front(study), self.plan.tuned)
        if not chosen:
            reasons = refused_trials(study)
            raise WorkerError(
                f"no network could be priced: {reasons[0]}" if reasons else "no trial ended; give the search more time."
            )
        seed = KwsWorkload.named(SEED)
        self._tune([seed, *(member.workload for member in chosen)])
        tuned = [self._trained(member.workload, member.costs) for member in chosen]
        left = front_of(_candidate(record, member) for record, member in zip(tuned, chosen, strict=True))
        kept = [member.workload.id for member in left]
        validated = len(self.corpus.usual.calibration)
        return SearchRecord(
            study=name,
            dataset=self.corpus.usual.name,
            objectives=self.plan.objectives,
            trials=tuple(trial_records(study, self.plan, validated)),
            lost=lost_trials(study),
            refused=tuple(refused_trials(study)),
            frozen=tuple((setting, str(value)) for setting, value in frozen_settings(study)),
            seed=self._trained(seed, ()),
            front=tuple(sorted((record for record in tuned if record.workload in kept), key=lambda r: -r.operations)),
            tuned=tuple(tuned),
            seeds=self.plan.seeds,
            seconds=time.monotonic() - begun,
        )

    def trained(self, workload: KwsWorkload) -> TrainedKws:
        """The network trained in full with the first seed."""
        from archbench.search.training import trained_kws

        return trained_kws(workload, self.corpus.usual, self.plan.recipe, self.plan.full_iterations, self.plan.seed, self.cache)

    def _job(self, name: str = "", *, until: float | None = None, tune: tuple[str, ...] = ()) -> Job:
        return Job(
            storage=self.storage,
            study=name,
            plan=self.plan,
            data=None if self.corpus.folder is None else str(self.corpus.folder),
            cache=str(self.cache.root),
            until=until,
            tune=tune,
        )

    def _search(self, study: optuna.Study, name: str) -> None:
        """Let workers take trials until there are none, in place of a killed one another."""
        job = self._job(name, until=None if self.plan.limit_s is None else time.time() + self.plan.limit_s)
        with Workers([job] * self.workers) as workers:
            while workers.are_busy:
                time.sleep(_LOOK_S)
                self._tell(study)
                if workers.replace_killed():
                    self.say("a worker was killed; its trial is made again.")
        self._tell(study)

    def _tune(self, workloads: Iterable[KwsWorkload]) -> None:
        """Train the networks in full, the dearest first, each worker every so many."""
        names = [workload.id for workload in sorted(set(workloads), key=operations, reverse=True)]
        self.say(f"training in full: {', '.join(names)}")
        # The dearest, by far the seed, keeps one worker; the others share the rest.
        shares = [tuple(names[:1]), *(tuple(names[1:][index :: self.workers - 1]) for index in range(self.workers - 1))]
        if self.workers == 1:
            shares = [tuple(names)]
        with Workers([self._job(tune=share) for share in shares if share]) as workers:
            while workers.are_busy:
                time.sleep(_LOOK_S)
                workers.replace_killed()

    def _tell(self, study: optuna.Study) -> None:
        """A line for each trial that ended since."""
        from archbench.search.study import front, refused_trials, trial_records

        for trial in trial_records(study, self.plan, len(self.corpus.usual.calibration)):
            if trial.number not in self._told:
                self._told.add(trial.number)
                done = len(self._told) + len(refused_trials(study))
                self.say(f"{done}/{self.plan.total} {_trial_text(trial)}; {_front_text(front(study))}")

    def _trained(self, workload: KwsWorkload, costs: Sequence[float]) -> TrainedRecord:
        """The network trained in full, judged on the test part."""
        from archbench.search.training import correct, trained_kws

        def counted(dataset: Dataset) -> tuple[list[int], list[int]]:
            """Right ones of the validation and of the test part, by seed."""
            plan = self.plan
            modules = [
                trained_kws(workload, dataset, plan.recipe, plan.full_iterations, seed, self.cache).module
                for seed in range(plan.seed, plan.seed + plan.seeds)
            ]
            return [correct(module, dataset.calibration) for module in modules], [correct(m, dataset.test) for m in modules]

        usual, unheard = self.corpus.usual, self.corpus.unheard
        validated, judged = counted(usual)
        return TrainedRecord(
            workload=workload.id,
            operations=operations(workload),
            parameters=cost_by_formula(workload).parameters,
            costs=dict(zip(self.plan.objectives, costs, strict=bool(costs))),
            validation=sum(validated) / len(validated) / len(usual.calibration),
            accuracy=share_over_seeds(judged, len(usual.test)),
            unheard=None if unheard is None else share_over_seeds(counted(unheard)[1], len(unheard.test)),
        )


class Workers:
    """Worker processes with a job each; what is still running at the end of the `with` block is ended."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._running = {_start(job): job for job in jobs}
        self._restarts = _RESTARTS

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running:
            process.kill()
            process.communicate()

    @property
    def are_busy(self) -> bool:
        """Whether a worker is left."""
        return bool(self._running)

    def replace_killed(self) -> bool:
        """Forget workers that ended and start another in the place of each that was killed; whether there was one.

        Raises:
            WorkerError: a worker failed, or too many were killed.
        """
        killed = False
        for process, job in list(self._running.items()):
            if process.poll() is None:
                continue
            del self._running[process]
            _, said = process.communicate()
            if process.returncode > 0:
                lines = said.strip().splitlines()
                raise WorkerError(f"a worker of the search failed: {lines[-1] if lines else 'it said nothing'}")
            if process.returncode < 0:
                killed = True
                self._restarts -= 1
                if self._restarts < 0:
                    raise WorkerError(
                        f"more than {_RESTARTS} workers of the search were killed (signal {-process.returncode})."
                    )
                self._running[_start(job)] = job
        return killed


def _start(job: Job) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "archbench.search.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(msgspec.json.encode(job).decode())
    process.stdin.close()
    process.stdin = None
    return process


def spread(members: Sequence[Candidate], count: int | None) -> list[Candidate]:
    """So many of the front, dearest first: the most accurate and the cheapest, and the others evenly between."""
    if count is None or len(members) <= count:
        return list(members)
    places = {round(index * (len(members) - 1) / (count - 1)) for index in range(count)} if count > 1 else {0}
    return [members[place] for place in sorted(places)]


def _candidate(record: TrainedRecord, member: Candidate) -> Candidate:
    return Candidate(workload=member.workload, accuracy=record.validation, costs=member.costs)


def _trial_text(trial: TrialRecord) -> str:
    costs = ", ".join(cost_text(name, value) for name, value in trial.costs.items())
    return f"{trial.accuracy:.1%}{' (stopped)' if trial.stopped else ''} at {costs}"


def _front_text(members: Sequence[Candidate]) -> str:
    if not members:
        return "no front yet"
    best = max(members, key=lambda member: member.accuracy)
    cheapest = min(members, key=lambda member: member.costs[0])
    return f"front of {len(members)}, best {best.accuracy:.1%} ({best.workload.family}), cheapest {cheapest.accuracy:.1%}"
