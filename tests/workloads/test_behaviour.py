"""The behaviour study's design space."""

from collections import Counter

from archbench.cost.units import unit_cost
from archbench.workloads import behaviour


def test_nightly_scatters_shapes_as_networks_have_them():
    sweeps = {workload.kind for workload in behaviour.smoke()}
    scattered = {workload.kind for workload in behaviour.nightly()} - sweeps
    pointwise = [kind for kind in scattered if kind.layer == "conv" and kind.edge == 1 and kind.resolution != (1, 1)]
    first = [kind for kind in scattered if kind.layer == "conv" and kind.resolution == (224, 224)]

    assert len({kind.resolution for kind in pointwise}) == 5
    assert len({(kind.in_channels, kind.out_channels) for kind in pointwise}) > 50
    assert {kind.stride for kind in pointwise} == {1, 2}
    assert max(unit_cost(kind).macs for kind in pointwise) < 1e9
    assert {(kind.in_channels, kind.stride) for kind in first} == {(3, 2)}
    assert len([kind for kind in scattered if kind.layer == "conv" and kind.resolution == (1, 1)]) > 10


def test_what_prices_of_whole_networks_need_beside_the_sweeps_is_there():
    kinds = {workload.kind for workload in behaviour.nightly()}

    for layer in ("max-pool", "mean-pool"):
        assert {kind.stride for kind in kinds if kind.layer == layer} == {1, 2}
    assert len({(kind.in_channels, kind.resolution) for kind in kinds if kind.layer == "batch-norm"}) == 12
    assert len([kind for kind in kinds if kind.layer == "group"]) > 12


def test_nightly_puts_activations_behind_convolutions_of_many_shapes():
    kinds = {workload.kind for workload in behaviour.nightly()}
    curved = {(kind.layer, kind.in_channels, kind.resolution) for kind in kinds if kind.activation in ("swish", "hardswish")}

    assert len({shape for shape in curved if shape[0] == "conv"}) > 10
    assert len({shape for shape in curved if shape[0] == "depthwise"}) > 10


def test_a_profile_is_the_same_every_time_and_has_pairs_alone():
    first, again = list(behaviour.nightly()), list(behaviour.nightly())

    assert first == again
    assert set(Counter(workload.kind for workload in first).values()) == {2}
