"""Parity of keyword-spotting networks on every backend that this machine has: even kernels, uneven padding and a stride."""

import pytest

from archbench.cache import ArtifactCache
from archbench.contracts import RunSettings, backend_named
from archbench.measurement.artifacts import cost_for, network_for, reference_for
from archbench.measurement.parity import judge
from archbench.registry import BACKENDS
from archbench.workloads.inputs import seeded_input
from archbench.workloads.kws import NAMED, KwsWorkload

QUICK = ("kws-seed", "kws12")


@pytest.mark.parametrize("network", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in NAMED])
@pytest.mark.parametrize("name", BACKENDS)
def test_the_network_agrees_with_the_reference(name, network, cache_root):
    backend, cache, workload = backend_named(name), ArtifactCache(cache_root), KwsWorkload.named(network)
    reason = backend.absence()
    if reason is not None:
        pytest.skip(reason)

    model = backend.load(network_for(workload, backend.form, cache), RunSettings(threads=1, isa=None, cache=cache.root))
    model.bind(seeded_input(workload))
    model.run()
    parity = judge(model.output(), reference_for(workload, cache), backend.precision, cost_for(workload, cache).layers)

    assert parity.has_teeth
    assert parity.holds, parity
