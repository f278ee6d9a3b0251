"""Change points: planted steps are found where they are, unchanged series stay unmarked."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archbench.stats.changes import changes_of

NOISE = 0.01


def series(generator, *levels, points=20):
    return np.concatenate([math.log(level) + NOISE * generator.standard_normal(points) for level in levels])


def test_a_step_is_found_where_it_is_with_its_size():
    (change,) = changes_of(series(np.random.default_rng(0), 1.0, 1.08))

    assert change.index == 20
    found = change.ratio.interval()
    assert found.low < 1.08 < found.high
    assert found.low > 1.05


def test_every_step_is_found_whichever_way_it_goes():
    found = changes_of(series(np.random.default_rng(1), 1.0, 1.1, 1.02, 1.2))

    assert [change.index for change in found] == [20, 40, 60]
    assert [change.ratio.value > 0 for change in found] == [True, False, True]


def test_a_creep_of_half_a_per_cent_a_night_is_caught_though_no_night_differs_by_two():
    generator = np.random.default_rng(2)
    creeping = 0.005 * np.arange(30) + 0.002 * generator.standard_normal(30)

    found = changes_of(creeping)

    assert np.max(np.diff(creeping)) < 0.02
    assert found
    assert all(change.ratio.value > 0 for change in found)


@pytest.mark.parametrize("points", [6, 10, 30, 100])
@pytest.mark.parametrize("tails", ["normal", "heavy"])
def test_at_most_5_per_cent_of_unchanged_series_are_marked(points, tails):
    generator = np.random.default_rng(3)
    draws = generator.standard_normal((400, points)) if tails == "normal" else generator.standard_t(6, (400, points))

    marked = sum(bool(changes_of(NOISE * row)) for row in draws)

    assert marked / 400 <= 0.05


def test_a_step_of_eight_times_the_noise_is_missed_in_at_most_1_per_cent_of_series():
    generator = np.random.default_rng(4)

    found = [changes_of(series(generator, 1.0, math.exp(8 * NOISE), points=8)) for _ in range(300)]

    hits = sum(any(abs(change.index - 8) <= 1 for change in changes) for changes in found)
    assert hits / 300 >= 0.99


def test_one_bad_night_is_not_a_level():
    values = NOISE * np.random.default_rng(5).standard_normal(30)
    values[15] += 0.06

    assert changes_of(values) == []


@given(st.lists(st.just(0.3), max_size=20))
def test_what_is_constant_or_short_has_no_change(values):
    assert changes_of(values) == []
    assert changes_of([0.0, 1.0, 2.0]) == []
