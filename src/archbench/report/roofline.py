"""The roofline as tables: what the machine can do at most, and where measured workloads stand under it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from archbench.records.peaks import Limit, Peaks, Trial
from archbench.report.table import plain_table, table_text
from archbench.stats.roofline import Bound, Placement, Roof
from archbench.units import format_bytes, format_count, format_seconds

#: What attains more than this share of its ceiling was measured when the machine was faster than when its peaks were.
_ABOVE = 1.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A workload, or a unit of one, on a backend.

    Args:
        name: its id.
        label: short, for a picture.
        family: its pattern, operator, block or network.
        backend: what ran it.
        is_operator: whether it is one operator alone; there may be hundreds of these.
        seconds: of an inference, or of one unit in it.
        placement: where it stands.
    """

    name: str
    label: str
    family: str
    backend: str
    is_operator: bool
    seconds: float
    placement: Placement

    @property
    def is_above_peak(self) -> bool:
        """Whether it attains clearly more than the measured peaks allow."""
        return self.placement.share > _ABOVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Roofline:
    """A run on a machine's roofline.

    Args:
        placed: what was placed.
        roofs: by backend.
        omitted: what was not placed, by the reason.
    """

    placed: tuple[Placed, ...]
    roofs: Mapping[str, Roof]
    omitted: Mapping[str, int]


def peaks_table(peaks: Peaks) -> str:
    """One line a limit: the best of its trials, and what the others reached."""
    cap = f", ISA cap {peaks.isa}" if peaks.isa else ""
    threads = "1 thread" if peaks.threads == 1 else f"{peaks.threads} threads"
    table = plain_table("limit", "of", "at most", "reached by", "other ways", left=2)
    for column in table.columns[3:]:
        column.justify = "left"
    for precision in peaks.precisions:
        table.add_row("compute", precision, *_limit_cells(peaks, Limit.COMPUTE, precision, "op/s"))
    for level in peaks.levels:
        name = f"{level.name} ({format_bytes(level.working_set_bytes)} streamed)"
        table.add_row("bandwidth", name, *_limit_cells(peaks, Limit.BANDWIDTH, level.name, "B/s"))
    for backend in dict.fromkeys(trial.of for trial in peaks.trials if trial.limit is Limit.OPERATOR):
        seconds = peaks.operator_seconds(backend)
        if seconds is not None:
            table.add_row("one operator", backend, format_seconds(seconds), "a convolution of one pixel", "")
    absent = [f"not tried: {name}: {reason}" for name, reason in peaks.absent.items()]
    return "\n".join((f"{peaks.cpu}, {threads}{cap} ({peaks.fingerprint})", "", table_text(table), *absent))


def _limit_cells(peaks: Peaks, limit: Limit, of: str, unit: str) -> Iterator[str]:
    best = peaks.best(limit, of)
    if best is None:
        return iter(("-", "not measured", ""))
    rivals = [trial for trial in peaks.trials if (trial.limit, trial.of) == (limit, of) and trial is not best]
    rivals.sort(key=lambda trial: -trial.rate)
    rates = ", ".join(f"{trial.way} {format_count(trial.rate)}" for trial in rivals)
    return iter((f"{format_count(best.rate)}{unit}", _way(best), rates))


def _way(trial: Trial) -> str:
    return f"{trial.way} ({trial.kernel})" if trial.kernel else trial.way


def roofline_table(roofline: Roofline) -> str:
    """One line a workload, by backend, the furthest from its ceiling first; then what binds how many, and what is left out."""
    table = plain_table("workload", "backend", "time", "op/s", "op/B", "ceiling", "share", "bound by", left=2)
    table.columns[-1].justify = "left"
    backends = list(roofline.roofs)
    for entry in sorted(roofline.placed, key=lambda entry: (backends.index(entry.backend), entry.placement.share)):
        place = entry.placement
        table.add_row(
            entry.name,
            entry.backend,
            format_seconds(entry.seconds),
            format_count(place.attained),
            f"{place.intensity:.3g}",
            format_count(place.ceiling),
            f"{place.share:.0%}",
            place.bound_text,
        )
    return "\n".join((table_text(table), "", *_bound_lines(roofline.placed, backends), *omitted_lines(roofline.omitted)))


def omitted_lines(omitted: Mapping[str, int]) -> Iterator[str]:
    """One line a reason."""
    for reason, count in omitted.items():
        yield f"not placed: {count} of them: {reason}"


def _bound_lines(placed: Sequence[Placed], backends: Iterable[str]) -> Iterator[str]:
    above = sum(entry.is_above_peak for entry in placed)
    if above:
        yield f"{above} attain more than the measured peaks allow: measure these again while the machine is quiet"
    for backend in backends:
        bounds = [entry.placement.bound for entry in placed if entry.backend == backend]
        counts = ", ".join(f"{bounds.count(bound)} by {bound.value}" for bound in Bound if bound in bounds)
        yield f"{backend}: {len(bounds)} placed; bound {counts}"
