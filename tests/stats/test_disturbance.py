"""Which processes are voided."""

from hypothesis import given
from hypothesis import strategies as st

from archbench.stats.disturbance import KEPT, SLOWER, Window, disturbances, is_disturbed_throughout

FLOOR = 100.0


def windows(*calibrations, stolen=()):
    return [Window(calibration_ns=value, stolen=0.5 if index in stolen else 0.0) for index, value in enumerate(calibrations)]


def test_a_quiet_case_keeps_every_process():
    assert disturbances(windows(100, 101, 103, 104, 100, 102, 105, 101), FLOOR) == [None] * 8
    assert disturbances([], FLOOR) == []


def test_a_busy_neighbour_and_a_theft_are_named():
    found = disturbances(windows(*[100] * KEPT, 160, 100, stolen={KEPT + 1}), FLOOR)

    assert found[:KEPT] == [None] * KEPT
    assert found[KEPT] == "calibration work 60% slower than at its best: a busy neighbour or a lower clock"
    assert found[KEPT + 1] == "the hypervisor took 50% of the time"


def test_a_case_disturbed_throughout_is_told_by_the_rest_of_the_run():
    found = disturbances(windows(*range(150, 150 + KEPT + 2)), FLOOR)

    assert [reason is not None for reason in found] == [False] * KEPT + [True] * 2


def test_one_quiet_process_is_enough_to_show_the_others_up():
    assert is_disturbed_throughout(windows(*[140] * 8), FLOOR)
    assert not is_disturbed_throughout(windows(100, *[140] * 7), FLOOR)
    assert not is_disturbed_throughout(windows(114, 115), FLOOR)
    assert is_disturbed_throughout(windows(100, 100, stolen={0, 1}), FLOOR)


def test_few_quiet_processes_are_filled_up_with_the_mildly_disturbed_alone():
    found = disturbances(windows(100, 101, 102, *[112] * 4, *[140] * 9), FLOOR)
    few = disturbances(windows(100, 101, *[140] * 9), FLOOR)
    one = disturbances(windows(100, *[140] * 9), FLOOR)

    assert [reason is None for reason in found] == [True] * 7 + [False] * 9
    assert [reason is None for reason in few] == [True] * 2 + [False] * 9
    assert [reason is None for reason in one] == [True] * KEPT + [False] * 2


def test_no_more_than_eight_are_filled_up():
    found = disturbances(windows(*[100] * 2, *[112] * 20), FLOOR)

    assert sum(reason is None for reason in found) == KEPT


def test_what_the_network_before_it_does_to_the_calibration_is_no_disturbance():
    assert disturbances(windows(*[107] * KEPT, 112, 113), FLOOR) == [None] * (KEPT + 2)


@given(st.lists(st.floats(100, 1000), min_size=1, max_size=30))
def test_the_quietest_are_kept_and_only_louder_ones_voided(calibrations):
    found = disturbances(windows(*calibrations), FLOOR)

    kept = [value for value, reason in zip(calibrations, found, strict=True) if reason is None]
    voided = [value for value, reason in zip(calibrations, found, strict=True) if reason is not None]
    assert len(kept) >= min(2, len(calibrations))
    assert all(value > FLOOR * (1 + SLOWER) for value in voided)
    assert not voided or max(kept) <= min(voided)
    assert len(kept) <= KEPT or max(kept) <= FLOOR * (1 + SLOWER) ** 2 * (1 + 1e-9)
