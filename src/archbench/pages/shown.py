"""What several parts of the page show alike: outcomes and verdicts as cells, and what is absent."""

from __future__ import annotations

from collections.abc import Sequence

from archbench.experiments.claim import Finding, Outcome
from archbench.gate.verdict import CaseVerdict
from archbench.report.plot import Block, Cell

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


def setting_text(value: object) -> str:
    """A fact of the machine, which may be a list of them."""
    return ", ".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)


def sentence(line: str) -> str:
    """A line of a command's answer as a sentence."""
    return f"{line[0].upper()}{line[1:].rstrip('.')}."


def absent(anchor: str, title: str, command: str, *words: str) -> Block:
    """A part that the set holds nothing for, and what measures it."""
    return Block(anchor=anchor, title=title, words=words, command=command, absent=True)
