"""Costs by formula: hand-computed, closed forms of each pattern, and against counts from the built module."""

import pytest
from hypothesis import given

from archbench.cost.counting import count_cost
from archbench.cost.formulas import cost_by_formula
from archbench.models.build import build
from archbench.workloads.pattern import PatternWorkload
from tests.strategies import workloads


def test_one_standard_convolution_by_hand():
    cost = cost_by_formula(PatternWorkload(pattern="standard", depth=1, width=2, resolution=(3, 5), batch=2))

    # 2 images x 15 pixels x 2 outputs x 2 inputs x 9 taps
    assert cost.macs == 1080
    assert cost.flops == 2160
    # 2 x 2 x 9 weights, scale and shift of 2 channels
    assert cost.parameters == 36 + 4
    assert cost.weight_bytes == 144
    # 2 x 15 x 2 elements of 4 bytes out, as many in
    assert cost.activation_bytes == 240
    assert cost.memory_access_bytes == 240 + 240 + 144
    assert cost.intensity == pytest.approx(2160 / 624)


@pytest.mark.parametrize(
    ("pattern", "weights"),
    [
        ("standard", lambda c: 9 * c * c),
        ("factorized", lambda c: 6 * c * c),
        ("bottleneck", lambda c: 2 * c * c // 4 + 9 * c * c // 16),
        ("depthwise-separable", lambda c: c * c + 9 * c),
        ("depthwise-bottleneck", lambda c: 2 * c * c // 4 + 9 * c // 4),
        ("grouped", lambda c: 9 * c * c // 8),
        ("inverted-bottleneck", lambda c: 12 * c * c + 54 * c),
    ],
)
@pytest.mark.parametrize("width", [32, 512])
def test_macs_follow_each_patterns_closed_form(pattern, weights, width):
    workload = PatternWorkload(pattern=pattern, depth=7, width=width, resolution=(4, 6), batch=3)

    assert cost_by_formula(workload).macs == 7 * 3 * 24 * weights(width)
    assert cost_by_formula(workload).weight_bytes == 7 * 4 * weights(width)


@given(workloads())
def test_formulas_equal_counts_from_the_built_module(workload):
    module = build(workload)

    assert cost_by_formula(workload) == count_cost(module, workload.input_shape)
    assert cost_by_formula(workload).parameters == sum(parameter.numel() for parameter in module.parameters())
