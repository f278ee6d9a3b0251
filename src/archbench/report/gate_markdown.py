"""The gate's answer as Markdown, for the summary page of a CI job or the body of a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archbench.gate.verdict import SEVERITY, CaseVerdict, GateReport, Outcome, Verdict
from archbench.report.numbers import change_text
from archbench.report.table import changed_kernels, counts_text, machine_lines

#: A page shows so many cases; GitHub refuses one of more than a mebibyte.
_SHOWN_CASES = 200

#: Verdicts that leave nothing to look at.
_QUIET = (Verdict.PASS, Verdict.NEW)


def gate_markdown(report: GateReport, outcome: Outcome, baseline: str) -> str:
    """Outcome, counts, alerts, every case that is neither as before nor new with its intervals, changed kernels, notes."""
    return "\n".join(
        (
            f"## archbench gate: {outcome.text}",
            "",
            f"{counts_text(report)}. Baseline: `{baseline}`.",
            *_alerts(report),
            *_cases(report),
            *_kernels(report),
            *_notes(report),
            "",
        )
    )


def no_baseline_markdown(profile: str, command: str) -> str:
    """That there is nothing to judge by, and the command that changes it."""
    return (
        f"## archbench gate: no baseline\n\nNothing is accepted for profile `{profile}`. Look at the run, then `{command}`.\n"
    )


def _alerts(report: GateReport) -> Iterator[str]:
    if report.alerts:
        yield ""
    for alert in report.alerts:
        yield f"- **alert**: {_cell(alert.scope)}: {change_text(alert.slowdown)} in {len(alert.case_ids)} cases"


def _cases(report: GateReport) -> Iterator[str]:
    loud = [entry for entry in report.verdicts if entry.verdict not in _QUIET]
    loud.sort(key=_size, reverse=True)
    if not loud:
        return
    yield from ("", f"| verdict | case | {' | '.join(report.quantities)} | why |", "| --- | --- | ---: | ---: | --- |")
    for entry in loud[:_SHOWN_CASES]:
        changes = f"{change_text(entry.slowdown)} | {change_text(entry.relative)}"
        yield f"| {entry.verdict.value} | `{_cell(entry.case_id)}` | {changes} | {_cell(entry.reason)} |"
    if len(loud) > _SHOWN_CASES:
        yield from ("", f"and {len(loud) - _SHOWN_CASES} more")


def _size(entry: CaseVerdict) -> tuple[int, float]:
    """The worst verdict first, and within it the largest slowdown."""
    return SEVERITY.index(entry.verdict), entry.decisive.estimate if entry.decisive else 0.0


def _kernels(report: GateReport) -> Iterator[str]:
    for case_id, lines in changed_kernels(report):
        yield from ("", f"Kernels of `{case_id}`:", "", "```text", *lines, "```")


def _notes(report: GateReport) -> Iterator[str]:
    lines = [*report.notes, *machine_lines(report)]
    if report.uncalibrated is not None:
        lines.append(f"uncalibrated: {report.uncalibrated}")
    yield from _list(lines)


def _list(lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield ""
    yield from (f"- {_cell(line)}" for line in lines)


def _cell(text: str) -> str:
    """On one line, with nothing that would end a cell or begin a tag."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
