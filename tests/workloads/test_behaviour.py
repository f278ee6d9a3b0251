"""The behaviour study's design space."""

from collections import Counter

from archbench.cost.units import unit_cost
from archbench.workloads import behaviour


def test_nightly_scatters_shapes_as_networks_have_them():
    kinds = {workload.kind for workload in behaviour.nightly()}
    sweeps = {workload.kind for workload in behaviour.smoke()}
    pointwise = [kind for kind in kinds - sweeps if kind.layer == "conv" and kind.edge == 1]

    assert len({kind.resolution for kind in pointwise}) == 5
    assert len({(kind.in_channels, kind.out_channels) for kind in pointwise}) > 50
    assert {kind.stride for kind in pointwise} == {1, 2}
    assert max(unit_cost(kind).macs for kind in pointwise) < 1e9


def test_a_profile_is_the_same_every_time_and_has_pairs_alone():
    first, again = list(behaviour.nightly()), list(behaviour.nightly())

    assert first == again
    assert set(Counter(workload.kind for workload in first).values()) == {2}
