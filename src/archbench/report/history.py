"""A case's past as text: its series with changes of level marked, and the first bad run."""

from __future__ import annotations

from collections.abc import Sequence

from archbench.history.bisect import Suspect, versions_between
from archbench.history.store import Point
from archbench.report.numbers import change_text
from archbench.report.table import plain_table, table_text
from archbench.stats.changes import changes_of
from archbench.units import format_ratio, format_seconds

_COMMIT_LENGTH = 10


def history_table(series: Sequence[Point]) -> str:
    """One line a run, a mark where the level of the latency changed; then changed versions."""
    changes = {change.index: change for change in changes_of([point.latency.value for point in series])}
    table = plain_table("run", "date", "commit", "latency", "speedup", "change of level", left=3)
    for index, point in enumerate(series):
        change = changes.get(index)
        table.add_row(
            str(point.run),
            point.date[:16],
            point.commit[:_COMMIT_LENGTH] or "-",
            format_seconds(point.seconds.interval().estimate),
            format_ratio(point.speedup.interval().estimate) if point.speedup else "-",
            change_text(change.ratio.interval()) if change else "",
        )
    return "\n".join((table_text(table), *versions_between(series)))


def bisect_text(suspect: Suspect) -> str:
    """The runs judged on the way, the two neighbours, and what differs between them."""
    good, bad = suspect.last_good, suspect.first_bad
    lines = [f"run {step.point.run} ({step.point.date[:16]}): {'bad' if step.bad else 'good'}" for step in suspect.steps]
    slower = bad.latency.over(good.latency).interval()
    lines.append(f"last good: run {good.run} ({good.date[:16]}, commit {good.commit or 'unknown'})")
    lines.append(f"first bad: run {bad.run} ({bad.date[:16]}, commit {bad.commit or 'unknown'}), latency {change_text(slower)}")
    lines += [f"{name} changed from {then} to {now}" for name, (then, now) in suspect.changed.items()]
    if not suspect.changed:
        lines.append("no package changed between the two")
    if good.commit and bad.commit and good.commit != bad.commit:
        lines.append(f"git log {good.commit}..{bad.commit}")
    return "\n".join(lines)
