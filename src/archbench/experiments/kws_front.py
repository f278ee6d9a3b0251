"""Claims of the search paper (Anderson et al. 2020, arXiv 2001.02976), Figure 4 and Table II, on the front of one search."""

from __future__ import annotations

from collections.abc import Mapping

from archbench.experiments.claim import Finding, Outcome
from archbench.records.search import SearchRecord, TrainedRecord
from archbench.workloads.ids import parse_workload
from archbench.workloads.kws import CLASSES, KwsWorkload

#: What the front spans in operations at least, and what share of the seed's operations is enough.
SPAN = 10.0
SHARE = 1 / 3

_SQUARE = (3, 3)


def fewer_operations_suffice(record: SearchRecord) -> Finding:
    """A network of the front has at most SHARE of the seed's operations and is as accurate, within the seed's interval."""
    cheap = [entry for entry in record.front if entry.operations <= SHARE * record.seed.operations]
    low = record.seed.accuracy.bounded[0]
    if not cheap:
        return Finding(outcome=Outcome.NOT_MEASURED, evidence="no network of the front has so few operations")
    best = max(cheap, key=lambda entry: entry.accuracy.estimate)
    share = best.operations / record.seed.operations
    evidence = f"{_shown(best)} with {share:.2f} of the operations, the seed {_percent(record.seed)}"
    if best.accuracy.estimate >= low:
        return Finding(outcome=Outcome.HOLDS, evidence=evidence)
    apart = best.accuracy.bounded[1] < low
    return Finding(outcome=Outcome.DOES_NOT_HOLD if apart else Outcome.INCONCLUSIVE, evidence=evidence)


def fewer_filters_suffice(record: SearchRecord) -> Finding:
    """A network of the front that is as accurate, within the seed's interval, has fewer filters in all."""
    seed = _filters(record.seed)
    equal = [entry for entry in record.front if entry.accuracy.estimate >= record.seed.accuracy.bounded[0]]
    if not equal:
        return Finding(outcome=Outcome.INCONCLUSIVE, evidence="no network of the front is as accurate as the seed")
    least = min(equal, key=_filters)
    outcome = Outcome.HOLDS if _filters(least) < seed else Outcome.DOES_NOT_HOLD
    return Finding(outcome=outcome, evidence=f"{_shown(least)} has {_filters(least)} filters, the seed {seed}")


def squares_are_not_optimal(record: SearchRecord) -> Finding:
    """No network of the front has 3 x 3 kernels everywhere."""
    square = [entry for entry in record.front if {unit.kernel for unit in _network(entry).units} == {_SQUARE}]
    if not record.front:
        return Finding(outcome=Outcome.NOT_MEASURED, evidence="there is no front")
    if square:
        return Finding(outcome=Outcome.DOES_NOT_HOLD, evidence=f"{_shown(square[0])} has")
    return Finding(outcome=Outcome.HOLDS, evidence=f"none of {len(record.front)} has")


def front_spans_an_order(record: SearchRecord) -> Finding:
    """The dearest network of the front has SPAN times the operations of the cheapest or more."""
    if not record.front:
        return Finding(outcome=Outcome.NOT_MEASURED, evidence="there is no front")
    counts = [entry.operations for entry in record.front]
    span = max(counts) / min(counts)
    evidence = f"{min(counts) / 1e6:.1f} to {max(counts) / 1e6:.1f} million operations, {span:.1f}x"
    return Finding(outcome=Outcome.HOLDS if span >= SPAN else Outcome.DOES_NOT_HOLD, evidence=evidence)


STATEMENTS = {
    "A network with a third of the seed's operations is as accurate.": fewer_operations_suffice,
    "Fewer filters than the seed's suffice.": fewer_filters_suffice,
    "3 x 3 kernels everywhere are not optimal.": squares_are_not_optimal,
    "The front spans more than 10x in operations.": front_spans_an_order,
}


def judge_front(record: SearchRecord) -> Mapping[str, Finding]:
    """A finding for each statement; of networks that know no more than chance nothing is concluded."""
    if record.seed.accuracy.bounded[0] <= 1 / CLASSES:
        learnt = Finding(outcome=Outcome.INCONCLUSIVE, evidence=f"the seed learnt nothing: {_percent(record.seed)}")
        return dict.fromkeys(STATEMENTS, learnt)
    return {statement: find(record) for statement, find in STATEMENTS.items()}


def _network(entry: TrainedRecord) -> KwsWorkload:
    found = parse_workload(entry.workload)
    assert isinstance(found, KwsWorkload)
    return found


def _filters(entry: TrainedRecord) -> int:
    return sum(unit.filters for unit in _network(entry).units)


def _shown(entry: TrainedRecord) -> str:
    return f"{_network(entry).family} at {_percent(entry)}"


def _percent(entry: TrainedRecord) -> str:
    low, high = entry.accuracy.bounded
    return f"{entry.accuracy.estimate:.1%} [{low * 100:.1f}, {high * 100:.1f}]"
