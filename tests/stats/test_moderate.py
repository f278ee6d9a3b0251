"""Variances drawn towards their like: known truth, limits, and what it is for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archbench.stats.moderate import fit_prior


def drawn(generator, *, variance, prior_degrees, degrees, count):
    """Sample variances of things whose true variances are scaled inverse chi-squared."""
    true = variance * prior_degrees / generator.chisquare(prior_degrees, count)
    return [(float(value * generator.chisquare(degrees) / degrees), degrees) for value in true]


def test_the_truth_is_found_again_among_many():
    prior = fit_prior(drawn(np.random.default_rng(1), variance=4e-4, prior_degrees=6, degrees=5, count=4000))

    assert prior.variance == pytest.approx(4e-4, rel=0.1)
    assert prior.degrees == pytest.approx(6, rel=0.2)


def test_variances_that_differ_by_chance_alone_share_as_much_as_is_allowed():
    generator = np.random.default_rng(2)
    alike = [(float(9e-4 * generator.chisquare(4) / 4), 4) for _ in range(4000)]

    prior = fit_prior(alike)

    assert prior.degrees == 20
    assert prior.variance == pytest.approx(9e-4, rel=0.1)


def test_moderation_by_hand():
    prior = fit_prior([(1e-4, 3), (1e-4, 3), (1e-4, 3)])
    variance, degrees = prior.moderated(9e-4, 4)

    assert degrees == 24
    assert variance == pytest.approx((20 * prior.variance + 4 * 9e-4) / 24)


def test_two_variances_tell_nothing_of_how_variances_vary():
    assert fit_prior([(1e-4, 3), (2e-4, 3)]) is None


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 20)), min_size=3, max_size=20), st.floats(0, 1), st.integers(1, 20))
def test_a_moderated_variance_lies_between_its_own_and_the_prior_s(variances, own, degrees):
    prior = fit_prior(variances)
    variance, total = prior.moderated(own, degrees)

    assert prior.variance > 0
    assert degrees <= total <= degrees + 20 + 1e-9
    assert min(own, prior.variance) * (1 - 1e-9) <= variance <= max(own, prior.variance) * (1 + 1e-9)
