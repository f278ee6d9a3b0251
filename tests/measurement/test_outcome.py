"""What a worker's events add up to, and whom a crash is laid to."""

import pytest

from archbench.measurement import messages
from archbench.measurement.outcome import ProcessOutcome
from archbench.records.record import Parity, Samples, Status

GOOD = Parity(error=1e-6, tolerance=1e-4, sensitivity=0.5)


def outcome_of(*events):
    outcome = ProcessOutcome()
    for event in events:
        outcome.hear(event)
    return outcome


def loaded(case, parity=GOOD):
    return messages.Loaded(case=case, version="1", granted={}, executed_graph=(), parity=parity, cost={})


def entered(case, stage):
    return messages.Entered(case=case, stage=stage)


def test_a_good_case_is_not_unmeasured():
    assert outcome_of(loaded("torch")).unmeasured() == {}


@pytest.mark.parametrize(
    ("event", "status", "reason"),
    [
        (messages.Absent(case="b", reason="no device"), Status.SKIPPED, "no device"),
        (messages.Failed(case="b", stage="load", error="RuntimeError: no"), Status.ERROR, "load failed: RuntimeError: no"),
        (
            loaded("b", Parity(error=0.5, tolerance=1e-4, sensitivity=0.5)),
            Status.PARITY_FAILURE,
            "output error 5.00e-01 exceeds",
        ),
        (loaded("b", Parity(error=0.0, tolerance=1e-4, sensitivity=1e-6)), Status.PARITY_FAILURE, "parity proves nothing"),
    ],
)
def test_each_way_of_not_being_measured_has_a_status_and_a_reason(event, status, reason):
    found = outcome_of(loaded("a"), event).unmeasured()

    assert list(found) == ["b"]
    assert found["b"].status is status
    assert reason in found["b"].reason


def test_a_crash_is_laid_to_the_case_whose_stage_was_entered_last():
    blamed = outcome_of(entered("a", "load"), entered("b", "load")).blame(("a", "b"), "killed by SIGSEGV")

    assert list(blamed) == ["b"]
    assert blamed["b"].status is Status.CRASHED
    assert blamed["b"].reason == "crashed during load: killed by SIGSEGV"


@pytest.mark.parametrize("events", [(), (entered(messages.EVERY_CASE, "sampling"),)])
def test_a_crash_that_nobody_can_be_told_from_is_laid_to_all(events):
    assert set(outcome_of(*events).blame(("a", "b"), "killed")) == {"a", "b"}


def measured(*, stolen_s=0.0, calibration=(3,)):
    return messages.Measured(
        samples={name: Samples(inferences=1, duration_ns=(value,)) for name, value in (("torch", 2), ("b", 1))},
        calibration=Samples(inferences=1, duration_ns=calibration),
        stolen_s=stolen_s,
        preemptions=5,
        phases={"timed": 2.0},
    )


def test_samples_are_paired_with_the_reference_of_the_same_rounds():
    event = measured(stolen_s=0.5)
    outcome = outcome_of(event)

    paired = outcome.process_samples(4, "b", "torch", "busy")
    assert (paired.process, paired.own, paired.reference) == (4, event.samples["b"], event.samples["torch"])
    assert (paired.calibration, paired.stolen_s, paired.preemptions) == (event.calibration, 0.5, 5)
    assert paired.voided == "busy"
    assert outcome.process_samples(4, "torch", "torch", None).reference is None
    assert outcome.process_samples(4, "absent", "torch", None) is None
    assert outcome.phases == {"timed": 2.0}


def test_the_window_holds_the_median_calibration_and_the_stolen_share():
    window = outcome_of(measured(stolen_s=0.5, calibration=(3, 4, 100))).window

    assert (window.calibration_ns, window.stolen) == (4, 0.25)
    assert outcome_of().window is None
