"""Algorithm 1 on a study without any training: a network's accuracy is a formula of its settings."""

import subprocess
import sys

import optuna
import pytest
from optuna.trial import TrialState

from archbench.search.plan import SearchPlan
from archbench.search.space import workload_of
from archbench.search.storage import open_study
from archbench.search.study import (
    fail_lost,
    front,
    frozen_settings,
    lost_trials,
    note_costs,
    note_curve,
    rivals,
    take_trial,
    trial_records,
)
from archbench.workloads.kws import operations

PLAN = SearchPlan(trials=8, later_trials=4, rounds=3, iterations=1, full_iterations=1)


@pytest.fixture
def opened(tmp_path):
    return lambda name="a", plan=PLAN: open_study(str(tmp_path / f"{name}.log"), "study", plan)


def right(workload):
    """Out of 1000: more filters are better, with less and less effect, and 3 x 3 is best."""
    return sum(int(160 * unit.filters / (unit.filters + 30)) - 5 * abs(unit.kernel[0] - 3) for unit in workload.units)


def make(study, plan, most=10**6):
    """Take and finish trials as a worker does."""
    made = []
    while len(made) < most and (taken := take_trial(study, plan)) is not None:
        trial, choice = taken
        workload = workload_of(choice)
        note_costs(trial, workload, [float(operations(workload))])
        note_curve(trial, [right(workload) // 2, right(workload)])
        study.tell(trial, [right(workload) / 1000, float(operations(workload))])
        made.append(choice)
    return made


def test_one_seed_gives_the_same_trials_and_another_gives_others(opened):
    first, again = (make(opened(name), PLAN) for name in "ab")
    other = make(opened("c"), SearchPlan(trials=8, later_trials=4, rounds=3, seed=1))

    assert len(first) == PLAN.total == 16
    assert first == again
    assert first != other


def test_an_interrupted_study_goes_on_as_it_would_have(opened):
    whole = make(opened("a"), PLAN)
    parts = [choice for most in (3, 6, 100) for choice in make(opened("b"), PLAN, most)]

    assert parts == whole
    assert make(opened("b"), PLAN) == []


def test_each_round_freezes_one_more_setting_and_keeps_to_it(opened):
    study = opened()
    choices = make(study, PLAN)
    frozen = frozen_settings(study)

    assert len(frozen) == 2
    (first, value), (second, other) = frozen
    assert {choice[first] for choice in choices[8:]} == {value}
    assert {choice[second] for choice in choices[12:]} == {other}
    assert len({choice[second] for choice in choices[:12]}) > 1


def test_freezing_discards_nobody(opened):
    study = opened()
    make(study, PLAN, 8)
    before = front(study)
    make(study, PLAN)

    for member in before:
        assert member in front(study) or any(other.beats(member) for other in front(study))


def test_when_all_is_frozen_the_search_ends(opened):
    plan = SearchPlan(trials=4, later_trials=1, rounds=40, iterations=1, full_iterations=1)
    study = opened(plan=plan)
    choices = make(study, plan)

    assert len(frozen_settings(study)) == 12
    # Four, one after each of the twelve freezings.
    assert len(choices) == 16


def test_a_lost_trial_is_made_again(opened):
    study = opened()
    make(study, PLAN, 3)
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    trial = study.ask()
    name = f"{__import__('socket').gethostname()}:{gone.stdout.strip()}:1"
    trial.set_user_attr("worker", name)

    fail_lost(study)

    assert study.trials[3].state is TrialState.FAIL
    assert lost_trials(study) == 1
    assert len(make(study, PLAN)) == PLAN.total - 3
    assert len(trial_records(study, PLAN, 1000)) == PLAN.total


def test_a_trial_of_a_worker_that_lives_is_left_alone(opened):
    study = opened()
    take_trial(study, PLAN)

    fail_lost(study)

    assert study.trials[0].state is TrialState.RUNNING
    assert len(make(study, PLAN)) == PLAN.total - 1


def test_two_workers_never_make_more_than_the_budget(opened):
    first, second = opened(), opened()
    make(first, PLAN, PLAN.total - 1)
    last = take_trial(first, PLAN)

    assert last is not None
    assert take_trial(second, PLAN) is None
    kept = [trial for trial in second.get_trials() if trial.state is not TrialState.FAIL]
    assert len(kept) == PLAN.total


def test_rivals_cost_at_most_as_much_and_are_whole(opened):
    study = opened()
    make(study, PLAN, 8)
    costs = sorted(trial.values[1] for trial in study.trials)

    assert len(rivals(study, [costs[0] - 1])) == 0
    assert len(rivals(study, [costs[-1]])) == 8


def test_chance_gives_other_trials_than_the_estimator(opened):
    """They begin alike, as the estimator begins by chance."""
    plan = SearchPlan(trials=30, rounds=1, sampler="random")
    by_chance, estimated = make(opened("a", plan), plan), make(opened("b"), SearchPlan(trials=30, rounds=1))

    assert by_chance[0] == estimated[0]
    assert by_chance[-1] != estimated[-1]


def test_a_study_of_other_objectives_is_not_taken_over(tmp_path):
    open_study(str(tmp_path / "a.log"), "study", PLAN)
    reopened = open_study(str(tmp_path / "a.log"), "study", PLAN)

    assert reopened.directions == [optuna.study.StudyDirection.MAXIMIZE, optuna.study.StudyDirection.MINIMIZE]
