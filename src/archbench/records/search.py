"""What an architecture search found: the front after training in full, beside the seed trained for as long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archbench.records.interval import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """A trial that ended.

    Args:
        number: of the study.
        workload: id of its network.
        accuracy: share of the validation part; of a stopped one that at which it was stopped.
        costs: by objective.
        stopped: whether it could not win and was stopped.
    """

    number: int
    workload: str
    accuracy: float
    costs: Mapping[str, float]
    stopped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedRecord:
    """A network trained in full.

    Args:
        workload: its id.
        operations: the paper's Equation 1.
        parameters: weights, scales, shifts and biases.
        costs: by objective; empty for the seed where they were not asked.
        validation: accuracy on the part that chose it, mean over the seeds.
        accuracy: on the test part, with its interval over examples and seeds.
        unheard: the same trained and judged on a split in which who judges was never heard; None where there is none.
    """

    workload: str
    operations: int
    parameters: int
    costs: Mapping[str, float]
    validation: float
    accuracy: Interval
    unheard: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRecord:
    """A whole search.

    Args:
        study: its name in the storage.
        dataset: what was learnt.
        objectives: the costs, in order.
        trials: every trial that ended.
        lost: trials of killed workers.
        frozen: settings in the order in which they were frozen.
        seed: the network that the search is held against.
        front: what is left after training in full, the dearest first.
        tuned: every network that was trained in full, the seed excepted.
        seeds: trainings behind each accuracy.
        seconds: wall time of this run.
        refused: why networks of trials have no cost.
    """

    study: str
    dataset: str
    objectives: tuple[str, ...]
    trials: tuple[TrialRecord, ...]
    lost: int
    frozen: tuple[tuple[str, str], ...]
    seed: TrainedRecord
    front: tuple[TrainedRecord, ...]
    tuned: tuple[TrainedRecord, ...]
    seeds: int
    seconds: float
    refused: tuple[str, ...] = ()
