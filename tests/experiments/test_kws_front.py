"""The search paper's findings on fronts whose truth is known."""

import pytest

from archbench.experiments.claim import Outcome
from archbench.experiments.kws_front import judge_front
from tests.search.samples import SQUARE, search

CHEAPER, FILTERS, SQUARES, SPAN = range(4)
GOOD = [("kws1-b1", 555), ("kws3-b1", 552), ("kws12-b1", 500)]


def outcomes(front, **kwargs):
    return [finding.outcome for finding in judge_front(search(front, **kwargs)).values()]


def test_all_hold_where_the_paper_is_right():
    assert outcomes(GOOD) == [Outcome.HOLDS] * 4


@pytest.mark.parametrize(
    ("claim", "front"),
    [
        (CHEAPER, [("kws1-b1", 555), ("kws3-b1", 400)]),
        (SQUARES, [*GOOD, (SQUARE, 300)]),
        (SPAN, GOOD[:2]),
    ],
)
def test_a_claim_that_is_false_does_not_hold(claim, front):
    assert outcomes(front)[claim] is Outcome.DOES_NOT_HOLD


def test_a_network_just_below_the_seed_leaves_it_open():
    assert outcomes([("kws3-b1", 530)])[CHEAPER] is Outcome.INCONCLUSIVE


def test_without_a_front_nothing_is_concluded():
    assert outcomes([]) == [Outcome.NOT_MEASURED, Outcome.INCONCLUSIVE, Outcome.NOT_MEASURED, Outcome.NOT_MEASURED]


def test_of_networks_that_know_only_chance_nothing_is_concluded():
    assert outcomes([("kws3-b1", 62)], seed=("kws-seed-b1", 60)) == [Outcome.INCONCLUSIVE] * 4
