"""The tables a person reads at the end of a run and of the gate, as plain text."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO

from rich.console import Console
from rich.table import Table

from archbench.cost.formulas import Cost
from archbench.gate.noise import NoiseFloor
from archbench.gate.verdict import SEVERITY, Alert, GateReport, Verdict
from archbench.records.record import CaseRecord, Status
from archbench.records.runfile import RunFile
from archbench.report.numbers import change_text, speedup_text
from archbench.units import format_bytes, format_count, format_seconds
from archbench.workloads.case import Case
from archbench.workloads.ids import parse_case
from archbench.workloads.pattern import PatternWorkload

#: Lines of a changed graph shown a case.
_SHOWN_KERNELS = 6


def results_table(records: Iterable[CaseRecord]) -> str:
    """One line a workload: latency per image on each backend, then each speedup with its interval.

    A case that was not measured shows its status in the place of its latency.
    """
    rows = _by_workload(records)
    backends = list(dict.fromkeys(backend for row in rows.values() for backend in row))
    references = {case.workload.reference for row in rows.values() for case, _ in row.values()}
    gained = [backend for backend in backends if {backend} != references]
    axes = _axes(case for row in rows.values() for case, _ in row.values())
    patterns = all(isinstance(case.workload, PatternWorkload) for row in rows.values() for case, _ in row.values())
    table = plain_table("pattern" if patterns else "network", *axes, *(f"{backend}\nper image" for backend in backends))
    for backend in gained:
        table.add_column(f"{backend}\nspeedup [95 %]", justify="right")
    for row in rows.values():
        case = next(iter(row.values()))[0]
        table.add_row(
            case.workload.family,
            *(_place(case).get(axis, "-") for axis in axes),
            *(_latency(row.get(backend)) for backend in backends),
            *(speedup_text(row[backend][1].speedup if backend in row else None) for backend in gained),
        )
    return table_text(table)


def gate_table(report: GateReport) -> str:
    """One line a case, the worst first; then alerts, how the machine drifted, what else changed, and the verdicts counted."""
    table = plain_table("verdict", "case", *report.quantities, "why", left=5)
    for entry in sorted(report.verdicts, key=lambda entry: SEVERITY.index(entry.verdict), reverse=True):
        table.add_row(
            entry.verdict.value, entry.case_id, change_text(entry.slowdown), change_text(entry.relative), entry.reason
        )
    lines = [table_text(table), *_kernel_lines(report), *(_alert(alert) for alert in report.alerts), *report.notes]
    lines += [*machine_lines(report), counts_text(report)]
    if report.uncalibrated is not None:
        lines.append(f"uncalibrated: {report.uncalibrated}")
    return "\n".join(lines)


def machine_lines(report: GateReport) -> Iterator[str]:
    """How the machine drifted since the baseline, and what was left out."""
    if report.drift is not None:
        yield f"machine: calibration work {change_text(report.drift)} against the baseline, divided out of latencies"
    if report.voided:
        yield f"voided: {report.voided} of {report.processes} worker processes were disturbed and left out"


def counts_text(report: GateReport) -> str:
    """How many cases have each verdict, the worst first."""
    counts = Counter(entry.verdict for entry in report.verdicts)
    return ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in reversed(SEVERITY) if counts[verdict]) or "no cases"


def changed_kernels(report: GateReport) -> Iterator[tuple[str, list[str]]]:
    """Regressed cases, by id, with a few lines on what the engine executes otherwise."""
    for entry in report.verdicts:
        if entry.verdict is Verdict.REGRESSED and entry.kernels:
            more = len(entry.kernels) - _SHOWN_KERNELS
            yield entry.case_id, [*entry.kernels[:_SHOWN_KERNELS], *([f"and {more} more"] if more > 0 else [])]


def _kernel_lines(report: GateReport) -> Iterator[str]:
    for case_id, lines in changed_kernels(report):
        yield f"kernels of {case_id}:"
        yield from (f"  {line}" for line in lines)


def _typical(floor: Mapping[str, float], case_ids: Iterable[str]) -> str:
    known = [floor[case_id] for case_id in case_ids if case_id in floor]
    return f"{math.sqrt(sum(known) / len(known)):.2%}" if known else "-"


def _alert(alert: Alert) -> str:
    return f"alert: {alert.scope}: {change_text(alert.slowdown)} in {len(alert.case_ids)} cases"


def noise_table(noise: NoiseFloor) -> str:
    """How far unchanged runs differ beyond their intervals, by backend; alarms; power."""
    table = plain_table("backend", "cases", "latency", "against its sibling")
    by_backend: dict[str, list[str]] = {}
    for case_id in noise.slowdown:
        by_backend.setdefault(parse_case(case_id).backend, []).append(case_id)
    for backend, case_ids in by_backend.items():
        table.add_row(
            backend,
            str(len(case_ids)),
            *(_typical(floor, case_ids) for floor in (noise.slowdown, noise.relative)),
        )
    lines = ["standard deviation between unchanged runs beyond what their intervals show:", table_text(table)]
    lines.append(f"alarms: {len(noise.alarms)} in {noise.comparisons} comparisons of unchanged runs")
    lines += [f"  {alarm}" for alarm in noise.alarms]
    if noise.planted:
        lines.append(f"power: {noise.found} of {noise.planted} planted slowdowns found")
    return "\n".join(lines)


def power_table(found: Mapping[str, float]) -> str:
    """One line a case: the smallest slowdown found with 95 % power, the largest first."""
    table = plain_table("smallest slowdown", "case", left=2)
    for case_id, slowdown in sorted(found.items(), key=lambda entry: -entry[1]):
        table.add_row("none" if math.isinf(slowdown) else f"{slowdown:.1%}", case_id)
    return table_text(table)


def baselines_table(baselines: Iterable[RunFile]) -> str:
    """One line a baseline; empty if there are none."""
    table = plain_table("baseline", "cases", "accepted", "reason", "versions", left=5)
    for run in baselines:
        acceptance = run.section.accepted
        table.add_row(
            str(run.path),
            str(len(run.records)),
            acceptance.date if acceptance else "-",
            acceptance.reason if acceptance else "-",
            ", ".join(f"{name} {run.versions[name]}" for name in ("torch", "openvino") if name in run.versions),
        )
    return table_text(table) if table.row_count else ""


def cost_table(cost: Cost) -> str:
    """The cost of one workload, a line a quantity."""
    return "\n".join(
        (
            f"MACs            {cost.macs} ({format_count(cost.macs)})",
            f"FLOPs           {cost.flops} ({format_count(cost.flops)}, 2 a MAC, convolutions and linear layers only)",
            f"parameters      {cost.parameters} ({format_count(cost.parameters)})",
            f"weights         {format_bytes(cost.weight_bytes)} (float32)",
            f"activations     {format_bytes(cost.activation_bytes)} (all their outputs, float32)",
            f"memory access   {format_bytes(cost.memory_access_bytes)} (their inputs, weights and outputs, once each)",
            f"intensity       {cost.intensity:.3g} FLOPs a byte",
        )
    )


def _by_workload(records: Iterable[CaseRecord]) -> Mapping[object, dict[str, tuple[Case, CaseRecord]]]:
    rows: dict[object, dict[str, tuple[Case, CaseRecord]]] = {}
    for record in records:
        case = parse_case(record.case_id)
        rows.setdefault(case.pairing, {})[case.backend] = (case, record)
    return rows


def _axes(cases: Iterable[Case]) -> tuple[str, ...]:
    """The axes of all the cases; threads and ISA only where some case has others than the usual."""
    places = [_place(case) for case in cases]
    usual = {"threads": {"1"}, "isa": {"-"}}
    axes = dict.fromkeys(axis for place in places for axis in place)
    return tuple(axis for axis in axes if {place.get(axis) for place in places} != usual.get(axis))


def _place(case: Case) -> Mapping[str, str]:
    return {**case.workload.axes, "threads": str(case.threads), "isa": case.isa or "-"}


def _latency(entry: tuple[Case, CaseRecord] | None) -> str:
    if entry is None:
        return "-"
    case, record = entry
    if record.status is not Status.MEASURED or record.latency is None:
        return record.status.value
    return format_seconds(record.latency.estimate / case.workload.batch)


def plain_table(*columns: str, left: int = 1) -> Table:
    """A borderless table; the first `left` columns are flush left, the others flush right."""
    table = Table(box=None, pad_edge=False, header_style="")
    for index, column in enumerate(columns):
        table.add_column(column, justify="left" if index < left else "right", no_wrap=True)
    return table


def table_text(table: Table) -> str:
    """The table as lines without trailing blanks."""
    stream = StringIO()
    Console(file=stream, width=400, no_color=True, highlight=False, markup=False).print(table)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())
