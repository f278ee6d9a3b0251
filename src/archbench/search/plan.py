"""How long to search and how to train, as data that imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archbench.errors import UnknownNameError, UsageError
from archbench.registry import ACCELERATED_BACKEND, BACKENDS, check_name
from archbench.search.space import SEED_FILTERS

OPERATIONS = "operations"
LATENCY = "latency"
INSTRUCTIONS = "instructions"
PREDICTED = "predicted"

#: The instrument that counts instructions.
COUNTER = "callgrind"

_OF_BACKENDS = (LATENCY, INSTRUCTIONS)

#: What chooses the next trial: a tree-structured Parzen estimator, or chance, to hold it against.
SAMPLERS = ("tpe", "random")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a network is trained (search paper, section IV): Adam on batches drawn anew each time around.

    Args:
        batch: examples an iteration.
        learning_rate: of Adam.
        decays: whether it falls linearly to zero; the paper's does not, short trainings end calmer with it.
    """

    batch: int = 25
    learning_rate: float = 1e-3
    decays: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPlan:
    """Algorithm 1's budget.

    Args:
        trials: of the first search.
        later_trials: of each search around one more frozen setting.
        rounds: searches, the first included: 13 at most, when all twelve settings are frozen.
        iterations: of a trial's training.
        full_iterations: of the front's and the seed's.
        recipe: how either is trained.
        most_filters: of a unit.
        tuned: members of the front that are trained in full, spread over it; None means all.
        seeds: trainings in full of each.
        limit_s: no trial begins later than this after the search; None means no limit.
        objectives: costs, beside accuracy: `operations`, `latency:BACKEND` (measured), `instructions:BACKEND` (of a warm
            inference on the simulated machine), or `predicted` (latency by `predictor`).
        predictor: file that `archbench predict --save` wrote, or None.
        sampler: one of SAMPLERS.
        seed: of sampling and training.

    Raises:
        UsageError: a budget of nothing, or one of objective `predicted` and a predictor without the other.
        UnknownNameError: no such objective, backend or sampler.
    """

    trials: int = 300
    later_trials: int = 500
    rounds: int = 2
    iterations: int = 8000
    full_iterations: int = 40_000
    recipe: Recipe = Recipe()
    most_filters: int = SEED_FILTERS
    tuned: int | None = None
    seeds: int = 3
    limit_s: float | None = None
    objectives: tuple[str, ...] = (OPERATIONS,)
    predictor: str | None = None
    sampler: str = "tpe"
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("trials", "later_trials", "rounds", "iterations", "full_iterations", "seeds"):
            if getattr(self, name) < 1:
                raise UsageError(f"a search needs a budget: `{name} >= 1` must hold, but got {name}={getattr(self, name)}.")
        if not self.objectives:
            raise UsageError(f"a search needs an objective beside accuracy, such as {OPERATIONS}.")
        for objective in self.objectives:
            backend_of(objective)
        if (PREDICTED in self.objectives) != (self.predictor is not None):
            raise UsageError(f"objective {PREDICTED} and --predictor FILE go together; `archbench predict --save` writes FILE.")
        if self.sampler not in SAMPLERS:
            raise UnknownNameError("sampler", self.sampler, SAMPLERS)

    @property
    def total(self) -> int:
        """Trials of all rounds."""
        return self.trials + (self.rounds - 1) * self.later_trials

    def round_of(self, position: int) -> int:
        """The round of the trial before which so many were made; that is how many settings are frozen for it."""
        return 0 if position < self.trials else 1 + (position - self.trials) // self.later_trials


def backend_of(objective: str) -> str | None:
    """The backend that an objective is measured or counted on, or None for operations and predictions.

    Raises:
        UnknownNameError: no such objective or backend.
    """
    if objective in (OPERATIONS, PREDICTED):
        return None
    kind, _, backend = objective.partition(":")
    if kind not in _OF_BACKENDS:
        raise UnknownNameError("objective", objective, (OPERATIONS, *(f"{name}:BACKEND" for name in _OF_BACKENDS), PREDICTED))
    return check_name("backend", BACKENDS, backend)


def whole_objective(objective: str) -> str:
    """`latency` and `instructions` alone mean those of OpenVINO."""
    return f"{objective}:{ACCELERATED_BACKEND}" if objective in _OF_BACKENDS else objective


#: Quick: on two cores it ends in under ten minutes, by the limit if need be.
PRESETS: Mapping[str, Mapping[str, object]] = {
    "quick": {
        "trials": 40,
        "later_trials": 30,
        "rounds": 3,
        "iterations": 100,
        "full_iterations": 200,
        "recipe": Recipe(learning_rate=3e-3, decays=True),
        "most_filters": 50,
        "tuned": 6,
        "seeds": 1,
        "limit_s": 330.0,
    },
    "paper": {},
}
