"""Accuracy before and after lowering the precision, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archbench.records.accuracy import AccuracyRecord, Score
from archbench.report.numbers import points_text, share_text
from archbench.report.table import plain_table, table_text

_COLUMNS = ("accuracy [95 %]", "drop in points [95 %]", "p", "agrees", "error", "convolutions")

#: Networks that a line names at most.
_NAMED = 3


def accuracy_table(records: Iterable[AccuracyRecord]) -> str:
    """One line a network and backend; below it, once a backend, why it has no lines."""
    records = list(records)
    table = plain_table("network", "backend", *_COLUMNS, left=2)
    for record in records:
        if record.score is not None:
            table.add_row(record.network, record.title, *_cells(record.score))
    return "\n".join((table_text(table), *_unmeasured(records)))


def _cells(score: Score) -> Iterator[str]:
    yield share_text(score.accuracy)
    yield points_text(score.drop)
    yield "-" if score.p_value is None else f"{score.p_value:.2g}"
    yield f"{score.agreement:.1%}"
    yield f"{score.output_error:.1e}"
    yield score.convolutions or "-"


def _unmeasured(records: Iterable[AccuracyRecord]) -> Iterator[str]:
    """Each reason once, with the networks that it holds for."""
    found: dict[tuple[str, str], list[str]] = {}
    for record in records:
        if record.reason is not None:
            found.setdefault((record.title, record.reason), []).append(record.network)
    for (backend, reason), networks in found.items():
        named = ", ".join(networks) if len(networks) <= _NAMED else f"{len(networks)} networks"
        yield f"not measured: {backend} ({named}): {reason}"
