"""A paper's finding as a predicate over records, judged with its interval."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from archbench.records.interval import Interval
from archbench.records.record import CaseRecord, Status
from archbench.units import format_ratio
from archbench.workloads.case import Case
from archbench.workloads.ids import parse_case
from archbench.workloads.pattern import PatternWorkload

_SHOWN = 2


class Outcome(Enum):
    """What the records say of a claim."""

    HOLDS = "holds"
    DOES_NOT_HOLD = "does not hold here"
    INCONCLUSIVE = "inconclusive"
    NOT_MEASURED = "not measured"

    @property
    def decided(self) -> bool:
        """Holds or does not hold; only a change between these two is a changed verdict."""
        return self in (Outcome.HOLDS, Outcome.DOES_NOT_HOLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An outcome with the numbers behind it, as one line."""

    outcome: Outcome
    evidence: str


def finding_lines(findings: Mapping[str, Finding]) -> Iterator[str]:
    """A line for each claim, by name, that the cases answer, and one for all others."""
    answered = {name: found for name, found in findings.items() if found.outcome is not Outcome.NOT_MEASURED}
    for name, found in answered.items():
        yield f"claim {name}: {found.outcome.value} ({found.evidence})"
    if len(answered) < len(findings):
        yield f"{len(findings) - len(answered)} of {len(findings)} claims are not of these cases"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A measured case, parsed."""

    case: Case
    record: CaseRecord

    @property
    def pattern_network(self) -> PatternWorkload:
        """Its workload, where the claim is of pattern networks alone."""
        assert isinstance(self.case.workload, PatternWorkload)
        return self.case.workload


def is_timed(record: CaseRecord) -> bool:
    """Its latency was measured."""
    return record.status is Status.MEASURED


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """`source` is paper, section and figure.

    `judge` takes the points it needs, of workloads of the kind `of`, and never raises on missing ones.
    """

    name: str
    source: str
    statement: str
    judge: Callable[[tuple[Point, ...]], Finding]
    needs: Callable[[CaseRecord], bool] = is_timed
    of: type = PatternWorkload


def judge(claim: Claim, records: Mapping[str, CaseRecord]) -> Finding:
    """The claim's outcome over the honest records it needs among `records`."""
    points = (
        Point(case=parse_case(case_id), record=record)
        for case_id, record in records.items()
        if record.is_case and claim.needs(record) and not record.planted
    )
    return claim.judge(tuple(point for point in points if isinstance(point.case.workload, claim.of)))


def has_changed(accepted: str | None, outcome: Outcome) -> bool:
    """Whether a decided outcome at the baseline became the other one; a move to or from inconclusive is a matter of noise."""
    decided = {entry.value for entry in Outcome if entry.decided}
    return accepted in decided and outcome.value in decided and accepted != outcome.value


def settle(parts: Iterable[tuple[bool | None, str]]) -> Finding:
    """One finding from many parts, each true, false or (None) undecided, with its evidence.

    One false part refutes the claim, one undecided part leaves it open, no part means not measured.
    """
    found = list(parts)
    if not found:
        return Finding(outcome=Outcome.NOT_MEASURED, evidence="the cases it needs were not measured in this run")
    for value, outcome in ((False, Outcome.DOES_NOT_HOLD), (None, Outcome.INCONCLUSIVE)):
        against = [evidence for truth, evidence in found if truth is value]
        if against:
            return Finding(outcome=outcome, evidence=_shorten(against))
    return Finding(outcome=Outcome.HOLDS, evidence=_shorten([evidence for _, evidence in found]))


def settle_each(parts: Iterable[tuple[bool | None, str]]) -> Finding:
    """As `settle`, with every part named under its own verdict: for a claim that users read member by member."""
    found = list(parts)
    groups = [
        f"{title}: {', '.join(members)}"
        for truth, title in ((True, "holds"), (False, "does not"), (None, "open"))
        if (members := [evidence for value, evidence in found if value is truth])
    ]
    settled = settle(found)
    return Finding(outcome=settled.outcome, evidence="; ".join(groups) or settled.evidence)


def compare(bounds: tuple[float, float], threshold: float) -> bool | None:
    """Wholly at or above the threshold, wholly below it, or undecided."""
    low, high = bounds
    return True if low >= threshold else False if high < threshold else None


def show(interval: Interval) -> str:
    """A ratio with its interval."""
    low, high = interval.bounded
    return f"{format_ratio(interval.estimate)} [{low:.2f}, {high:.2f}]"


def _shorten(evidence: list[str]) -> str:
    shown = "; ".join(evidence[:_SHOWN])
    return shown if len(evidence) <= _SHOWN else f"{shown}; and {len(evidence) - _SHOWN} more like it"
