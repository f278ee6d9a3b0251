"""Hypothesis looks for a shape on which torch and OpenVINO disagree, on either route."""

from hypothesis import given
from hypothesis import strategies as st

from archbench.cache import ArtifactCache
from archbench.contracts import RunSettings
from archbench.measurement.artifacts import network_for, reference_for
from archbench.measurement.origins import Route
from archbench.measurement.parity import judge
from archbench.registry import BACKENDS, resolve
from archbench.workloads.inputs import seeded_input
from tests.strategies import workloads


@given(
    workload=workloads(),
    backend=st.sampled_from(["torch", "torch-channels-last", "openvino-cpu-f32"]),
    route=st.sampled_from(Route),
)
def test_no_shape_breaks_parity(cache_root, workload, backend, route):
    cache = ArtifactCache(cache_root)
    runtime = resolve("backend", BACKENDS, backend)
    model = runtime.load(network_for(workload, runtime.form, cache, route), RunSettings(threads=1, isa=None, cache=cache_root))
    model.bind(seeded_input(workload))
    model.run()

    parity = judge(model.output(), reference_for(workload, cache), runtime.precision, len(workload.convolutions))

    assert parity.holds
