"""Trials as a worker makes them, on noise whose loudness tiny networks tell apart."""

import numpy as np
import pytest
from optuna.trial import TrialState

from archbench.datasets.dataset import Dataset, Part
from archbench.errors import BackendError
from archbench.search.lane import Lane
from archbench.search.plan import Recipe, SearchPlan
from archbench.search.storage import open_study
from archbench.search.study import curve_of, front, refused_trials, trial_records
from archbench.search.training import Looks, Stopped, correct, train_kws
from archbench.search.worker import cannot_win, make_trial
from archbench.workloads.kws import KwsWorkload, operations, parse_units

TINY = KwsWorkload(units=parse_units("-".join(["3x3m10"] * 6)))
DEARER = KwsWorkload(units=parse_units("-".join(["3x3m10"] * 5 + ["5x5m10"])))
PLAN = SearchPlan(trials=4, rounds=1, iterations=8, full_iterations=8, recipe=Recipe(learning_rate=1e-2))


class Counted:
    """Costs without a session."""

    @staticmethod
    def of(workload):
        return (float(operations(workload)),)


def part(count, seed):
    """The higher the class the louder."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.int64) % 10
    images = generator.standard_normal((count, 1, 40, 32)) + (labels - 4.5)[:, None, None, None]
    return Part(images=images.astype(np.float32), labels=labels)


@pytest.fixture(scope="module")
def data():
    return Dataset(name="noise", classes=10, train=part(100, 0), calibration=part(50, 1), test=part(50, 2))


@pytest.fixture
def lane(tmp_path):
    with Lane(tmp_path / "lane") as opened:
        yield opened


@pytest.fixture
def study(tmp_path):
    return open_study(str(tmp_path / "journal.log"), "study", PLAN)


def test_training_repeats_bit_by_bit_and_follows_its_seed(data):
    first, again, other = (train_kws(TINY, data.train, PLAN.recipe, 4, seed) for seed in (0, 0, 1))

    states = [module.state_dict() for module in (first, again, other)]
    assert all((states[0][name] == states[1][name]).all() for name in states[0])
    assert not all((states[0][name] == states[2][name]).all() for name in states[0])


def test_training_learns(data):
    before, after = (correct(train_kws(TINY, data.train, PLAN.recipe, steps, 0), data.test) for steps in (1, 60))

    assert before <= 15
    assert after >= 25


def test_a_training_is_looked_at_half_way_and_at_the_end_and_rests(data):
    rests, looks = [], []
    seen = Looks(rest=lambda: rests.append(0), checkpoint=lambda module: looks.append(module.training))

    module = train_kws(TINY, data.train, PLAN.recipe, 20, 0, seen)

    assert looks == [False, False]
    assert len(rests) == 2
    assert not module.training


def test_a_look_may_stop_a_training(data):
    def stop(_):
        raise Stopped

    with pytest.raises(Stopped):
        train_kws(TINY, data.train, PLAN.recipe, 20, 0, Looks(checkpoint=stop))


def test_a_trial_is_priced_trained_and_told(study, data, lane):
    make_trial(study, study.ask(), TINY, data, PLAN, Counted(), lane)

    told = study.trials[0]
    assert told.state is TrialState.COMPLETE
    assert told.values == [curve_of(told)[-1] / 50, operations(TINY)]
    assert told.user_attrs["workload"] == TINY.id
    assert len(curve_of(told)) == 2


def test_a_network_is_trained_once(study, data, lane, monkeypatch):
    make_trial(study, study.ask(), TINY, data, PLAN, Counted(), lane)
    monkeypatch.setattr("archbench.search.training.train_kws", None)

    make_trial(study, study.ask(), TINY, data, PLAN, Counted(), lane)

    assert study.trials[1].values == study.trials[0].values


def test_a_trial_that_cannot_win_is_stopped_half_way(study, data, lane, monkeypatch):
    make_trial(study, study.ask(), TINY, data, PLAN, Counted(), lane)
    monkeypatch.setattr("archbench.search.worker.cannot_win", lambda *_: True)

    make_trial(study, study.ask(), DEARER, data, PLAN, Counted(), lane)

    assert study.trials[1].state is TrialState.PRUNED
    assert len(curve_of(study.trials[1])) == 1


def test_a_trial_that_fails_is_told_so(study, data, lane):
    class Broken:
        @staticmethod
        def of(_):
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        make_trial(study, study.ask(), TINY, data, PLAN, Broken(), lane)

    assert study.trials[0].state is TrialState.FAIL


def test_a_network_that_cannot_be_priced_costs_itself_alone(study, data, lane):
    class Picky:
        @staticmethod
        def of(workload):
            if workload == DEARER:
                raise BackendError(f"{DEARER.id} has no latency on torch: parity failure.")
            return Counted.of(workload)

    for workload in (DEARER, TINY, DEARER):
        make_trial(study, study.ask(), workload, data, PLAN, Picky(), lane)

    assert [trial.state for trial in study.trials] == [TrialState.PRUNED, TrialState.COMPLETE, TrialState.PRUNED]
    assert refused_trials(study) == [f"{DEARER.id} has no latency on torch: parity failure."] * 2
    assert [record.workload for record in trial_records(study, PLAN, 50)] == [TINY.id]
    assert [member.workload for member in front(study)] == [TINY]


@pytest.mark.parametrize(
    ("right", "others", "lost"),
    [(100, [], False), (100, [110], False), (100, [300], True), (100, [90, 300], True), (300, [100], False)],
)
def test_only_what_is_surely_behind_cannot_win(right, others, lost):
    assert cannot_win(right, others, 400) is lost
