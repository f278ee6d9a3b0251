"""The gate on records with a known truth."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archbench.gate.compare import compare_runs
from archbench.gate.verdict import Verdict
from archbench.records.record import Status
from archbench.records.runfile import RunFile, RunSection
from tests.samples import OPENVINO, record

CASE = f"standard-d10-w64-k3-28x28-b1:{OPENVINO}:t1"
OTHER = f"grouped-d10-w64-k3-g8-28x28-b1:{OPENVINO}:t1"
REFERENCE = "standard-d10-w64-k3-28x28-b1:torch:t1"


def run_of(*records, fingerprint="here"):
    section = RunSection(fingerprint=fingerprint, machine={}, profile="smoke", failed=False)
    return RunFile(path=Path("run.json"), document={}, section=section, records={entry.case_id: entry for entry in records})


def verdict(baseline, current, **kwargs):
    report = compare_runs(baseline, current, **kwargs)
    return next(entry for entry in report.verdicts if entry.case_id == CASE)


def honest(seed=0, **kwargs):
    return run_of(record(CASE, np.random.default_rng(seed), **kwargs))


def test_a_run_against_itself_passes():
    run = honest()

    assert verdict(run, run).verdict is Verdict.PASS
    assert compare_runs(run, run).passed


@given(st.integers(0, 10_000))
def test_an_unchanged_rerun_is_never_called_regressed(seed):
    assert verdict(honest(seed), honest(seed + 1)).verdict not in (Verdict.REGRESSED, Verdict.IMPROVED)


@given(st.integers(0, 10_000))
def test_a_planted_slowdown_of_a_fifth_is_found(seed):
    entry = verdict(honest(seed), honest(seed + 1, own=1.2e-3))

    assert entry.verdict is Verdict.REGRESSED
    assert entry.slowdown.estimate == pytest.approx(1.2, rel=0.02)
    assert entry.speedup_loss.estimate == pytest.approx(1.2, rel=0.02)


def test_the_reference_getting_faster_is_no_regression_of_latency_but_of_the_speedup():
    entry = verdict(honest(), honest(1, reference=2.4e-3))

    assert entry.verdict is Verdict.REGRESSED
    assert entry.slowdown.estimate == pytest.approx(1.0, rel=0.02)
    assert entry.speedup_loss.estimate == pytest.approx(1.25, rel=0.02)
    assert "speedup regressed" in entry.reason


def test_an_improvement_is_called_one():
    assert verdict(honest(), honest(1, own=0.8e-3)).verdict is Verdict.IMPROVED


def test_a_wide_interval_is_inconclusive_not_a_pass():
    entry = verdict(honest(between=0.1, count=3), honest(1, between=0.1, count=3))

    assert entry.verdict is Verdict.INCONCLUSIVE


def test_a_change_below_the_minimum_effect_passes_and_a_smaller_effect_finds_it():
    small = honest(1, own=1.03e-3)

    assert verdict(honest(), small).verdict is Verdict.PASS
    assert verdict(honest(), small, min_effect=0.01).verdict is Verdict.REGRESSED


def test_a_slower_machine_is_not_a_slower_network():
    slow_machine = honest(1, own=1.3e-3, reference=3.9e-3, calibration=6.5e-4)

    report = compare_runs(honest(), slow_machine)

    assert report.drift.estimate == pytest.approx(1.3, rel=0.02)
    assert report.verdicts[0].verdict is Verdict.PASS


def test_a_regression_says_whether_the_kernels_changed():
    assert "same kernels" in verdict(honest(), honest(1, own=2e-3)).reason
    assert "other kernels" in verdict(honest(), honest(1, own=2e-3, graph=("gemm",))).reason


def test_another_machine_is_judged_by_its_ratios_alone():
    elsewhere = run_of(
        record(CASE, np.random.default_rng(1), own=5e-3, reference=15e-3),
        record(REFERENCE, np.random.default_rng(2), own=15e-3, reference=None),
        fingerprint="there",
    )
    here = run_of(*honest().records.values(), record(REFERENCE, np.random.default_rng(3), own=3e-3, reference=None))

    report = compare_runs(here, elsewhere)

    by_case = {entry.case_id: entry for entry in report.verdicts}
    assert by_case[CASE].verdict is Verdict.PASS
    assert by_case[CASE].slowdown is None
    assert by_case[REFERENCE].verdict is Verdict.NOT_COMPARABLE
    assert any("only ratios are compared" in note for note in report.notes)
    assert report.passed


@pytest.mark.parametrize("status", [Status.ERROR, Status.CRASHED, Status.PARITY_FAILURE, Status.CHECKED])
def test_a_case_that_failed_closes_the_gate(status):
    report = compare_runs(honest(), run_of(record(CASE, np.random.default_rng(0), status=status)))

    assert report.verdicts[0].verdict is Verdict.FAILED
    assert not report.passed


def test_a_case_that_vanished_closes_the_gate():
    kept = record(OTHER, np.random.default_rng(1))

    report = compare_runs(run_of(*honest().records.values(), kept), run_of(kept))

    assert {entry.case_id: entry.verdict for entry in report.verdicts}[CASE] is Verdict.MISSING
    assert not report.passed


def test_a_measured_case_that_is_now_skipped_closes_the_gate():
    report = compare_runs(honest(), run_of(record(CASE, np.random.default_rng(0), status=Status.SKIPPED)))

    assert report.verdicts[0].verdict is Verdict.MISSING


def test_a_new_case_is_named_and_fails_nothing():
    new = record(OTHER, np.random.default_rng(1))

    report = compare_runs(honest(), run_of(*honest(1).records.values(), new))

    assert {entry.case_id: entry.verdict for entry in report.verdicts}[OTHER] is Verdict.NEW
    assert report.passed


@pytest.mark.parametrize("change", [{"granted": {"threads": "2"}}, {"allocator": "system"}])
def test_what_was_granted_differently_is_not_compared(change):
    entry = verdict(honest(), honest(1, own=9.0, **change))

    assert entry.verdict is Verdict.NOT_COMPARABLE
    assert "in the baseline and is" in entry.reason


def test_a_gate_that_compared_nothing_stays_closed():
    assert not compare_runs(run_of(), run_of()).passed
    assert not compare_runs(honest(), honest(1, allocator="system")).passed


def test_planted_work_and_new_versions_are_said():
    report = compare_runs(honest(), honest(1, planted=0.2))

    assert "1 cases carry planted extra work." in report.notes
