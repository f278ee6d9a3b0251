"""Two sets side by side: what each shared case takes in the second over the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archbench.gate.estimates import RunEstimates
from archbench.pages.record_set import RecordSet
from archbench.pages.shown import absent
from archbench.records.interval import Interval
from archbench.records.record import CaseRecord, changed_versions
from archbench.report.intervals_figure import RatioRow, intervals_figure
from archbench.report.numbers import ratio_text, seconds_text
from archbench.report.plot import Block, Cell, Folded, Grid, Plot, Section, grid
from archbench.stats.effect import Effect, effect_of
from archbench.stats.estimate import LogEstimate
from archbench.stats.pool import pool
from archbench.workloads.ids import parse_case

_DRAWN = 24

_SAID = {Effect.ABOVE: "B is slower", Effect.BELOW: "B is faster", Effect.INSIDE: "alike", Effect.OPEN: "undecided"}


def comparison_section(first: RecordSet, second: RecordSet, min_effect: float) -> Section:
    """B over A for every case that both timed, the largest ratios first."""
    ratios = latency_ratios(first.timed, second.timed)
    title = "What each shared case takes in B over A"
    if not ratios:
        blocks = (
            absent("ratios", title, f"archbench report {first.name}", "The two sets share no timed case."),
            _differences(first, second),
        )
        return Section(anchor="comparison", title="B against A", blocks=blocks)
    ordered = sorted(ratios, key=lambda name: -abs(ratios[name].value))
    intervals = {name: ratios[name].interval() for name in ordered}
    rows = [RatioRow(name=name, ratio=intervals[name], kind=_said(intervals[name], min_effect)) for name in ordered[:_DRAWN]]
    only = [len(one.timed.keys() - other.timed.keys()) for one, other in ((first, second), (second, first))]
    block = Block(
        anchor="ratios",
        title=title,
        words=(
            f"{len(ratios)} cases were timed in both sets, {only[0]} in A alone, {only[1]} in B alone.",
            "Nothing of the two was sampled in the same rounds, and the calibration work is not divided out.",
        ),
        plot=Plot(
            name="ratios",
            caption=(
                f"The {len(rows)} largest ratios of latency, B over A, with 95 % intervals. The band is"
                f" {min_effect:.0%} around 1. Right: B is slower."
            ),
            label="Largest ratios of latency between the two sets; the numbers are in the table below.",
            draw=lambda canvas: intervals_figure(rows, "latency, B over A", min_effect, canvas),
            table=_ratios_table(ordered[:_DRAWN], intervals, first, second, min_effect),
        ),
        tables=(_pooled(ratios),),
        folded=(
            Folded(title=f"All {len(ordered)} ratios", table=_ratios_table(ordered, intervals, first, second, min_effect)),
        ),
    )
    return Section(anchor="comparison", title="B against A", blocks=(block, _differences(first, second)))


def latency_ratios(first: Mapping[str, CaseRecord], second: Mapping[str, CaseRecord]) -> dict[str, LogEstimate]:
    """By case that both hold, latency in the second over that in the first, as the gate estimates either."""
    before, after = RunEstimates(first), RunEstimates(second)
    found = {}
    for name in first:
        if name in second and first[name].processes and second[name].processes:
            then, now = before.latency(name), after.latency(name)
            if then is not None and now is not None:
                found[name] = now.over(then)
    return found


def _said(interval: Interval, min_effect: float) -> str:
    return _SAID[effect_of(interval, min_effect)]


def _ratios_table(
    names: Sequence[str], intervals: Mapping[str, Interval], first: RecordSet, second: RecordSet, min_effect: float
) -> Grid:
    rows = (
        (
            Cell(text=name, mark="id"),
            _said(intervals[name], min_effect),
            ratio_text(intervals[name]),
            seconds_text(first.timed[name].latency),
            seconds_text(second.timed[name].latency),
        )
        for name in names
    )
    return grid(("case", "verdict", "B over A [95 %]", "A [95 %]", "B [95 %]"), rows, left=2)


def _pooled(ratios: Mapping[str, LogEstimate]) -> Grid:
    """Backends and families as a whole, random effects."""
    groups: dict[tuple[str, str], list[LogEstimate]] = {}
    for name, ratio in ratios.items():
        case = parse_case(name)
        groups.setdefault((case.backend, "all"), []).append(ratio)
        groups.setdefault((case.backend, case.workload.family), []).append(ratio)
    ordered = sorted(groups, key=lambda key: (key[0], key[1] != "all", key[1]))
    rows = ((*key, str(len(groups[key])), ratio_text(pool(groups[key]).interval())) for key in ordered)
    return grid(("backend", "workloads", "cases", "B over A, pooled [95 %]"), rows, left=2)


def _differences(first: RecordSet, second: RecordSet) -> Block:
    rows = [("machine", first.fingerprint, second.fingerprint)] if first.fingerprint != second.fingerprint else []
    rows += [(name, then, now) for name, (then, now) in changed_versions(first.versions, second.versions).items()]
    words = () if rows else ("Machine and versions are the same.",)
    tables = (grid(("what", "A", "B"), rows, left=3),) if rows else ()
    return Block(anchor="differences", title="What differs between A and B", words=words, tables=tables)
