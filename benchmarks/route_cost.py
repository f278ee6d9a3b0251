"""Which route into OpenVINO is cheaper, and do both execute the same kernels?

python benchmarks/route_cost.py
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from archbench.backends.openvino_cpu_f32 import OPENVINO_CPU_F32
from archbench.cache import ArtifactCache
from archbench.contracts import RunSettings
from archbench.measurement.artifacts import load_module, network_for
from archbench.measurement.origins import Route
from archbench.workloads.grids import smoke


def main() -> None:
    for workload in smoke():
        with tempfile.TemporaryDirectory() as folder:
            cache = ArtifactCache(Path(folder))
            load_module(workload, cache)
            seconds, kernels = {}, {}
            for route in Route:
                start = time.perf_counter()
                network = network_for(workload, OPENVINO_CPU_F32.form, cache, route)
                seconds[route] = time.perf_counter() - start
                model = OPENVINO_CPU_F32.load(network, RunSettings(threads=1, isa=None, cache=cache.root))
                kernels[route] = [line.split(" <- ")[0] for line in model.executed_graph()]
        same = "the same kernels" if kernels[Route.ONNX] == kernels[Route.DIRECT] else "other kernels"
        print(f"{workload.id:45} onnx {seconds[Route.ONNX]:5.2f} s, direct {seconds[Route.DIRECT]:5.2f} s, {same}", flush=True)


if __name__ == "__main__":
    main()
