"""The morning page: what the gate says of each run, the largest changes first, and what else is not as it was."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from archbench.errors import BaselineError
from archbench.gate.baselines import find_baseline
from archbench.gate.judge import judge_runs
from archbench.gate.noise import NoiseFloor, read_noise
from archbench.gate.verdict import ALARMING, SEVERITY, CaseVerdict, GateReport, Outcome, Verdict
from archbench.history.store import History
from archbench.pages.record_set import RecordSet
from archbench.pages.shown import sentence, setting_text, verdict_cell
from archbench.records.record import changed_versions
from archbench.records.runfile import RunFile, read_run_file
from archbench.registry import missing_package
from archbench.report.intervals_figure import RatioRow, intervals_figure
from archbench.report.numbers import change_text
from archbench.report.plot import Block, Cell, Folded, Grid, Plot, Section, grid
from archbench.report.strip import interval_strip, series_strip
from archbench.report.table import counts_text
from archbench.stats.changes import changes_of

#: Rows of the open table and of the picture; every case is in the folded table.
_SHOWN, _DRAWN = 40, 20

#: What the strips reach to, at least.
_REACH = 1.1

_GOOD = (Outcome.PASSED,)
_OPEN = (Outcome.INCONCLUSIVE, Outcome.NOT_COMPARABLE, Outcome.UNCALIBRATED, Outcome.NOTHING_MEASURED)

#: A series of a case: what was measured before, as a cell.
Past = Callable[[str], Cell | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A run with the gate's report on it; `report` is None where there is no baseline, or `refused` says why not."""

    run: RunFile
    baseline: RunFile | None
    report: GateReport | None
    refused: str = ""


def judge_set(records: RecordSet, baselines: Path, min_effect: float) -> tuple[Judgement, ...]:
    """Every run of the set against the newest baseline of its machine and profile.

    Raises:
        RecordFileError: a baseline or the noise floor is broken.
    """
    return tuple(_judged(run, baselines, min_effect) for run in records.runs)


def _judged(run: RunFile, baselines: Path, min_effect: float) -> Judgement:
    found = find_baseline(baselines, run.section.fingerprint, run.section.profile)
    if found is None:
        return Judgement(run=run, baseline=None, report=None)
    baseline = read_run_file(found)
    try:
        report = judge_runs(baseline, run, min_effect, noise_of(run, baselines))
    except BaselineError as error:
        return Judgement(run=run, baseline=baseline, report=None, refused=str(error))
    return Judgement(run=run, baseline=baseline, report=report)


def noise_of(run: RunFile, baselines: Path) -> NoiseFloor | None:
    """The noise floor of a run's machine."""
    return read_noise(baselines, run.section.fingerprint)


def morning_section(judgements: Sequence[Judgement], min_effect: float, history: Path | None) -> Section:
    """The verdicts of the last gate."""
    blocks = [_overview(judgements)]
    for index, judgement in enumerate(judgements):
        if judgement.report is not None and judgement.baseline is not None:
            past = _past(history, judgement.run.section.fingerprint)
            blocks += _blocks(f"gate-{index + 1}", judgement, judgement.report, judgement.baseline, min_effect, past)
    return Section(anchor="morning", title="This morning", blocks=tuple(blocks))


def _overview(judgements: Sequence[Judgement]) -> Block:
    rows: list[tuple[Cell | str, ...]] = []
    for index, entry in enumerate(judgements):
        name = Cell(text=entry.run.path.name, link=f"gate-{index + 1}" if entry.report else "")
        measured = f"{len(entry.run.records)}"
        if entry.report is None:
            said = entry.refused or f"accept one: archbench baseline accept {entry.run.path} --reason ..."
            rows.append((name, entry.run.section.profile, Cell(text="no baseline", mark="absent"), said, measured))
        else:
            rows.append((name, entry.run.section.profile, gate_cell(entry.report), counts_text(entry.report), measured))
    columns = ("run", "profile", "the gate", "cases", "measured")
    return Block(anchor="verdicts", title="What the gate says", tables=(grid(columns, rows, left=4),))


def gate_cell(report: GateReport) -> Cell:
    """The gate's answer on a run."""
    outcome = report.outcome()
    return Cell(text=outcome.text, mark="good" if outcome in _GOOD else "open" if outcome in _OPEN else "bad")


def _blocks(
    anchor: str, judgement: Judgement, report: GateReport, baseline: RunFile, min_effect: float, past: Past | None
) -> Iterator[Block]:
    ordered = sorted(report.verdicts, key=_worth, reverse=True)
    run = judgement.run
    shown = ordered[: max(_SHOWN, sum(entry.verdict in ALARMING for entry in ordered))]
    compared = [entry for entry in ordered if entry.compared][:_DRAWN]
    title = f"{run.path.name}: the largest changes first"
    yield Block(
        anchor=anchor,
        title=title,
        words=tuple(_alerts(report)),
        plot=_plot(anchor, report, compared, min_effect) if compared else None,
        tables=(verdicts_table(shown, report, min_effect, past),),
        folded=(Folded(title=f"All {len(ordered)} verdicts", table=verdicts_table(ordered, report, min_effect, None)),)
        if len(ordered) > len(shown)
        else (),
        command=f"archbench gate {run.path}",
    )
    open_cases = [entry for entry in ordered if entry.verdict is Verdict.INCONCLUSIVE]
    if open_cases:
        yield _inconclusive(anchor, run, open_cases)
    yield _changed(anchor, run, baseline, report)


def _plot(anchor: str, report: GateReport, compared: Sequence[CaseVerdict], min_effect: float) -> Plot:
    rows = [
        RatioRow(name=entry.case_id, ratio=ratio, kind=entry.verdict.value)
        for entry in compared
        if (ratio := entry.decisive) is not None
    ]
    return Plot(
        name=f"{anchor}-changes",
        caption=(
            f"The {len(rows)} largest changes, the worst verdicts first: {report.quantities[0]} now over then, with its 95 %"
            f" interval. The band is the threshold of {min_effect:.0%}. Right is slower."
        ),
        label="Largest changes with their intervals against the threshold; the numbers are in the table below.",
        draw=lambda canvas: intervals_figure(rows, f"{report.quantities[0]} now over then", min_effect, canvas),
        table=verdicts_table(compared, report, min_effect, None),
    )


def _worth(entry: CaseVerdict) -> tuple[bool, bool, float, int]:
    """What is urgent first, then by the size of the change."""
    ratio = entry.decisive
    size = abs(math.log(ratio.estimate)) if ratio is not None and ratio.estimate > 0 else 0.0
    return (entry.verdict in ALARMING, entry.verdict is Verdict.IMPROVED, size, SEVERITY.index(entry.verdict))


def _alerts(report: GateReport) -> Iterator[str]:
    for alert in report.alerts:
        yield f"Alert: {alert.scope}: {change_text(alert.slowdown)} over {len(alert.case_ids)} cases."
    if report.uncalibrated is not None:
        yield f"The gate is uncalibrated here: {report.uncalibrated}."


def verdicts_table(entries: Sequence[CaseVerdict], report: GateReport, min_effect: float, past: Past | None) -> Grid:
    """A row a case; `past` gives its history where there is one."""
    sizes = [max(ratio.estimate, 1 / ratio.estimate) for entry in entries if (ratio := entry.decisive) and ratio.estimate > 0]
    # A few giants would squeeze all others to a point.
    reach = max(_REACH, sorted(sizes)[int(0.9 * (len(sizes) - 1))] * 1.05) if sizes else _REACH
    columns = ["verdict", "case", "why", "", report.quantities[0], report.quantities[1]]
    rows = []
    for entry in entries:
        ratio = entry.decisive
        strip = interval_strip(ratio, min_effect, reach, entry.verdict.value) if ratio is not None else ""
        row: list[Cell | str] = [
            verdict_cell(entry),
            Cell(text=entry.case_id, mark="id"),
            entry.reason,
            Cell(text="", picture=strip) if strip else "",
            change_text(entry.slowdown),
            change_text(entry.relative),
        ]
        rows.append((*row, *(() if past is None else (past(entry.case_id),))))
    return grid((*columns, *(() if past is None else ("history",))), rows, left=4)


def _past(history: Path | None, fingerprint: str) -> Past | None:
    """Sparklines from the store; None where there is none."""
    if history is None:
        return None
    store = History(history)
    marks_changes = missing_package("ruptures", "history") is None

    def past(case_id: str) -> Cell | str:
        series = [point.latency.value for point in store.series(case_id, fingerprint)]
        if not series:
            return "-"
        changed = [change.index for change in changes_of(series)] if marks_changes else []
        return Cell(text=f"{len(series)} runs", picture=series_strip(series, changed))

    return past


def _inconclusive(anchor: str, run: RunFile, entries: Sequence[CaseVerdict]) -> Block:
    """Why nothing could be concluded, reasons that hold for most cases first."""
    reasons: dict[str, list[str]] = {}
    for entry in entries:
        reasons.setdefault(entry.reason or "undecided", []).append(entry.case_id)
    rows = [
        (reason, str(len(cases)), ", ".join(cases[:3]) + (f" and {len(cases) - 3} more" if len(cases) > 3 else ""))
        for reason, cases in sorted(reasons.items(), key=lambda found: -len(found[1]))
    ]
    return Block(
        anchor=f"{anchor}-inconclusive",
        title=f"{run.path.name}: inconclusive, and why",
        tables=(grid(("why", "cases", "such as"), rows, left=3),),
    )


def _changed(anchor: str, run: RunFile, baseline: RunFile, report: GateReport) -> Block:
    """Libraries, machine, executed graph: what is not as it was at the baseline."""
    rows: list[tuple[str, str, str]] = [
        ("library", name, f"{then} to {now}") for name, (then, now) in changed_versions(baseline.versions, run.versions).items()
    ]
    rows += [("machine", name, f"{then} to {now}") for name, then, now in _machine_changes(baseline, run)]
    if report.drift is not None:
        rows.append(("machine", "calibration work", f"{change_text(report.drift)}, divided out of latencies"))
    rows += [("executed graph", f"{count} cases", line) for line, count in _graph_changes(report).most_common(12)]
    accepted = baseline.section.accepted
    words = [f"The baseline is {baseline.path}" + (f", accepted {accepted.date[:10]}: {accepted.reason}." if accepted else ".")]
    words += [sentence(note) for note in report.notes]
    tables = (grid(("what", "which", "how"), rows, left=3),) if rows else ()
    if not rows:
        words.append("Libraries, machine and executed graphs are those of the baseline.")
    return Block(anchor=f"{anchor}-changed", title=f"{run.path.name}: what else changed", words=tuple(words), tables=tables)


def _machine_changes(baseline: RunFile, run: RunFile) -> Iterator[tuple[str, str, str]]:
    then, now = baseline.section.machine, run.section.machine
    for name in dict.fromkeys((*then, *now)):
        if then.get(name) != now.get(name):
            yield name, setting_text(then.get(name)), setting_text(now.get(name))


def _graph_changes(report: GateReport) -> Counter[str]:
    """In how many cases a line of the executed graph went or came."""
    found: Counter[str] = Counter()
    for entry in report.verdicts:
        found.update(set(entry.kernels))
    return found
