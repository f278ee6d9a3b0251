"""Parity of a whole workload on a backend, as tests ask for it."""

import pytest

from archbench.cache import ArtifactCache
from archbench.contracts import RunSettings, backend_named
from archbench.measurement.artifacts import cost_for, network_for, reference_for
from archbench.measurement.parity import judge
from archbench.workloads.inputs import seeded_input


def parity_on(name, workload, cache_root):
    """The output on backend `name` and its parity with the reference; skips where this machine lacks the backend."""
    backend, cache = backend_named(name), ArtifactCache(cache_root)
    reason = backend.absence()
    if reason is not None:
        pytest.skip(reason)
    model = backend.load(network_for(workload, backend.form, cache), RunSettings(threads=1, isa=None, cache=cache.root))
    model.bind(seeded_input(workload))
    model.run()
    output = model.output()
    return output, judge(output, reference_for(workload, cache), backend.precision, cost_for(workload, cache).layers)
