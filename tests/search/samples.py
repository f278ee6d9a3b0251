"""Searches with a known outcome."""

from archbench.records.search import SearchRecord, TrainedRecord, TrialRecord
from archbench.stats.proportion import share
from archbench.workloads.ids import parse_workload
from archbench.workloads.kws import operations

SQUARE = "kws-3x3m10-3x3m10-3x3m10-3x3m10-3x3m10-3x3m10-b1"


def trained(workload, correct, *, unheard=None, **costs):
    """A network that has so many of 600 right, of those of an unheard speaker so many of 500."""
    return TrainedRecord(
        workload=workload,
        operations=operations(parse_workload(workload)),
        parameters=1,
        costs=costs,
        validation=correct / 600,
        accuracy=share(correct, 600),
        unheard=None if unheard is None else share(unheard, 500),
    )


def search(front, *, seed=("kws-seed-b1", 550), objectives=("operations",), unheard=None, **kwargs):
    """A search whose front holds the networks, each with how many it has right."""
    members = tuple(trained(name, correct, unheard=unheard) for name, correct in front)
    trials = (
        TrialRecord(number=0, workload="kws3-b1", accuracy=0.8, costs=dict.fromkeys(objectives, 8e7)),
        TrialRecord(number=1, workload="kws12-b1", accuracy=0.2, costs=dict.fromkeys(objectives, 1e7), stopped=True),
    )
    fields = {"lost": 0, "frozen": (("kernel2", "3x3"),), "seeds": 1, "seconds": 12.0} | kwargs
    return SearchRecord(
        study="kws-1",
        dataset="words",
        objectives=objectives,
        trials=trials,
        seed=trained(*seed, unheard=unheard),
        front=members,
        tuned=members,
        **fields,
    )
