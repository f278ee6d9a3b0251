"""A worker process of a search: `python -m archbench.search.worker`, its job as JSON on standard input.

It takes trials from the study until there are none, or trains the networks it was given in full. What it learnt is in the
storage or the cache; nothing comes back but an exit status, and on standard error why it is not 0.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from archbench.cache import ArtifactCache
from archbench.datasets.keywords import load_keywords, load_unheard
from archbench.errors import ArchbenchError, BackendError
from archbench.search.lane import Lane
from archbench.search.plan import SearchPlan
from archbench.workloads.ids import parse_workload
from archbench.workloads.kws import KwsWorkload

if TYPE_CHECKING:
    import optuna
    from torch import nn

    from archbench.datasets.dataset import Dataset
    from archbench.search.costs import Costs

_FAILED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a worker is told.

    Args:
        storage, study: where trials are taken from; of a worker that tunes, empty.
        plan: as it says.
        data: folder of recordings, or None for the words made by formula.
        cache: folder of artifacts.
        until: time since the epoch after which no trial begins, or None.
        tune: ids of the networks to train in full, in place of taking trials.
    """

    storage: str
    study: str
    plan: SearchPlan
    data: str | None
    cache: str
    until: float | None = None
    tune: tuple[str, ...] = ()


def main() -> None:
    """Do the job on standard input."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    cache = ArtifactCache(Path(job.cache))
    try:
        with Lane(cache.root) as lane:
            (tune if job.tune else take_trials)(job, cache, lane)
    except ArchbenchError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(_FAILED)


def tune(job: Job, cache: ArtifactCache, lane: Lane) -> None:
    """Train the networks in full, on each split and with each seed."""
    from archbench.search.training import Looks, trained_kws

    folder = None if job.data is None else Path(job.data)
    splits = [load_keywords(folder, cache), load_unheard(folder, cache)]
    for name in job.tune:
        workload = parse_workload(name)
        assert isinstance(workload, KwsWorkload)
        for dataset in splits:
            for seed in range(job.plan.seed, job.plan.seed + job.plan.seeds):
                if dataset is not None:
                    plan, looks = job.plan, Looks(rest=lane.step_aside)
                    with lane.training():
                        trained_kws(workload, dataset, plan.recipe, plan.full_iterations, seed, cache, looks)


def take_trials(job: Job, cache: ArtifactCache, lane: Lane) -> None:
    """Take and make trials until there are none."""
    from archbench.search.costs import Costs
    from archbench.search.storage import open_study
    from archbench.search.study import take_trial

    dataset = load_keywords(None if job.data is None else Path(job.data), cache)
    study = open_study(job.storage, job.study, job.plan)
    with Costs(job.plan, lane, cache.root) as costs:
        while (job.until is None or time.time() < job.until) and (taken := take_trial(study, job.plan)) is not None:
            from archbench.search.space import workload_of

            trial, choice = taken
            make_trial(study, trial, workload_of(choice), dataset, job.plan, costs, lane)


def make_trial(
    study: optuna.Study,
    trial: optuna.Trial,
    workload: KwsWorkload,
    dataset: Dataset,
    plan: SearchPlan,
    costs: Costs,
    lane: Lane,
) -> None:
    """Price the network and train it, unless a trial did that before; stop it as soon as it cannot win.

    One that a backend cannot price is refused.
    """
    from optuna.trial import TrialState

    from archbench.search.study import curve_of, finished, note_costs, note_curve, note_refused
    from archbench.search.training import Looks, Stopped, train_kws

    before = finished(study, workload)
    if before is not None:
        note_costs(trial, workload, before.user_attrs["costs"])
        note_curve(trial, curve_of(before))
        study.tell(trial, values=before.values, state=before.state)
        return
    try:
        priced = costs.of(workload)
        note_costs(trial, workload, priced)
        curve: list[int] = []
        looks = Looks(rest=lane.step_aside, checkpoint=partial(_look, study, trial, dataset, priced, curve))
        with lane.training():
            train_kws(workload, dataset.train, plan.recipe, plan.iterations, plan.seed, looks)
    except Stopped:
        study.tell(trial, state=TrialState.PRUNED)
    except BackendError as error:
        # It costs this network alone, which is nobody's rival.
        note_refused(trial, str(error))
        study.tell(trial, state=TrialState.PRUNED)
    except Exception:
        study.tell(trial, state=TrialState.FAIL)
        raise
    else:
        study.tell(trial, [curve[-1] / len(dataset.calibration), *priced])


def _look(
    study: optuna.Study,
    trial: optuna.Trial,
    dataset: Dataset,
    priced: tuple[float, ...],
    curve: list[int],
    module: nn.Module,
) -> None:
    """Judge the network half way and at the end; half way it may be stopped."""
    from archbench.search.study import note_curve, rivals
    from archbench.search.training import Stopped, correct

    curve.append(correct(module, dataset.calibration))
    note_curve(trial, curve)
    if len(curve) == 1 and cannot_win(curve[0], [other[0] for other in rivals(study, priced)], len(dataset.calibration)):
        raise Stopped


def cannot_win(right: int, others: list[int], count: int) -> bool:
    """Whether some network that costs at most as much was surely better half way: Wilson intervals apart."""
    from archbench.stats.proportion import share

    high = share(right, count).bounded[1]
    return any(share(other, count).bounded[0] > high for other in others)


if __name__ == "__main__":
    main()
