"""Algorithm 1 over a shared study: whose turn it is, what is frozen, who is on the front.

Workers agree through the storage alone. A trial's place is the number of trials before it that were not lost, so that the trial
of a killed worker is made again by another one. The sampler is seeded anew for each trial, by its number: with one worker a
study that was interrupted goes on exactly as it would have.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import socket
import warnings
from collections.abc import Sequence
from pathlib import Path

import optuna
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState

from archbench.records.search import TrialRecord
from archbench.search.front import Candidate, front_of, most_common
from archbench.search.plan import SearchPlan
from archbench.search.space import Choice, Space, Value, choice_of
from archbench.workloads.ids import parse_workload
from archbench.workloads.kws import KwsWorkload

_FROZEN = "frozen"
_WORKER = "worker"
_WORKLOAD = "workload"
_COSTS = "costs"
_CURVE = "correct"
_REFUSED = "refused"

#: Trials that chance chooses before the estimator does.
_STARTUP = 10

#: A trial that runs this many times longer than any that ended, and this many seconds, is lost with its machine.
_LOST_FACTOR = 10.0
_LOST_SECONDS = 900.0

_ENDED = (TrialState.COMPLETE, TrialState.PRUNED)


def take_trial(study: optuna.Study, plan: SearchPlan) -> tuple[optuna.Trial, Choice] | None:
    """The next trial with its settings, or None if all were taken or every setting is frozen."""
    fail_lost(study)
    if len(_kept(study)) >= plan.total:
        return None
    trial = study.ask()
    position = sum(other.number < trial.number for other in _kept(study))
    frozen = _frozen_for(study, plan.round_of(position)) if position < plan.total else None
    if frozen is None:
        # Another worker took the last one at the same moment.
        study.tell(trial, state=TrialState.FAIL)
        return None
    study.sampler = _sampler(plan, trial.number)
    trial.set_user_attr(_WORKER, worker_name())
    return trial, Space(most_filters=plan.most_filters).suggest(trial, frozen)


def _sampler(plan: SearchPlan, number: int) -> BaseSampler:
    seed = plan.seed * 1_000_003 + number
    if plan.sampler == "random":
        return RandomSampler(seed=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return TPESampler(seed=seed, n_startup_trials=min(_STARTUP, max(1, plan.trials // 2)), constant_liar=True)


def _kept(study: optuna.Study) -> list[FrozenTrial]:
    """Every trial that was not lost."""
    return [trial for trial in study.get_trials(deepcopy=False) if trial.state is not TrialState.FAIL]


def _frozen_for(study: optuna.Study, count: int) -> Choice | None:
    """The first `count` frozen settings, frozen now if they are not yet; None if there are not so many to freeze."""
    frozen = frozen_settings(study)
    while len(frozen) < count:
        choices = [choice_of(member.workload) for member in front(study)]
        found = most_common(choices, dict(frozen))
        if found is None:
            return {} if not choices else None
        frozen = [*frozen, found]
        study.set_user_attr(_FROZEN, [list(entry) for entry in frozen])
    return dict(frozen[:count])


def frozen_settings(study: optuna.Study) -> list[tuple[str, Value]]:
    """Settings with their values, in the order in which they were frozen."""
    return [(name, value) for name, value in study.user_attrs.get(_FROZEN, [])]


def note_costs(trial: optuna.Trial, workload: KwsWorkload, costs: Sequence[float]) -> None:
    """Keep what is known before training."""
    trial.set_user_attr(_WORKLOAD, workload.id)
    trial.set_user_attr(_COSTS, list(costs))


def note_curve(trial: optuna.Trial, correct: Sequence[int]) -> None:
    """Keep how many of the validation part were right at each checkpoint so far."""
    trial.set_user_attr(_CURVE, list(correct))


def note_refused(trial: optuna.Trial, reason: str) -> None:
    """Keep why the network has no cost."""
    trial.set_user_attr(_REFUSED, reason)


def refused_trials(study: optuna.Study) -> list[str]:
    """Why networks of trials have no cost."""
    ended = study.get_trials(deepcopy=False, states=(TrialState.PRUNED,))
    return [trial.user_attrs[_REFUSED] for trial in ended if _REFUSED in trial.user_attrs]


def finished(study: optuna.Study, workload: KwsWorkload) -> FrozenTrial | None:
    """A trial that ended with that network, if there is one."""
    for trial in study.get_trials(deepcopy=False, states=_ENDED):
        if trial.user_attrs.get(_WORKLOAD) == workload.id:
            return trial
    return None


def curve_of(trial: FrozenTrial) -> list[int]:
    """How many of the validation part were right at each checkpoint."""
    return list(trial.user_attrs.get(_CURVE, []))


def rivals(study: optuna.Study, costs: Sequence[float]) -> list[list[int]]:
    """Curves of the whole trials that cost at most as much in everything."""
    return [
        curve_of(trial)
        for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if all(theirs <= mine for theirs, mine in zip(trial.user_attrs[_COSTS], costs, strict=True))
    ]


def front(study: optuna.Study) -> list[Candidate]:
    """The whole trials that no other beats, those before any freezing too."""
    return front_of(
        Candidate(workload=_workload(trial), accuracy=trial.values[0], costs=tuple(trial.values[1:]))
        for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    )


def trial_records(study: optuna.Study, plan: SearchPlan, validated: int) -> list[TrialRecord]:
    """Every trial that ended and was not refused, judged on so many examples."""
    return [
        TrialRecord(
            number=trial.number,
            workload=trial.user_attrs[_WORKLOAD],
            accuracy=curve_of(trial)[-1] / validated,
            costs=dict(zip(plan.objectives, trial.user_attrs[_COSTS], strict=True)),
            stopped=trial.state is TrialState.PRUNED,
        )
        for trial in study.get_trials(deepcopy=False, states=_ENDED)
        if _REFUSED not in trial.user_attrs
    ]


def lost_trials(study: optuna.Study) -> int:
    """How many trials ended with their worker."""
    failed = study.get_trials(deepcopy=False, states=(TrialState.FAIL,))
    return sum(_WORKER in trial.user_attrs for trial in failed)


def _workload(trial: FrozenTrial) -> KwsWorkload:
    workload = parse_workload(trial.user_attrs[_WORKLOAD])
    assert isinstance(workload, KwsWorkload)
    return workload


def worker_name() -> str:
    """The name of the process, among those of every machine: host, id and, as ids come again, when it began."""
    return f"{socket.gethostname()}:{os.getpid()}:{_begun(os.getpid())}"


def _begun(process: int) -> str:
    """Ticks from boot to the start of a process; empty if there is none."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def _is_gone(worker: str) -> bool:
    """Whether the worker was of this machine and has ended."""
    host, process, begun = worker.rsplit(":", 2)
    return host == socket.gethostname() and _begun(int(process)) != begun


def fail_lost(study: optuna.Study) -> None:
    """Give up trials whose worker of this machine is gone, or that run far longer than any that ended."""
    ended = [trial.duration.total_seconds() for trial in study.get_trials(deepcopy=False, states=_ENDED) if trial.duration]
    patience = max(_LOST_SECONDS, _LOST_FACTOR * max(ended, default=0.0))
    now = dt.datetime.now()  # noqa: DTZ005  # as Optuna stores it
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        worker = trial.user_attrs.get(_WORKER)
        age = (now - trial.datetime_start).total_seconds() if trial.datetime_start else 0.0
        if (worker is not None and _is_gone(worker)) or age > patience:
            with contextlib.suppress(ValueError):  # another one gave it up
                study.tell(trial.number, state=TrialState.FAIL)
