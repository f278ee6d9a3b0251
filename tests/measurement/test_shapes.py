"""Hypothesis looks for a shape on which torch and OpenVINO disagree, on either route."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from archbench.cache import ArtifactCache
from archbench.contracts import RunSettings
from archbench.measurement.artifacts import network_for, reference_for
from archbench.measurement.origins import Route
from archbench.measurement.parity import judge
from archbench.registry import BACKENDS, resolve
from archbench.workloads.inputs import seeded_input
from archbench.workloads.kws import UNITS, KwsUnit, KwsWorkload, parse_units
from tests.backends.parity import parity_on
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


DRAWN = KwsWorkload(units=parse_units("1x1m10-1x1m40-1x1m20-5x5m20-1x1m40-5x5m40"))


@example(units=DRAWN.units, backend="openvino-cpu-f32")
@given(
    units=st.tuples(
        *[st.builds(KwsUnit, kernel=st.sampled_from([(1, 1), (3, 3), (5, 5)]), filters=st.sampled_from(range(10, 60, 10)))]
        * UNITS
    ),
    backend=st.sampled_from(["torch", "openvino-cpu-f32"]),
)
@settings(max_examples=12)
def test_no_network_that_a_search_may_draw_breaks_parity(cache_root, units, backend):
    _, parity = parity_on(backend, KwsWorkload(units=units), cache_root)

    assert parity.holds
    assert parity.has_teeth
