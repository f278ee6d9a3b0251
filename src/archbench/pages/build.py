"""The whole page from one set or two."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from archbench.pages.comparison import comparison_section
from archbench.pages.findings import Judged, claims_section, judge_all
from archbench.pages.form import form_section
from archbench.pages.method import method_section
from archbench.pages.morning import Judgement, gate_cell, judge_set, morning_section
from archbench.pages.record_set import RecordSet
from archbench.pages.searched import search_section
from archbench.pages.units import behaviour_section
from archbench.records.record import Status
from archbench.report.plot import Block, Cell, Page, Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What a page is judged by, besides the records.

    Args:
        baselines: folder of accepted runs and noise floors.
        history: the store of earlier nights, if there is one.
        min_effect: smallest relative change that counts.
        command: as it was typed.
    """

    baselines: Path
    history: Path | None
    min_effect: float
    command: str


def page_of(records: RecordSet, sources: Sources) -> Page:
    """One set: what the gate says of it, every figure, every claim, and how it was measured.

    Raises:
        RecordFileError: a baseline or the noise floor is broken.
    """
    judgements = judge_set(records, sources.baselines, sources.min_effect)
    judged = judge_all(records)
    return Page(
        title=f"archbench report of {records.name}",
        facts=(*_gate_facts(judgements), *_facts(records)),
        sections=(
            morning_section(judgements, sources.min_effect, sources.history),
            *_science(records, judged),
            claims_section([("", "", judged)]),
            method_section(records, sources.baselines, sources.min_effect),
        ),
        command=sources.command,
    )


def page_of_two(first: RecordSet, second: RecordSet, sources: Sources) -> Page:
    """Two sets side by side: ratios of what both measured, each figure twice, and claims in one table.

    Raises:
        RecordFileError: a noise floor is broken.
    """
    both = (("A", "a-", first, judge_all(first)), ("B", "b-", second, judge_all(second)))
    science = [[_tagged(section, name, tag) for section in _science(records, judged)] for name, tag, records, judged in both]
    methods = [
        _tagged(method_section(records, sources.baselines, sources.min_effect), name, tag) for name, tag, records, _ in both
    ]
    return Page(
        title=f"archbench report of {first.name} (A) and {second.name} (B)",
        facts=tuple((f"{what} of {name}", answer) for name, _, records, _ in both for what, answer in _facts(records)),
        sections=(
            comparison_section(first, second, sources.min_effect),
            *(_side_by_side(pair) for pair in zip(*science, strict=True)),
            claims_section([(name, tag, judged) for name, tag, _, judged in both]),
            _side_by_side(methods),
        ),
        command=sources.command,
    )


def _science(records: RecordSet, judged: Sequence[Judged]) -> tuple[Section, ...]:
    return form_section(records, judged), behaviour_section(records, judged), search_section(records, judged)


def _facts(records: RecordSet) -> tuple[tuple[str, Cell | str], ...]:
    days = sorted({str(run.document.get("datetime", ""))[:10] for run in records.runs} - {""})
    measured = sum(record.status in (Status.MEASURED, Status.COUNTED) for record in records.records.values())
    versions = [f"{name} {records.versions[name]}" for name in ("torch", "openvino") if name in records.versions]
    return (
        ("machine", Cell(text=str(records.machine.get("cpu") or records.fingerprint))),
        ("measured", " to ".join(dict.fromkeys((days[0], days[-1]))) if days else "-"),
        ("cases", f"{measured:,} of {len(records.records):,} in {len(records.runs)} runs"),
        ("versions", ", ".join(versions) or "-"),
    )


def _gate_facts(judgements: Sequence[Judgement]) -> tuple[tuple[str, Cell | str], ...]:
    """The worst answer of the gate, at the head of the page."""
    reports = [entry.report for entry in judgements if entry.report is not None]
    if not reports:
        return (("gate", Cell(text="no baseline", mark="absent", link="verdicts")),)
    order = {"bad": 0, "open": 1, "good": 2}
    worst = min((gate_cell(report) for report in reports), key=lambda cell: order[cell.mark])
    return (("gate", dataclasses.replace(worst, link="verdicts")),)


def _tagged(section: Section, name: str, tag: str) -> Section:
    """The section with anchors and files that say which of the two sets it is of."""
    return dataclasses.replace(section, blocks=tuple(_tagged_block(block, name, tag) for block in section.blocks))


def _tagged_block(block: Block, name: str, tag: str) -> Block:
    plot = None if block.plot is None else dataclasses.replace(block.plot, name=f"{tag}{block.plot.name}")
    return dataclasses.replace(block, anchor=f"{tag}{block.anchor}", title=f"{name}. {block.title}", plot=plot)


def _side_by_side(sections: Sequence[Section]) -> Section:
    """One section whose blocks take turns; where one set has fewer, the other's follow."""
    turns = itertools.zip_longest(*(section.blocks for section in sections))
    blocks = tuple(block for turn in turns for block in turn if block is not None)
    return dataclasses.replace(sections[0], blocks=blocks)
