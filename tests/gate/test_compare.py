"""The gate on records with a known truth."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archbench.gate.compare import compare_runs
from archbench.gate.noise import NoiseFloor
from archbench.gate.verdict import Outcome, Verdict
from archbench.records.record import Status
from archbench.records.runfile import Acceptance, RunFile, RunSection
from tests.samples import OPENVINO, record

CASE = f"standard-d10-w64-k3-28x28-b1:{OPENVINO}:t1"
OTHER = f"grouped-d10-w64-k3-g8-28x28-b1:{OPENVINO}:t1"
REFERENCE = "standard-d10-w64-k3-28x28-b1:torch:t1"


def run_of(*records, fingerprint="here", accepted=None):
    section = RunSection(fingerprint=fingerprint, machine={}, profile="smoke", failed=False, accepted=accepted)
    return RunFile(path=Path("run.json"), document={}, section=section, records={entry.case_id: entry for entry in records})


def pair(seed=0, *, own=1e-3, reference=3e-3, **kwargs):
    """Both backends of a workload, sampled together."""
    accelerated = record(CASE, np.random.default_rng(seed), own=own, reference=reference, **kwargs)
    native = dataclasses.replace(
        record(REFERENCE, np.random.default_rng(seed), own=reference, reference=None, **kwargs),
        processes=tuple(
            dataclasses.replace(process, own=process.reference, reference=None) for process in accelerated.processes
        ),
    )
    return run_of(native, accelerated)


def verdicts(baseline, current, **kwargs):
    return {entry.case_id: entry for entry in compare_runs(baseline, current, **kwargs).verdicts}


def verdict(baseline, current, **kwargs):
    return verdicts(baseline, current, **kwargs)[CASE]


def honest(seed=0, **kwargs):
    return run_of(record(CASE, np.random.default_rng(seed), **kwargs))


def test_a_run_against_itself_passes():
    run = pair()

    assert verdict(run, run).verdict is Verdict.PASS
    assert compare_runs(run, run).outcome(strict=True) is Outcome.PASSED


@given(st.integers(0, 10_000))
def test_an_unchanged_rerun_is_never_called_regressed(seed):
    for entry in verdicts(pair(seed), pair(seed + 1)).values():
        assert entry.verdict not in (Verdict.REGRESSED, Verdict.IMPROVED)


@given(st.integers(0, 10_000))
def test_a_planted_slowdown_of_5_per_cent_is_found_and_its_sibling_left_alone(seed):
    found = verdicts(pair(seed), pair(seed + 1, own=1.05e-3))

    assert found[CASE].verdict is Verdict.REGRESSED
    assert found[CASE].slowdown.estimate == pytest.approx(1.05, rel=0.02)
    assert found[CASE].relative.estimate == pytest.approx(1.05, rel=0.02)
    assert found[REFERENCE].verdict not in (Verdict.REGRESSED, Verdict.IMPROVED)


def test_a_slower_reference_is_seen_against_the_backend_sampled_beside_it():
    found = verdicts(pair(), pair(1, reference=3.6e-3))

    assert found[REFERENCE].verdict is Verdict.REGRESSED
    assert found[REFERENCE].relative.estimate == pytest.approx(1.2, rel=0.02)
    assert (found[CASE].verdict, found[CASE].reason) == (Verdict.PASS, "its sibling became slower")


def test_the_reference_getting_faster_is_no_regression():
    found = verdicts(pair(), pair(1, reference=2.4e-3))

    assert (found[CASE].verdict, found[CASE].reason) == (Verdict.PASS, "its sibling became faster")
    assert found[REFERENCE].verdict is Verdict.IMPROVED


def test_what_slows_both_siblings_alike_is_laid_to_the_machine():
    found = verdicts(pair(), pair(1, own=1.1e-3, reference=3.3e-3))

    assert {entry.verdict for entry in found.values()} == {Verdict.INCONCLUSIVE}
    assert found[CASE].reason == "slower, but its sibling slowed alike: suspect the machine"


def test_an_improvement_is_called_one_and_asks_to_be_accepted():
    report = compare_runs(pair(), pair(1, own=0.8e-3))

    assert verdict(pair(), pair(1, own=0.8e-3)).verdict is Verdict.IMPROVED
    assert any("accept this run" in note for note in report.notes)


def test_a_wide_interval_is_inconclusive_not_a_pass_and_strict_does_not_let_it_through():
    then, now = pair(between=0.1, count=3), pair(1, between=0.1, count=3)
    report = compare_runs(then, now)

    assert verdict(then, now).verdict is Verdict.INCONCLUSIVE
    assert report.outcome() is Outcome.PASSED
    assert report.outcome(strict=True) is Outcome.INCONCLUSIVE


def test_a_change_below_the_minimum_effect_passes_and_a_smaller_effect_finds_it():
    small = pair(1, own=1.03e-3)

    assert verdict(pair(), small, min_effect=0.1).verdict is Verdict.PASS
    assert verdict(pair(), small, min_effect=0.01).verdict is Verdict.REGRESSED


def test_a_slower_machine_is_not_a_slower_network():
    slow_machine = pair(1, own=1.3e-3, reference=3.9e-3, calibration=6.5e-4)

    report = compare_runs(pair(), slow_machine)

    assert report.drift.estimate == pytest.approx(1.3, rel=0.02)
    assert {entry.verdict for entry in report.verdicts} == {Verdict.PASS}


def test_another_numpy_is_not_taken_for_another_machine():
    """Its matrix product, the calibration work, may be another one: siblings alone are compared."""
    report = compare_runs(pair(), pair(1, own=1.1e-3, calibration=4e-4, numpy="3"))
    found = {entry.case_id: entry for entry in report.verdicts}

    assert report.drift is None
    assert found[CASE].verdict is Verdict.REGRESSED
    assert found[CASE].slowdown is None
    assert found[CASE].relative.estimate == pytest.approx(1.1, rel=0.02)
    assert any("numpy changed, and with it the calibration work" in note for note in report.notes)


def test_runs_whose_workers_took_turns_saw_the_same_machine():
    report = compare_runs(pair(), pair(1, own=1.1e-3, calibration=4e-4, numpy="3"), interleaved=True)
    found = {entry.case_id: entry for entry in report.verdicts}

    assert report.drift is None
    assert found[CASE].verdict is Verdict.REGRESSED
    assert found[CASE].slowdown.estimate == pytest.approx(1.1, rel=0.02)
    assert found[REFERENCE].verdict is Verdict.PASS
    assert not any("noise floor" in note or "calibration" in note for note in report.notes)


def test_the_sibling_contradicts_only_when_it_is_sure():
    slow = pair(1, own=1.05e-3, reference=3.15e-3)
    noisy_sibling = pair(1, own=1.05e-3, reference=3.15e-3)
    processes = noisy_sibling.records[CASE].processes
    wobble = np.exp(0.1 * np.random.default_rng(5).standard_normal(len(processes)))
    wide = tuple(
        dataclasses.replace(
            process,
            reference=dataclasses.replace(
                process.reference, duration_ns=tuple(int(value * factor) for value in process.reference.duration_ns)
            ),
        )
        for process, factor in zip(processes, wobble, strict=True)
    )
    open_question = run_of(dataclasses.replace(noisy_sibling.records[CASE], processes=wide))

    assert verdict(pair(), slow).verdict is Verdict.INCONCLUSIVE
    assert verdict(pair(), open_question).verdict is Verdict.REGRESSED


def test_a_regression_says_whether_the_kernels_changed():
    same, other = verdict(pair(), pair(1, own=2e-3)), verdict(pair(), pair(1, own=2e-3, graph=("gemm",)))

    assert same.reason == "slower with the same kernels: suspect the machine"
    assert other.reason == "slower, and 2 kernels changed"
    assert other.kernels == ("- conv", "+ gemm")


def test_voided_processes_are_counted_and_judge_nothing():
    def half_voided(entry):
        spoilt = (
            dataclasses.replace(
                process,
                voided="busy",
                own=dataclasses.replace(process.own, duration_ns=tuple(2 * value for value in process.own.duration_ns)),
            )
            for process in entry.processes[:5]
        )
        return dataclasses.replace(entry, processes=(*spoilt, *entry.processes[5:]))

    current = run_of(*(half_voided(entry) for entry in pair(1).records.values()))
    report = compare_runs(pair(), current)

    assert (report.voided, report.processes) == (10, 20)
    assert report.outcome() is Outcome.PASSED
    assert verdict(pair(), current).slowdown.estimate == pytest.approx(1, rel=0.02)


@pytest.mark.parametrize("own", [1.4e-3, 0.7e-3])
def test_of_a_case_disturbed_throughout_nothing_is_concluded(own):
    before = run_of(record(CASE, np.random.default_rng(0)), record(OTHER, np.random.default_rng(1)))
    disturbed = record(CASE, np.random.default_rng(2), own=own, calibration=7e-4)
    after = run_of(disturbed, record(OTHER, np.random.default_rng(3)))

    for baseline, current in ((before, after), (after, before)):
        found = verdicts(baseline, current)
        assert found[CASE].verdict is Verdict.INCONCLUSIVE
        assert found[CASE].reason == "disturbed throughout in one of the runs: nothing is concluded"
        assert found[OTHER].verdict is Verdict.PASS


def test_a_case_of_a_test_left_out_on_request_is_not_missing():
    entry = {"fullname": "test_speed.py::test_it[onnx]", "extra_info": {"archbench": {"case_id": CASE}}}
    baseline = dataclasses.replace(honest(), document={"benchmarks": [entry, {"fullname": "stock"}]})
    section = dataclasses.replace(run_of().section, deselected_tests=("test_speed.py::test_it[onnx]",))
    asked = dataclasses.replace(run_of(), section=section)

    assert verdict(baseline, run_of()).verdict is Verdict.MISSING
    assert verdicts(baseline, asked) == {}
    # Whatever measured it after all, it is judged.
    assert verdict(baseline, dataclasses.replace(honest(), section=section)).verdict is Verdict.PASS


def test_another_machine_is_judged_by_its_ratios_alone():
    elsewhere = dataclasses.replace(
        pair(1, own=5e-3, reference=15e-3),
        section=RunSection(fingerprint="there", machine={}, profile="smoke", failed=False),
    )

    report = compare_runs(pair(), elsewhere)

    by_case = {entry.case_id: entry for entry in report.verdicts}
    assert by_case[CASE].verdict is Verdict.PASS
    assert by_case[CASE].slowdown is None
    assert by_case[REFERENCE].verdict is Verdict.NOT_COMPARABLE
    assert any("foreign baseline" in note for note in report.notes)
    assert report.outcome() is Outcome.PASSED


@pytest.mark.parametrize("status", [Status.ERROR, Status.CRASHED, Status.PARITY_FAILURE, Status.CHECKED])
def test_a_case_that_failed_closes_the_gate(status):
    kept = record(OTHER, np.random.default_rng(1))
    failed = record(CASE, np.random.default_rng(0), status=status)
    report = compare_runs(run_of(*honest().records.values(), kept), run_of(failed, kept))

    assert report.verdicts[0].verdict is Verdict.FAILED
    assert report.outcome() is Outcome.FAILED


def test_a_case_that_vanished_closes_the_gate():
    kept = record(OTHER, np.random.default_rng(1))

    report = compare_runs(run_of(*honest().records.values(), kept), run_of(kept))

    assert {entry.case_id: entry.verdict for entry in report.verdicts}[CASE] is Verdict.MISSING
    assert report.outcome() is Outcome.FAILED


def test_a_measured_case_that_is_now_skipped_is_missing():
    report = compare_runs(honest(), run_of(record(CASE, np.random.default_rng(0), status=Status.SKIPPED)))

    assert report.verdicts[0].verdict is Verdict.MISSING


def test_a_new_case_is_named_and_fails_nothing():
    new = record(OTHER, np.random.default_rng(1))

    report = compare_runs(honest(), run_of(*honest(1).records.values(), new))

    assert {entry.case_id: entry.verdict for entry in report.verdicts}[OTHER] is Verdict.NEW
    assert report.outcome() is Outcome.PASSED


@pytest.mark.parametrize("change", [{"granted": {"threads": "2"}}, {"allocator": "system"}])
def test_what_was_granted_differently_is_not_compared(change):
    report = compare_runs(honest(), honest(1, own=9.0, **change))

    assert report.verdicts[0].verdict is Verdict.NOT_COMPARABLE
    assert "in the baseline and is" in report.verdicts[0].reason
    assert report.outcome() is Outcome.NOT_COMPARABLE


def test_a_gate_that_measured_nothing_stays_closed():
    assert compare_runs(run_of(), run_of()).outcome() is Outcome.NOTHING_MEASURED
    assert compare_runs(honest(), run_of()).outcome() is Outcome.NOTHING_MEASURED


def test_planted_work_and_old_baselines_are_said():
    old = run_of(*honest().records.values(), accepted=Acceptance(reason="first", date="2020-01-01T00:00:00+00:00"))
    notes = compare_runs(old, honest(1, planted=0.2)).notes

    assert "1 cases carry planted extra work." in notes
    assert any(note.startswith("old baseline: accepted") for note in notes)


def noise_of(**changes):
    return NoiseFloor(fingerprint="here", date="2026-01-01", **{"comparisons": 4, "alarms": (), **changes})


def test_a_noise_floor_widens_what_it_was_measured_for():
    slower = pair(1, own=1.05e-3)

    assert verdict(pair(), slower, noise=noise_of()).verdict is Verdict.REGRESSED
    noisy = noise_of(slowdown={CASE: 0.03**2}, relative={CASE: 0.03**2})
    assert verdict(pair(), slower, noise=noisy).verdict is Verdict.INCONCLUSIVE


def test_a_gate_whose_unchanged_runs_raised_alarms_is_never_green():
    report = compare_runs(pair(), pair(1), noise=noise_of(alarms=("a against b: torch",)))

    assert report.outcome() is Outcome.UNCALIBRATED
    assert "1 of 4 comparisons of unchanged runs raised an alarm" in report.uncalibrated
