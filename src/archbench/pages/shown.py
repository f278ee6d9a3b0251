"""Numbers as cells: the same words for the same thing in every table of the page."""

from __future__ import annotations

from archbench.experiments.claim import Finding, Outcome
from archbench.gate.verdict import CaseVerdict
from archbench.records.interval import Interval
from archbench.report.plot import Block, Cell
from archbench.units import format_ratio, format_seconds

_OUTCOMES = {
    Outcome.HOLDS: "holds",
    Outcome.DOES_NOT_HOLD: "refuted",
    Outcome.INCONCLUSIVE: "open",
    Outcome.NOT_MEASURED: "absent",
}


def outcome_cell(finding: Finding) -> Cell:
    """The outcome of a claim."""
    return Cell(text=finding.outcome.value, mark=_OUTCOMES[finding.outcome])


def verdict_cell(entry: CaseVerdict) -> Cell:
    """The verdict on a case."""
    return Cell(text=entry.verdict.value, mark=entry.verdict.value.replace(" ", "-"))


def seconds_text(interval: Interval | None) -> str:
    """A time with its interval."""
    if interval is None:
        return "-"
    if interval.low is None or interval.high is None:
        return format_seconds(interval.estimate)
    return f"{format_seconds(interval.estimate)} [{format_seconds(interval.low)}, {format_seconds(interval.high)}]"


def ratio_text(interval: Interval | None) -> str:
    """A ratio with its interval."""
    if interval is None:
        return "-"
    if interval.low is None or interval.high is None:
        return format_ratio(interval.estimate)
    return f"{format_ratio(interval.estimate)} [{interval.low:.2f}, {interval.high:.2f}]"


def absent(anchor: str, title: str, command: str, *words: str) -> Block:
    """A part that the set holds nothing for, and what measures it."""
    return Block(anchor=anchor, title=title, words=words, command=command, absent=True)
