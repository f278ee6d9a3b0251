"""The gate's answer as workflow commands of GitHub Actions, which shows each as an annotation of the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archbench.gate.verdict import ALARMING, GateReport, Verdict
from archbench.report.numbers import change_text

#: GitHub shows so many of each level a step and drops the others without a word.
_SHOWN = 10


def gate_annotations(report: GateReport) -> list[str]:
    """An error for each alert and each case that regressed, failed or is missing, a warning for each inconclusive one."""
    return [*_level("error", _errors(report)), *_level("warning", _warnings(report))]


def no_baseline_annotation(profile: str) -> str:
    """An error: nothing was judged."""
    return _command("error", "no baseline", f"nothing is accepted for profile {profile}; the run was not judged")


def _errors(report: GateReport) -> Iterator[tuple[str, str]]:
    for alert in report.alerts:
        yield f"alert: {alert.scope}", f"{change_text(alert.slowdown)} in {len(alert.case_ids)} cases"
    for verdict in ALARMING:
        yield from _of(report, verdict)
    if report.uncalibrated is not None:
        yield "uncalibrated", report.uncalibrated


def _warnings(report: GateReport) -> Iterator[tuple[str, str]]:
    yield from _of(report, Verdict.INCONCLUSIVE)


def _of(report: GateReport, verdict: Verdict) -> Iterator[tuple[str, str]]:
    """Title and message of each case with that verdict."""
    for entry in report.verdicts:
        if entry.verdict is verdict:
            changes = zip(report.quantities, (entry.slowdown, entry.relative), strict=True)
            parts = [f"{quantity} {change_text(change)}" for quantity, change in changes if change is not None]
            yield f"{verdict.value}: {entry.case_id}", "; ".join((*parts, *([entry.reason] if entry.reason else [])))


def _level(level: str, found: Iterable[tuple[str, str]]) -> Iterator[str]:
    """No more than are shown; the last one says how many there are beyond."""
    entries = list(found)
    kept = entries if len(entries) <= _SHOWN else entries[: _SHOWN - 1]
    yield from (_command(level, title, message) for title, message in kept)
    if len(kept) < len(entries):
        yield _command(level, "and more", f"{len(entries) - len(kept)} more of this kind; see the summary or the table")


def _command(level: str, title: str, message: str) -> str:
    """A workflow command, escaped as GitHub's toolkit does it."""
    return f"::{level} title={_property(title)}::{_data(message or title)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
