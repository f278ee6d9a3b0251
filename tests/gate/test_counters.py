"""Counts against counts: tolerances, versions, machines, and what is missing."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from archbench.errors import BaselineError
from archbench.gate.counters import compare_counts, doubtful
from archbench.gate.judge import judge_runs
from archbench.gate.verdict import Outcome, Verdict
from archbench.records.counts import Counts
from archbench.records.record import Status
from archbench.records.runfile import RunFile, RunSection
from tests.samples import OPENVINO, record

CASE = f"standard-d10-w64-k3-56x56-b1:{OPENVINO}:t1:avx"


def counted(
    instructions=1_000_000,
    misses=10_000,
    *,
    machine="callgrind-i5-7600k",
    cpu=("avx",),
    graph=("conv",),
    torch="2",
    place="here",
):
    """A record with these counts, cold and warm alike."""
    entry = record(CASE, np.random.default_rng(0), status=Status.CHECKED, graph=graph, torch=torch)
    counts = {"LL instruction misses": 0, "LL write misses": 0, "instructions": instructions}
    return dataclasses.replace(
        entry,
        status=Status.COUNTED,
        counts=Counts(
            instrument="callgrind",
            machine=machine,
            cpu=cpu,
            place=place,
            states={state: {**counts, "LL read misses": misses} for state in ("cold", "warm")},
        ),
    )


def run_of(*records, instrument="callgrind", deselected=()):
    section = RunSection(
        fingerprint="callgrind-i5-7600k", machine={}, profile="x", failed=False, instrument=instrument, deselected=deselected
    )
    return RunFile(path=Path("run.json"), document={}, section=section, records={entry.case_id: entry for entry in records})


def only(then, now, **kwargs):
    (verdict,) = compare_counts(run_of(then), run_of(now), **kwargs).verdicts
    return verdict


@pytest.mark.parametrize(
    ("instructions", "misses", "verdict"),
    [
        (1_000_000, 10_000, Verdict.PASS),
        (1_010_000, 10_700, Verdict.PASS),
        (1_010_001, 10_000, Verdict.REGRESSED),
        (1_000_000, 10_701, Verdict.REGRESSED),
        (990_000, 9_300, Verdict.PASS),
        (989_999, 10_000, Verdict.IMPROVED),
        (1_000_000, 9_299, Verdict.IMPROVED),
        # What costs instructions is a regression whatever it saves in misses.
        (1_100_000, 5_000, Verdict.REGRESSED),
    ],
)
def test_a_count_may_move_by_its_tolerance_and_no_more(instructions, misses, verdict):
    assert only(counted(), counted(instructions, misses)).verdict is verdict


def test_what_would_not_pass_is_worth_another_reading():
    baseline = {CASE: counted()}

    assert doubtful(baseline, [counted(misses=20_000)]) == {CASE}
    assert doubtful(baseline, [counted(misses=5_000)]) == {CASE}
    assert doubtful(baseline, [counted()]) == doubtful({}, [counted(misses=20_000)]) == frozenset()


def test_few_misses_may_double():
    assert only(counted(misses=200), counted(misses=700)).verdict is Verdict.PASS


@pytest.mark.parametrize("place", ["there", ""])
def test_elsewhere_instructions_are_judged_and_misses_shown(place):
    elsewhere = counted(misses=90_000, place=place)
    report = compare_counts(run_of(counted()), run_of(elsewhere))

    assert report.verdicts[0].verdict is Verdict.PASS
    assert report.verdicts[0].relative.estimate == pytest.approx(9.0)
    assert any("counted in another checkout" in note for note in report.notes)
    assert only(counted(), counted(2_000_000, place=place)).verdict is Verdict.REGRESSED
    assert compare_counts(run_of(counted()), run_of(counted())).notes == ()


def test_a_regression_names_the_counts_that_moved_and_the_kernels():
    verdict = only(counted(), counted(1_050_000, 20_000, graph=("conv", "reorder")))

    moved = [f"{state} {count}" for state in ("cold", "warm") for count in ("instructions +5.0 %", "LL misses +100.0 %")]
    assert verdict.reason == f"{', '.join(moved)}; 1 kernels changed"
    assert verdict.slowdown.estimate == pytest.approx(1.05)
    assert verdict.relative.low == verdict.relative.high == pytest.approx(2.0)
    assert only(counted(), counted(1_050_000)).reason.endswith("; the same kernels")


def test_other_versions_are_reported_and_compared_on_request():
    refused = only(counted(), counted(2_000_000, torch="3"))

    assert refused.verdict is Verdict.NOT_COMPARABLE
    assert refused.reason == "torch changed from 2 to 3; compare all the same with --any-version"
    assert only(counted(), counted(2_000_000, torch="3"), any_version=True).verdict is Verdict.REGRESSED


def test_another_simulated_machine_is_not_comparable_on_any_request():
    assert only(counted(), counted(machine="callgrind-host"), any_version=True).verdict is Verdict.NOT_COMPARABLE
    assert only(counted(), counted(cpu=("avx", "avx2")), any_version=True).verdict is Verdict.NOT_COMPARABLE


def test_what_is_missing_new_or_failed_is_named():
    failed = dataclasses.replace(counted(), status=Status.CRASHED, counts=None, reason="gone")

    assert compare_counts(run_of(counted()), run_of()).verdicts[0].verdict is Verdict.MISSING
    assert compare_counts(run_of(counted()), run_of(deselected=(CASE,))).verdicts == ()
    assert compare_counts(run_of(), run_of(counted())).verdicts[0].verdict is Verdict.NEW
    assert only(counted(), failed).verdict is Verdict.FAILED
    assert only(counted(), dataclasses.replace(failed, status=Status.SKIPPED)).verdict is Verdict.MISSING


def test_outcomes():
    assert compare_counts(run_of(counted()), run_of(counted())).outcome() is Outcome.PASSED
    assert compare_counts(run_of(counted()), run_of(counted(2_000_000))).outcome() is Outcome.REGRESSED
    assert compare_counts(run_of(counted()), run_of(counted(torch="3"))).outcome() is Outcome.NOT_COMPARABLE
    assert compare_counts(run_of(counted()), run_of()).outcome() is Outcome.NOTHING_MEASURED


def test_a_timed_run_is_not_judged_by_a_counted_one():
    with pytest.raises(BaselineError, match="compare runs of one instrument"):
        judge_runs(run_of(counted()), run_of(counted(), instrument=""))
