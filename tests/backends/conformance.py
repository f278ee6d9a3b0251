"""What every backend must do. A backend's tests inherit BackendConformance and give the `backend` fixture."""

import numpy as np
import pytest

from archbench.cache import ArtifactCache
from archbench.contracts import RunSettings
from archbench.measurement.artifacts import network_for, reference_for
from archbench.measurement.parity import judge
from archbench.registry import BACKENDS, resolve
from archbench.workloads.grids import SIX
from archbench.workloads.inputs import seeded_input
from archbench.workloads.pattern import PatternWorkload


class BackendConformance:
    """Obligations of `archbench.contracts.Backend` and `CompiledModel`."""

    @pytest.fixture
    def backend(self):
        raise NotImplementedError

    @pytest.fixture
    def present(self, backend):
        reason = backend.absence()
        if reason is not None:
            pytest.skip(reason)
        return backend

    @pytest.fixture
    def load(self, present, cache_root):
        def load_workload(workload, threads=1):
            network = network_for(workload, present.form, ArtifactCache(cache_root))
            model = present.load(network, RunSettings(threads=threads, isa=None, cache=cache_root))
            model.bind(seeded_input(workload))
            return model

        return load_workload

    def test_it_is_registered_under_its_own_name(self, backend):
        assert resolve("backend", BACKENDS, backend.name) is backend

    def test_its_absence_is_none_or_a_reason(self, backend):
        reason = backend.absence()
        assert reason is None or len(reason) > 10

    def test_it_has_a_version(self, present):
        assert any(character.isdigit() for character in present.version())

    @pytest.mark.parametrize("pattern", SIX)
    def test_it_agrees_with_the_reference(self, load, present, cache_root, pattern):
        workload = PatternWorkload(pattern=pattern, depth=4, width=32, resolution=(11, 6), batch=3)
        model = load(workload)
        model.run()

        reference = reference_for(workload, ArtifactCache(cache_root))
        parity = judge(model.output(), reference, present.precision, len(workload.convolutions))

        assert parity.holds
        assert model.output().dtype == np.float32
        assert model.output().shape == workload.input_shape

    def test_running_again_gives_the_same_output_in_a_copy(self, load):
        model = load(PatternWorkload(pattern="standard", depth=2, width=16, resolution=(8, 8)))
        model.run()
        first = model.output()
        kept = first.copy()
        model.run()

        np.testing.assert_array_equal(first, kept)
        np.testing.assert_array_equal(model.output(), kept)

    def test_it_follows_its_input(self, load):
        workload = PatternWorkload(pattern="standard", depth=2, width=16, resolution=(8, 8))
        model = load(workload)
        model.run()
        before = model.output()
        model.bind(seeded_input(workload, stream=1))
        model.run()

        assert not np.allclose(before, model.output())

    def test_two_models_of_one_network_do_not_share_state(self, load):
        workload = PatternWorkload(pattern="grouped", depth=1, width=16, resolution=(5, 5))
        first, second = load(workload), load(workload)
        second.bind(seeded_input(workload, stream=1))
        first.run()
        second.run()

        assert not np.allclose(first.output(), second.output())

    @pytest.mark.parametrize("threads", [1, 2])
    def test_the_granted_configuration_names_the_threads(self, load, threads):
        granted = load(PatternWorkload(pattern="standard", depth=1, width=16), threads).granted()

        assert str(threads) in (granted.get("threads"), granted.get("inference_num_threads"))

    def test_the_executed_graph_names_every_convolution(self, load):
        graph = load(PatternWorkload(pattern="bottleneck", depth=2, width=16)).executed_graph()

        assert graph == () or sum("conv" in line.lower() for line in graph) >= 6
