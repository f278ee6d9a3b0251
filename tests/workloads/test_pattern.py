"""What the six patterns are, and which shapes they refuse."""

import itertools

import pytest
from hypothesis import given

from archbench.errors import UnknownNameError, WorkloadError
from archbench.workloads.grids import SIX
from archbench.workloads.pattern import PatternWorkload
from tests.strategies import workloads


def shape_of(pattern, **kwargs):
    workload = PatternWorkload(pattern=pattern, depth=1, width=64, **kwargs)
    return [(c.in_channels, c.out_channels, c.kernel, c.groups, c.relu) for c in workload.unit]


@pytest.mark.parametrize(
    ("pattern", "unit"),
    [
        ("standard", [(64, 64, (3, 3), 1, True)]),
        ("factorized", [(64, 64, (1, 3), 1, True), (64, 64, (3, 1), 1, True)]),
        ("bottleneck", [(64, 16, (1, 1), 1, True), (16, 16, (3, 3), 1, True), (16, 64, (1, 1), 1, True)]),
        ("depthwise-separable", [(64, 64, (3, 3), 64, True), (64, 64, (1, 1), 1, True)]),
        ("depthwise-bottleneck", [(64, 16, (1, 1), 1, True), (16, 16, (3, 3), 16, True), (16, 64, (1, 1), 1, True)]),
        ("grouped", [(64, 64, (3, 3), 8, True)]),
        (
            "inverted-bottleneck",
            [(64, 384, (1, 1), 1, True), (384, 384, (3, 3), 384, True), (384, 64, (1, 1), 1, False)],
        ),
    ],
)
def test_a_unit_is_what_its_home_network_has(pattern, unit):
    assert shape_of(pattern) == unit


@given(workloads())
def test_a_unit_keeps_the_width_and_widens_the_receptive_field_by_kernel_minus_one(workload):
    unit = workload.unit

    assert (unit[0].in_channels, unit[-1].out_channels) == (workload.width, workload.width)
    assert all(before.out_channels == after.in_channels for before, after in itertools.pairwise(unit))
    for axis in (0, 1):
        assert sum(convolution.kernel[axis] - 1 for convolution in unit) == workload.kernel - 1


@given(workloads())
def test_depth_counts_units(workload):
    assert len(workload.convolutions) == workload.depth * len(workload.unit)


@pytest.mark.parametrize("pattern", SIX)
@pytest.mark.parametrize("field", ["depth", "width", "batch", "kernel"])
def test_sizes_below_one_are_refused_with_the_value(pattern, field):
    sizes = {"depth": 1, "width": 64, "batch": 1, "kernel": 3, field: 0}

    with pytest.raises(WorkloadError, match=f"`{field} >= 1` must hold, but got {field}=0"):
        PatternWorkload(pattern=pattern, **sizes)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (
            {"pattern": "grouped", "width": 10, "groups": 4},
            "grouped needs a width that its groups divide, but got width=10, groups=4",
        ),
        (
            {"pattern": "bottleneck", "width": 10},
            "bottleneck needs a width that its ratio divides, but got width=10, ratio=4",
        ),
        ({"pattern": "depthwise-bottleneck", "width": 2}, "depthwise-bottleneck needs a width that its ratio divides"),
        ({"pattern": "standard", "width": 8, "kernel": 4}, "`kernel` must be odd"),
        ({"pattern": "standard", "width": 8, "groups": 2}, "the standard pattern has no groups, but got groups=2"),
        ({"pattern": "grouped", "width": 8, "ratio": 2}, "the grouped pattern has no ratio"),
        ({"pattern": "standard", "width": 8, "resolution": (0, 5)}, "`rows >= 1` must hold"),
    ],
)
def test_impossible_shapes_are_refused_in_one_sentence(shape, message):
    with pytest.raises(WorkloadError, match=message) as caught:
        PatternWorkload(depth=1, **shape)

    assert "\n" not in str(caught.value)


def test_an_unknown_pattern_is_answered_with_the_nearest_name():
    with pytest.raises(UnknownNameError, match=r"unknown pattern 'standart'\. Did you mean 'standard'"):
        PatternWorkload(pattern="standart", depth=1, width=8)
