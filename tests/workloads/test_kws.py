"""Keyword-spotting networks: the published costs, and what they say of strides and of Equation 1's "+1"."""

import itertools

import pytest

from archbench.errors import UnknownNameError, WorkloadError
from archbench.workloads.kws import (
    BANDS,
    FIRST_STRIDE,
    FRAMES,
    NAMED,
    STRIDE,
    UNITS,
    KwsUnit,
    KwsWorkload,
    operations,
    parse_units,
    published,
)

#: Million operations as published, Tables I and II.
PUBLISHED = {"kws-seed": 581.1, "kws1": 223.4}

#: What the rule that these two leave gives for the others, so that it cannot change unseen.
DERIVED = {
    "kws2": 167.7,
    "kws3": 87.6,
    "kws4": 87.2,
    "kws5": 76.5,
    "kws6": 65.2,
    "kws7": 56.8,
    "kws8": 46.3,
    "kws9": 37.7,
    "kws10": 26.3,
    "kws11": 20.2,
    "kws12": 17.2,
}

STRIDES = ((1, 1), (1, 2), (2, 1), (2, 2))


def million_operations(name, strides, factor, plus):
    """Equation 1 with `factor` operations a multiply-accumulate, and `plus` more a filter and output element."""
    rows, columns, channels, total = BANDS, FRAMES, 1, 0
    for unit, (down, along) in zip(NAMED[name], strides, strict=True):
        rows, columns = -(-rows // down), -(-columns // along)
        taps = unit.kernel[0] * unit.kernel[1] * channels
        total += rows * columns * unit.filters * (taps + plus)
        channels = unit.filters
    return factor * total / 1e6


@pytest.mark.parametrize(("name", "cost"), [*PUBLISHED.items(), *DERIVED.items()])
def test_operations_are_the_published_ones(name, cost):
    assert round(operations(KwsWorkload.named(name)) / 1e6, 1) == cost


def test_of_all_strides_the_published_costs_leave_one_rule_up_to_its_axis():
    """Of 4^6 strides by one or two operations a MAC by with or without "+1", three agree, and all three without."""
    left = [
        (factor, plus, strides)
        for factor, plus in itertools.product((1, 2), (0, 1))
        for strides in itertools.product(STRIDES, repeat=UNITS)
        if all(round(million_operations(name, strides, factor, plus), 1) == cost for name, cost in PUBLISHED.items())
    ]

    rest = (STRIDE,) * (UNITS - 1)
    assert left == [(1, 0, ((1, 1), *rest)), (2, 0, ((1, 2), *rest)), (2, 0, ((2, 1), *rest))]
    assert (2, 0, (FIRST_STRIDE, *rest)) in left


def test_published_networks_come_in_order_of_falling_cost():
    costs = [operations(workload) for workload in published()]

    assert len(costs) == 13
    assert costs == sorted(costs, reverse=True)


def test_a_network_by_hand():
    """40 x 16 outputs; units of one filter with 9 taps."""
    workload = KwsWorkload(units=(KwsUnit(kernel=(3, 3), filters=1),) * UNITS, batch=7)

    assert operations(workload) == 2 * UNITS * 640 * 9
    assert [layer.outputs for layer in workload.layers] == [(40, 16)] * UNITS
    assert workload.layers[0].inputs == (40, 32)
    assert workload.layers[0].padding == (1, 1, 1, 1)
    assert workload.input_shape == (7, 1, 40, 32)


def test_an_even_kernel_is_padded_once_more_at_the_end():
    seed = KwsWorkload.named("kws-seed")

    assert seed.layers[0].padding == (4, 4, 1, 2)
    assert seed.layers[0].outputs == (40, 16)


def test_a_network_is_named_by_its_units():
    units = parse_units("3x3m40-1x1m20-1x1m20-3x3m20-5x5m20-3x3m30")

    assert KwsWorkload(units=units).family == "kws10"
    assert KwsWorkload(units=units) == KwsWorkload.named("kws10")
    assert KwsWorkload(units=units).axes == {"Mops": "26.3", "batch": "1"}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: KwsWorkload.named("kws13"), r"unknown keyword-spotting network 'kws13'\. Did you mean"),
        (lambda: KwsWorkload(units=NAMED["kws1"][:5]), "has 6 units, but got 5"),
        (lambda: KwsWorkload(units=NAMED["kws1"], batch=0), "`batch >= 1` must hold, but got batch=0"),
        (lambda: KwsUnit(kernel=(3, 0), filters=1), "`columns >= 1` must hold of a keyword-spotting unit, but got columns=0"),
        (lambda: parse_units("3x3"), "is ROWSxCOLUMNSmFILTERS, such as 3x3m50, but got '3x3'"),
    ],
)
def test_what_is_no_network_is_one_line(make, message):
    with pytest.raises((WorkloadError, UnknownNameError), match=message):
        make()
