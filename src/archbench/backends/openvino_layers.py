"""Where OpenVINO spends its time, node by executed node, by its own counters in a compilation of its own.

The counters are running means in whole microseconds since the compilation, so the first inferences count a little.
"""

from __future__ import annotations

import time

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from archbench.backends.openvino_model import OpenVinoModel, executed_nodes, requested
from archbench.contracts import LayerTime, LayerTimes, Network, Precision, RunSettings


def layer_times(network: Network, input_array: NDArray[np.float32], settings: RunSettings, repeats: int) -> LayerTimes:
    """Each executed node with the layers that it does, over `repeats` inferences, and the median of the whole."""
    plain = OpenVinoModel(network, "CPU", Precision.F32, settings)
    plain.bind(input_array)
    plain.run()
    core = ov.Core()
    configuration = {**requested("CPU", Precision.F32, settings), "PERF_COUNT": True}
    compiled = core.compile_model(core.read_model(network.files[".xml"]), "CPU", configuration)
    request = compiled.create_infer_request()
    request.set_input_tensor(ov.Tensor(input_array, shared_memory=True))
    for _ in range(repeats):
        request.infer(share_outputs=True)
    spent = {entry.node_name: entry.real_time.total_seconds() for entry in request.get_profiling_info()}
    return LayerTimes(
        layers=tuple(
            LayerTime(
                layers=node.layers,
                kind=node.kind,
                kernel=f"{node.kernel} {node.precision} {node.layout}",
                seconds=spent[node.name],
            )
            for node in executed_nodes(compiled)
            if spent.get(node.name, 0) > 0
        ),
        seconds=float(np.median([_timed(plain) for _ in range(repeats)])) * 1e-9,
    )


def _timed(model: OpenVinoModel) -> int:
    start = time.perf_counter_ns()
    model.run()
    return time.perf_counter_ns() - start
