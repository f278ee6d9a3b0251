"""Records of operators and blocks whose latency is given by a formula."""

import dataclasses

import numpy as np

from archbench.workloads.case import Case
from tests.samples import record

ONCE = 30e-6
COPIES = (2, 6)


def layer_records(seconds, backend="openvino-cpu-f32", isa=None, **kwargs):
    """By case id, for each kind with its seconds, a network of few copies and one of many."""
    generator = np.random.default_rng(7)
    made = {}
    for kind, own in seconds.items():
        for copies in COPIES:
            case = Case(workload=dataclasses.replace(kind, copies=copies), backend=backend, isa=isa)
            graph = ("Reorder jit", *(f"Convolution jit {index}" for index in range(copies)))
            fields = {"own": ONCE + copies * own, "reference": None, "graph": graph, "between": 0.002, "count": 6, **kwargs}
            made[case.id] = record(case.id, generator, **fields)
    return made
