"""The smoke cases timed the ordinary way: one process, one case after the other, pytest-benchmark's own loop.

Not collected by `pytest benchmarks/`; `noise_against_stock.py` runs it to have something to compare with.
"""

import pytest

from archbench.contracts import Network, RunSettings
from archbench.registry import BACKENDS, resolve
from archbench.workloads.grids import smoke
from archbench.workloads.inputs import seeded_input


@pytest.mark.parametrize("backend", ["torch", "openvino-cpu-f32"])
@pytest.mark.parametrize("workload", list(smoke()), ids=lambda workload: workload.id)
def test_stock(benchmark, workload, backend, model_factory, openvino_compile, tmp_path):
    if backend == "torch":
        network = Network(module=model_factory(workload), files={}, digest="")
        model = resolve("backend", BACKENDS, backend).load(network, RunSettings(threads=1, isa=None, cache=tmp_path))
    else:
        model = openvino_compile(workload, backend)
    model.bind(seeded_input(workload))

    benchmark(model.run)
