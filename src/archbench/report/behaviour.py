"""Tables of the behaviour study: findings by platform, staircases, advice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from archbench.records.interval import Interval
from archbench.report.numbers import ratio_text
from archbench.report.table import plain_table, table_text
from archbench.units import format_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """A claim on one platform."""

    claim: str
    platform: str
    outcome: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsRow:
    """A sweep on one platform. `edges` are the counts worth using."""

    sweep: str
    platform: str
    points: int
    shape: str
    width: int | None
    height: float
    p_value: float
    edges: tuple[int, ...]


def findings_table(rows: Sequence[FindingRow], statements: Mapping[str, str]) -> str:
    """One line a claim with each platform's outcome; then each claim in words with every platform's numbers."""
    platforms = list(dict.fromkeys(row.platform for row in rows))
    table = plain_table("claim", *platforms, left=len(platforms) + 1)
    lines: list[str] = []
    for claim, statement in statements.items():
        found = {row.platform: row for row in rows if row.claim == claim}
        table.add_row(claim, *(found[name].outcome if name in found else "-" for name in platforms))
        lines += ["", f"{claim}: {statement}"]
        lines += [f"  {name}: {entry.outcome} ({entry.evidence})" for name, entry in found.items()]
    return "\n".join((table_text(table), *lines))


#: What `steps_cells` holds; the first four are words.
STEPS_COLUMNS = ("sweep", "platform", "counts worth using", "shape", "points", "width", "height", "p")


def steps_cells(row: StepsRow) -> tuple[str, ...]:
    """A sweep on one platform, as a table has it."""
    return (
        row.sweep,
        row.platform,
        ", ".join(map(str, row.edges)) or "all alike",
        row.shape,
        str(row.points),
        "-" if row.width is None else str(row.width),
        f"{row.height:.0%}" if row.edges else "-",
        f"{row.p_value:.1g}",
    )


def steps_table(rows: Iterable[StepsRow]) -> str:
    """One line a sweep and platform."""
    table = plain_table(*STEPS_COLUMNS, left=4)
    for row in rows:
        table.add_row(*steps_cells(row))
    return table_text(table)


def choices_table(title: str, rows: Iterable[tuple[str, str, Interval, int, str]]) -> str:
    """What choices cost beside the usual one: choice, beside, ratio, sizes, advice."""
    table = plain_table(title, "beside", "costs [95 %]", "sizes", "advice", left=2)
    for choice, beside, ratio, sizes, advice in rows:
        table.add_row(choice, beside, ratio_text(ratio), str(sizes), advice)
    return table_text(table)


def fusions_table(rows: Iterable[tuple[str, Sequence[str], Interval, int]]) -> str:
    """What engines make of an activation behind a layer: layer, nodes that it adds, cost over the layer alone, sizes."""
    table = plain_table("fused", "adds", "costs of the layer alone [95 %]", "sizes", left=2)
    for layer, nodes, ratio, sizes in rows:
        table.add_row(layer, ", ".join(nodes) or "nothing", ratio_text(ratio), str(sizes))
    return table_text(table)


def places_table(rows: Iterable[tuple[str, int, int, Sequence[tuple[str, float]], Sequence[str]]]) -> str:
    """One line a place: pixels, channels, stride, blocks from the fastest with their latency, and those that are dominated."""
    table = plain_table("place", "channels", "stride", "blocks, the fastest first (* does less in more time)", left=4)
    for pixels, channels, stride, blocks, dominated in rows:
        named = (
            f"{name.removesuffix('-block')}{'*' if name in dominated else ''} {format_seconds(own)}" for name, own in blocks
        )
        table.add_row(pixels, str(channels), str(stride), ", ".join(named))
    return table_text(table)
