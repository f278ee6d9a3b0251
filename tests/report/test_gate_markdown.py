"""The gate's answer as Markdown and as annotations: of judged runs with planted slowdowns, and of reports made by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from archbench.gate.compare import compare_runs
from archbench.gate.verdict import Alert, CaseVerdict, GateReport, Outcome, Verdict
from archbench.records.interval import Interval
from archbench.report.annotations import gate_annotations
from archbench.report.gate_markdown import gate_markdown
from tests.gate.test_baselines import write_run
from tests.samples import OPENVINO, record

FAST = f"standard-d10-w64-k3-28x28-b1:{OPENVINO}:t1"
SLOW = f"grouped-d10-w64-k3-g8-28x28-b1:{OPENVINO}:t1"
WIDE = f"bottleneck-d10-w64-k3-r4-28x28-b1:{OPENVINO}:t1"
GONE = f"factorized-d10-w64-k3-28x28-b1:{OPENVINO}:t1"


def run(path, seed, *, slow=1e-3, wide=0.002, graph=("conv",), gone=()):
    generator = np.random.default_rng(seed)
    return write_run(
        path,
        record(FAST, generator, between=0.002),
        record(SLOW, generator, own=slow, between=0.002, graph=graph),
        record(WIDE, generator, between=wide),
        *(record(case, generator, between=0.002) for case in gone),
    )


@pytest.fixture
def report(tmp_path):
    baseline = run(tmp_path / "baseline.json", 0, gone=(GONE,))
    current = run(tmp_path / "run.json", 1, slow=1.1e-3, wide=0.1, graph=("ref_conv | slow",))
    return compare_runs(baseline, current)


def rows_of(markdown):
    """The cells of each row of the first table, as a reader's Markdown has them."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    cells = [token.content for before, token in itertools.pairwise(tokens) if before.type in ("th_open", "td_open")]
    columns = sum(token.type == "th_open" for token in tokens)
    return [cells[start : start + columns] for start in range(0, len(cells), columns)] if columns else []


def test_a_summary_shows_what_is_not_as_before_with_its_interval(report):
    shown = gate_markdown(report, report.outcome(), "baselines/here/0001_smoke.json")

    header, *rows = rows_of(shown)
    assert shown.startswith(
        "## archbench gate: regressed\n\n1 regressed, 1 missing, 1 inconclusive, 1 pass. Baseline: `baselines/"
    )
    assert header == ["verdict", "case", "latency", "against its sibling", "why"]
    assert [(row[0], row[1].strip("`")) for row in rows] == [("regressed", SLOW), ("missing", GONE), ("inconclusive", WIDE)]
    regressed = next(entry for entry in report.verdicts if entry.case_id == SLOW)
    assert f"{(regressed.slowdown.low - 1) * 100:+.1f}, {(regressed.slowdown.high - 1) * 100:+.1f}]" in rows[0][2]
    assert FAST not in shown
    assert "ref_conv | slow" in shown
    assert all(note in shown for note in report.notes)


def test_annotations_are_errors_for_what_got_worse_and_warnings_for_what_is_open(report):
    regressed, missing, inconclusive = gate_annotations(report)

    assert regressed.startswith(f"::error title=regressed%3A {SLOW.replace(':', '%3A')}::latency +10.")
    assert " %25 [+" in regressed
    assert missing.startswith("::error title=missing%3A factorized")
    assert inconclusive.startswith("::warning title=inconclusive%3A bottleneck")


def test_an_unchanged_run_is_quiet(tmp_path):
    same = compare_runs(run(tmp_path / "a.json", 0), run(tmp_path / "b.json", 0))

    assert gate_annotations(same) == []
    assert rows_of(gate_markdown(same, same.outcome(), "x")) == []
    assert "3 pass" in gate_markdown(same, same.outcome(), "x")


def made(verdicts, alerts=(), notes=(), uncalibrated=None):
    return GateReport(
        verdicts=tuple(verdicts),
        alerts=tuple(alerts),
        drift=None,
        same_machine=True,
        voided=0,
        processes=1,
        uncalibrated=uncalibrated,
        notes=tuple(notes),
    )


def test_alerts_come_first_and_an_uncalibrated_gate_says_so():
    slowdown = Interval(estimate=1.05, low=1.04, high=1.06, confidence=0.95)
    report = made(
        [CaseVerdict(case_id=FAST, verdict=Verdict.REGRESSED, slowdown=slowdown)],
        alerts=[Alert(scope=OPENVINO, slowdown=slowdown, case_ids=(FAST,))],
        uncalibrated="1 of 1 comparisons raised an alarm",
    )

    first, second, third = gate_annotations(report)

    assert first == f"::error title=alert%3A {OPENVINO}::+5.0 %25 [+4.0, +6.0] in 1 cases"
    assert second.startswith("::error title=regressed")
    assert third == "::error title=uncalibrated::1 of 1 comparisons raised an alarm"
    shown = gate_markdown(report, Outcome.REGRESSED, "x")
    assert f"- **alert**: {OPENVINO}: +5.0 % [+4.0, +6.0] in 1 cases" in shown
    assert "- uncalibrated: 1 of 1" in shown


def test_of_more_than_github_shows_the_last_one_says_how_many():
    report = made(CaseVerdict(case_id=f"case-{index}", verdict=Verdict.REGRESSED) for index in range(40))

    commands = gate_annotations(report)

    assert len(commands) == 10
    assert commands[-1] == "::error title=and more::31 more of this kind; see the summary or the table"


def test_a_summary_stays_below_what_github_takes():
    report = made(CaseVerdict(case_id=f"case-{index}", verdict=Verdict.REGRESSED, reason="r" * 300) for index in range(5000))

    shown = gate_markdown(report, Outcome.REGRESSED, "x")

    assert "and 4800 more" in shown
    assert len(shown.encode()) < 2**20


@given(st.text(), st.text())
def test_no_text_breaks_a_command_or_a_table(reason, note):
    report = made([CaseVerdict(case_id="a", verdict=Verdict.REGRESSED, reason=reason)], notes=[note])

    (command,) = gate_annotations(report)
    rows = rows_of(gate_markdown(report, Outcome.REGRESSED, "x"))

    assert len(command.split("\n")) == 1
    assert "\r" not in command
    assert len(rows) == 2 and len(rows[1]) == 5
