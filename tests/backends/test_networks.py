"""Parity of every network on every backend that this machine has."""

import numpy as np
import pytest

from archbench.cache import ArtifactCache
from archbench.contracts import Precision, RunSettings, backend_named
from archbench.measurement.artifacts import cost_for, network_for, reference_for
from archbench.measurement.parity import judge
from archbench.registry import BACKENDS
from archbench.workloads.inputs import seeded_input
from archbench.workloads.network import NETWORKS, NetworkWorkload

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("name", BACKENDS)
def test_the_network_agrees_with_the_reference(name, network, cache_root):
    pytest.importorskip("pytorchcv")
    backend, cache, workload = backend_named(name), ArtifactCache(cache_root), NetworkWorkload(network=network)
    reason = backend.absence()
    if reason is not None:
        pytest.skip(reason)

    model = backend.load(network_for(workload, backend.form, cache), RunSettings(threads=1, isa=None, cache=cache.root))
    model.bind(seeded_input(workload))
    model.run()
    parity = judge(model.output(), reference_for(workload, cache), backend.precision, cost_for(workload, cache).layers)

    assert parity.has_teeth
    if backend.precision is Precision.I8 and not parity.holds:
        # With seeded weights that is what 8 bits do to some networks, and why they are then not timed; it is no bug.
        assert np.isfinite(model.output()).all()
        pytest.xfail(f"8 bits move the output by {parity.error:.2f} of its RMS, and {parity.tolerance:.2f} is granted")
    assert parity.holds, parity
