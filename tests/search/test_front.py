"""Who beats whom, what is frozen, and the area under a front, by hand and by property."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archbench.search.front import Candidate, front_of, hypervolume, most_common
from archbench.workloads.kws import NAMED, KwsWorkload

NETWORKS = [KwsWorkload(units=units) for units in NAMED.values()]


def candidate(index, accuracy, *costs):
    return Candidate(workload=NETWORKS[index], accuracy=accuracy, costs=tuple(map(float, costs)))


def test_a_front_by_hand():
    found = front_of(
        [
            candidate(0, 0.9, 100),
            candidate(1, 0.9, 80),  # as accurate and cheaper than the first
            candidate(2, 0.7, 20),
            candidate(3, 0.6, 30),  # worse and dearer than the one before
            candidate(4, 0.5, 5),
        ]
    )

    assert [member.costs[0] for member in found] == [80, 20, 5]


def test_with_two_costs_the_dearer_in_one_may_stay():
    found = front_of([candidate(0, 0.9, 10, 2), candidate(1, 0.9, 12, 1), candidate(2, 0.9, 12, 2)])

    assert {member.costs for member in found} == {(10, 2), (12, 1)}


def test_equal_networks_stay_side_by_side_and_a_network_comes_once():
    assert len(front_of([candidate(0, 0.9, 10), candidate(1, 0.9, 10)])) == 2
    assert len(front_of([candidate(0, 0.9, 10), candidate(0, 0.9, 10)])) == 1


POINTS = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=12)


@given(POINTS)
def test_nobody_on_the_front_is_beaten_and_everybody_else_is(points):
    candidates = [candidate(index, accuracy, *costs) for index, (accuracy, *costs) in enumerate(points)]
    front = front_of(candidates)

    assert front
    for member in candidates:
        assert (member in front) != any(other.beats(member) for other in front)


@given(POINTS)
def test_later_trials_discard_a_member_only_by_beating_it(points):
    candidates = [candidate(index, accuracy, *costs) for index, (accuracy, *costs) in enumerate(points)]
    half = len(candidates) // 2

    gone = [member for member in front_of(candidates[:half]) if member not in front_of(candidates)]

    assert all(any(other.beats(member) for other in candidates[half:]) for member in gone)


def test_the_most_common_setting_is_frozen():
    choices = [{"a": 1, "b": 1, "c": 1}, {"a": 2, "b": 1, "c": 2}, {"a": 1, "b": 1, "c": 3}]

    assert most_common(choices, {}) == ("b", 1)
    assert most_common(choices, {"b": 1}) == ("a", 1)
    assert most_common(choices, {"b": 1, "a": 1}) == ("c", 1)
    assert most_common(choices, {"b": 1, "a": 1, "c": 1}) is None
    assert most_common([], {}) is None


def test_hypervolume_by_hand():
    """Two rectangles: 0.5 x 80 of the cheap one, and 0.3 more x 40 of the dear one."""
    assert hypervolume([(0.5, 20.0), (0.8, 60.0)], (0.0, 100.0)) == pytest.approx(0.5 * 80 + 0.3 * 40)
    assert hypervolume([(0.5, 20.0), (0.8, 60.0), (0.4, 30.0), (0.9, 100.0)], (0.0, 100.0)) == pytest.approx(52.0)
    assert hypervolume([], (0.0, 100.0)) == 0.0
