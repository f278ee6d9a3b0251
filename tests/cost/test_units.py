"""What operators and blocks cost: hand-computed, and against counts from the built module."""

import pytest
from hypothesis import given

from archbench.cost.counting import count_cost
from archbench.cost.units import tree_cost, unit_cost
from archbench.models.build import build
from archbench.workloads.drawn import DrawnWorkload
from archbench.workloads.layer import LayerWorkload
from tests.strategies import layers


def cost(name, channels=4, out=None, resolution=(3, 5), **fields):
    workload = LayerWorkload(layer=name, in_channels=channels, out_channels=out or channels, resolution=resolution, **fields)
    return unit_cost(workload)


def test_a_convolution_by_hand():
    found = cost("conv", out=6, stride=2, batch=2)

    # 2 images x 2 x 3 pixels x 6 outputs x 4 inputs x 9 taps
    assert found.macs == 2592
    assert found.operations == 2 * 2592
    assert found.parameters == 216 + 6
    # 4 bytes of: 2 x 60 elements in, 2 x 36 out, weights and biases
    assert found.memory_access_bytes == 4 * (120 + 72 + 222)
    assert found.reuse == 5184 / 1656


def test_grouping_divides_work_and_weights():
    whole, grouped, depthwise = (cost(name, channels=8) for name in ("conv", "group", "depthwise"))

    assert whole.macs == 4 * grouped.macs == 8 * depthwise.macs
    assert grouped.parameters == 8 * 2 * 9 + 8
    assert depthwise.parameters == 8 * 9 + 8


def test_an_activation_is_one_operation_an_element_and_moves_it_twice():
    plain, activated = cost("conv"), cost("conv", activation="hardswish")

    assert activated.operations - plain.operations == 60
    assert activated.memory_access_bytes - plain.memory_access_bytes == 4 * 2 * 60
    assert activated.parameters == plain.parameters


def test_operators_without_weights_by_hand():
    before = cost("depthwise")

    def own(name, **fields):
        found = cost(name, **fields)
        return found.operations - before.operations, (found.memory_access_bytes - before.memory_access_bytes) // 4

    assert own("max-pool") == (9 * 60, 120)
    assert own("mean-pool", kernel=5) == (25 * 60, 120)
    # It is folded into the convolution, whose bias it takes the place of.
    assert own("batch-norm") == (0, 0)
    # The product of its one pixel with the output is not there to be read.
    assert own("global-pool") == (60, 60 + 4)
    assert own("add") == (60, 180)
    assert own("multiply") == (60, 180)
    assert own("concat", out=8) == (0, 60 + 60 + 120)
    assert own("shuffle") == (0, 120)


def test_a_fully_connected_layer_by_hand():
    found = cost("linear", channels=8, out=3, resolution=(1, 1))

    assert (found.macs, found.parameters, found.memory_access_bytes) == (24, 27, 4 * (8 + 3 + 27))


@given(layers())
def test_formulas_equal_counts_from_the_built_module(workload):
    assert tree_cost(workload) == count_cost(build(workload), workload.input_shape)


@pytest.mark.parametrize("number", [1, 3, 11, 32])
def test_so_it_is_of_drawn_networks(number):
    workload = DrawnWorkload(number=number)

    assert tree_cost(workload) == count_cost(build(workload), workload.input_shape)


@given(layers())
def test_a_unit_does_what_the_network_of_one_copy_does(workload):
    assert workload.copies * unit_cost(workload).macs == tree_cost(workload).macs
