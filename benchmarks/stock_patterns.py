"""The smoke cases timed the ordinary way: one process, one case after the other, pytest-benchmark's own loop.

Not collected by `pytest benchmarks/`; other scripts run it to have something to compare with.
"""

import os
import time
from fnmatch import fnmatchcase

import pytest

from archbench.contracts import Network, RunSettings
from archbench.measurement.plant import with_extra_work
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

    benchmark(planted(model.run, f"{workload.id}:{backend}:t1"))


def planted(run, case):
    """`run`, with extra work if the environment says so: STOCK_PLANT=CASE=PERCENT."""
    pattern, _, percent = os.environ.get("STOCK_PLANT", "=0").rpartition("=")
    return (
        with_extra_work(run, float(percent) / 100, time.perf_counter_ns)
        if float(percent) and fnmatchcase(case, pattern)
        else run
    )
