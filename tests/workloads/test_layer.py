"""Operators and blocks: which shapes they have, what a unit is made of, and which sweeps a profile holds."""

import pytest
from hypothesis import given

from archbench.errors import WorkloadError
from archbench.registry import LAYERS
from archbench.workloads import behaviour
from archbench.workloads.layer import LayerWorkload, layer_named
from archbench.workloads.unit import Conv, Join, Pool, steps_of
from tests.strategies import layers


def layer(name, channels=32, out=None, **fields):
    return LayerWorkload(layer=name, in_channels=channels, out_channels=channels if out is None else out, **fields)


@pytest.mark.parametrize("name", LAYERS)
def test_the_registry_s_name_is_the_layer_s_own(name):
    assert layer_named(name).name == name


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("depthwise", {"out": 16}),
        ("group", {"channels": 6}),
        ("mixconv", {"channels": 2}),
        ("mixconv", {"kernel": 3}),
        ("linear", {}),
        ("max-pool", {"out": 16}),
        ("add", {"stride": 2}),
        ("multiply", {"out": 64}),
        ("concat", {}),
        ("shuffle", {"channels": 6}),
        ("dense-block", {}),
        ("dense-block", {"out": 48, "stride": 2}),
        ("shufflenet-v1-block", {"channels": 24}),
        ("shufflenet-v1-block", {"stride": 2}),
        ("shufflenet-v2-block", {"channels": 31}),
        ("shufflenet-v2-block", {"out": 64}),
        ("add", {"activation": "relu"}),
        ("residual-block", {"activation": "relu"}),
        ("conv", {"kernel": 2}),
        ("conv", {"stride": 3}),
        ("conv", {"copies": 0}),
        ("conv", {"resolution": (0, 7)}),
    ],
)
def test_a_shape_that_a_layer_cannot_have_is_refused(name, fields):
    with pytest.raises(WorkloadError, match="but got"):
        layer(name, **fields)


def test_an_inverted_residual_is_its_published_self():
    steps = [step.unit for step in steps_of(layer("mobilenet-v2-block").unit, (32, 28, 28))]
    convolutions = [unit for unit in steps if isinstance(unit, Conv)]

    assert [(unit.out_channels, unit.kernel, unit.groups) for unit in convolutions] == [(192, 1, 1), (192, 3, 192), (32, 1, 1)]
    assert isinstance(steps[-1], Join)
    strided = layer("mobilenet-v2-block", stride=2).unit
    assert not any(isinstance(step.unit, Join) for step in steps_of(strided, (32, 28, 28)))


def test_a_shuffle_block_that_halves_the_image_pools_its_input_beside():
    workload = layer("shufflenet-v1-block", out=64, stride=2)

    assert workload.output_shape == (64, 14, 14)
    assert any(isinstance(step.unit, Pool) for step in steps_of(workload.unit, workload.unit_shape))


@given(layers())
def test_a_unit_s_steps_end_in_its_output(workload):
    assert list(steps_of(workload.unit, workload.unit_shape))[-1].output == workload.output_shape


@given(layers())
def test_a_context_is_a_layer_without_a_context(workload):
    context = workload.context

    assert (context is None) == (layer_named(workload.layer).context is None)
    assert context is None or (context.context is None and context.in_channels == workload.in_channels)


@pytest.mark.parametrize(("profile", "least", "most"), [("smoke", 80, 120), ("nightly", 700, 800), ("paper", 9_000, 12_000)])
def test_a_profile_holds_each_kind_twice_with_few_and_many_copies(profile, least, most):
    copies = {}
    for workload in getattr(behaviour, profile)():
        copies.setdefault(workload.kind, []).append(workload.copies)

    assert least <= len(copies) <= most
    assert all(len(found) == 2 and found[0] < found[1] for found in copies.values())


@pytest.mark.parametrize("profile", ["smoke", "nightly", "paper"])
def test_every_profile_has_every_layer_and_what_stands_before_it(profile):
    kinds = {workload.kind for workload in getattr(behaviour, profile)()}

    assert {kind.layer for kind in kinds} == set(LAYERS)
    assert {kind.context for kind in kinds} - {None} <= kinds
