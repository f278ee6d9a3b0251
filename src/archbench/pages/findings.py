"""Every claim of the three papers judged over one set, each with the place on the page that shows its evidence."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from archbench.experiments.accuracy import STATEMENT as INT8_STATEMENT
from archbench.experiments.accuracy import int8_destroys_accuracy
from archbench.experiments.behaviour import PLATFORM_CLAIMS, on_every_platform
from archbench.experiments.claim import Claim, Finding, Outcome, judge, settle
from archbench.experiments.claims import CLAIMS
from archbench.experiments.kws_front import STATEMENTS as FRONT_STATEMENTS
from archbench.experiments.kws_front import judge_front
from archbench.experiments.published import STATED
from archbench.pages.record_set import RecordSet
from archbench.pages.shown import outcome_cell, sentence
from archbench.report.plot import Block, Cell, Grid, Section, grid

_SEARCH_SOURCE = "search paper, section V, Figure 4, Table II"
_ACCURACY_SOURCE = "behaviour study, section 4.5"

#: Where the evidence stands of claims whose source does not name a figure of the page.
_PLACES: Mapping[str, str] = {
    "native-per-image-latency-rises-with-batch": "figure-1-batch",
    "accelerated-per-image-latency-steady-with-batch": "figure-1-batch",
    "behaviour-1-conv-latency-is-a-staircase": "staircases",
    "behaviour-2-depthwise-latency-zigzags": "staircases",
    "behaviour-3-kernels-cost-less-than-operations": "kernels",
    "behaviour-5-some-activation-costs": "activations",
    "behaviour-7-operations-do-not-rank-blocks": "blocks",
    "behaviour-8-attention-costs-more-than-operations": "blocks",
    "kws-front-is-faster": "kws",
    "kws-operations-do-not-tell-latency": "kws",
}

#: By the first word of the source.
_ELSEWHERE = {"form/function": "figure-1", "behaviour": "units", "search": "kws"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A claim with its finding. `anchors` are the places that show its evidence, the first of them linked."""

    name: str
    source: str
    statement: str
    finding: Finding
    anchors: tuple[str, ...]


def judge_all(records: RecordSet) -> tuple[Judged, ...]:
    """Every claim in the order of the papers; none is left out because it failed or was not measured."""
    return (*_of_cases(records), *_of_searches(records), _of_accuracy(records))


def _of_cases(records: RecordSet) -> Iterator[Judged]:
    by_platform = {claim.name: claim for claim in PLATFORM_CLAIMS}
    for claim in CLAIMS:
        # Units are looked at once for all findings on them.
        if claim.name in by_platform:
            finding = on_every_platform(by_platform[claim.name], records.units)
        else:
            finding = judge(claim, records.those(claim.needs))
        yield Judged(name=claim.name, source=claim.source, statement=claim.statement, finding=finding, anchors=_anchors(claim))


def _anchors(claim: Claim) -> tuple[str, ...]:
    if claim.name in _PLACES:
        return (_PLACES[claim.name],)
    paper = claim.source.split()[0]
    figures = re.findall(r"\d+", claim.source.partition("Figure")[2].partition(";")[0])
    if paper == "form/function" and figures:
        return tuple(f"figure-{number}" for number in figures)
    return (_ELSEWHERE.get(paper, "cases"),)


def _of_searches(records: RecordSet) -> Iterator[Judged]:
    nothing = Finding(outcome=Outcome.NOT_MEASURED, evidence="there is no result of a search in this set")
    # Of several searches the last one is judged; each has its own figure.
    found = judge_front(records.searches[-1]) if records.searches else dict.fromkeys(FRONT_STATEMENTS, nothing)
    for index, (statement, finding) in enumerate(found.items(), start=1):
        yield Judged(
            name=f"search-front-{index}", source=_SEARCH_SOURCE, statement=statement, finding=finding, anchors=("front",)
        )


def _of_accuracy(records: RecordSet) -> Judged:
    finding = int8_destroys_accuracy(records.accuracy) if records.accuracy else settle(())
    return Judged(
        name="int8-destroys-accuracy",
        source=_ACCURACY_SOURCE,
        statement=INT8_STATEMENT,
        finding=finding,
        anchors=("accuracy",),
    )


def evidence_section(anchor: str, title: str, blocks: Iterable[Block], records: RecordSet, judged: Sequence[Judged]) -> Section:
    """A part of the page, in each block first what a paper states of it."""
    said = (dataclasses.replace(block, tables=(*_stated(block.anchor, records, judged), *block.tables)) for block in blocks)
    return Section(anchor=anchor, title=title, blocks=tuple(said))


def _stated(anchor: str, records: RecordSet, judged: Sequence[Judged]) -> tuple[Grid, ...]:
    """What the paper says of what stands at the anchor, numbers and then sentences, beside what was found; () if nothing."""
    rows: list[tuple[Cell | str, ...]] = [
        (f"{entry.what}: {entry.value}", entry.source, "", entry.here(records.records) or "-")
        for entry in STATED
        if anchor in (entry.figure, f"figure-{entry.figure}")
    ]
    rows += [
        (entry.statement, entry.source, outcome_cell(entry.finding), entry.finding.evidence)
        for entry in judged
        if anchor in entry.anchors
    ]
    return (grid(("the paper states", "where", "verdict here", "measured here"), rows, left=4),) if rows else ()


def claims_section(sets: Sequence[tuple[str, str, tuple[Judged, ...]]]) -> Section:
    """Every claim in one table; of several sets, as (name, tag of its anchors, findings), verdicts stand side by side."""
    names = [name for name, _, _ in sets]
    columns = [
        "claim",
        "source",
        *(f"verdict {name}".strip() for name in names),
        *(f"measured {name}".strip() for name in names),
    ]
    rows = []
    for entries in zip(*(judged for _, _, judged in sets), strict=True):
        first = entries[0]
        linked = [
            Cell(text=entry.finding.evidence, link=f"{tag}{entry.anchors[0]}")
            for entry, (_, tag, _) in zip(entries, sets, strict=True)
        ]
        rows.append((first.statement, first.source, *(outcome_cell(entry.finding) for entry in entries), *linked))
    return Section(
        anchor="claims",
        title="Claims",
        blocks=(
            Block(
                anchor="every-claim",
                title=f"All {len(rows)} claims of the three papers",
                words=tuple(_counted(name, judged) for name, _, judged in sets),
                tables=(grid(columns, rows, left=len(columns)),),
            ),
        ),
    )


def _counted(name: str, judged: Sequence[Judged]) -> str:
    counts = {outcome: sum(entry.finding.outcome is outcome for entry in judged) for outcome in Outcome}
    said = ", ".join(f"{count} {outcome.value}" for outcome, count in counts.items() if count)
    return f"{name}: {said}." if name else sentence(said) if said else "There are none."
