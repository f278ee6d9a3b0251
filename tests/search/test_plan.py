"""Budgets, rounds, objectives and the space."""

import msgspec
import pytest

from archbench.errors import UnknownNameError, UsageError
from archbench.search.plan import PRESETS, SearchPlan, backend_of, whole_objective
from archbench.search.space import Space, choice_of, workload_of
from archbench.workloads.kws import NAMED, SEED, KwsWorkload


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_a_plan(preset):
    plan = SearchPlan(**PRESETS[preset])

    assert plan.total >= plan.trials
    assert msgspec.json.decode(msgspec.json.encode(plan), type=SearchPlan) == plan


def test_the_papers_numbers():
    plan = SearchPlan(**PRESETS["paper"])

    assert (plan.trials, plan.later_trials) == (300, 500)
    assert (plan.iterations, plan.full_iterations) == (8000, 40_000)
    assert (plan.recipe.batch, plan.recipe.learning_rate, plan.recipe.decays) == (25, 1e-3, False)
    assert plan.most_filters == 100


def test_rounds_follow_the_trials():
    plan = SearchPlan(trials=3, later_trials=2, rounds=3)

    assert plan.total == 7
    assert [plan.round_of(position) for position in range(7)] == [0, 0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("name", ["trials", "later_trials", "rounds", "iterations", "full_iterations", "seeds"])
def test_a_budget_of_nothing_is_one_line(name):
    with pytest.raises(UsageError, match=rf"a search needs a budget: `{name} >= 1` must hold, but got {name}=0\."):
        SearchPlan(**{name: 0})


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        ("speed", "unknown objective 'speed'"),
        ("latency:tensorflow", "unknown backend 'tensorflow'"),
        ("latency", "unknown backend ''"),
        ("energy:torch", "unknown objective 'energy:torch'"),
        ("instructions:abacus", "unknown backend 'abacus'"),
    ],
)
def test_an_unknown_objective_is_one_line(objective, message):
    with pytest.raises(UnknownNameError, match=message):
        SearchPlan(objectives=(objective,))


def test_latency_alone_is_that_of_openvino():
    assert whole_objective("latency") == "latency:openvino-cpu-f32"
    assert whole_objective("latency:torch") == "latency:torch"
    assert backend_of("latency:torch") == "torch"
    assert backend_of("operations") is None


def test_instructions_alone_are_those_of_openvino():
    assert whole_objective("instructions") == "instructions:openvino-cpu-f32"
    assert backend_of("instructions:torch") == "torch"


@pytest.mark.parametrize("asked", [{"objectives": ("predicted",)}, {"predictor": "prices.json"}])
def test_a_prediction_needs_its_predictor(asked):
    with pytest.raises(UsageError, match="objective predicted and --predictor FILE go together"):
        SearchPlan(**asked)


@pytest.mark.parametrize("name", NAMED)
def test_the_published_networks_lie_in_the_space(name):
    choice, space = choice_of(KwsWorkload.named(name)), Space().settings

    assert workload_of(choice) == KwsWorkload.named(name)
    assert all(choice[setting] in values for setting, values in space.items())
    assert list(choice) == list(space)


def test_the_bounds_are_the_papers():
    settings = Space().settings

    assert len(settings) == 12
    assert max(settings["filters3"]) == NAMED[SEED][2].filters == 100
    assert "4x10" in settings["kernel1"]
    assert settings["kernel2"] == ("1x1", "3x3", "5x5")
    assert max(Space(most_filters=50).settings["filters1"]) == 50
