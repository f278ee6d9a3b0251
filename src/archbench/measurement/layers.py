"""Per-layer times of a workload on a backend, in a worker of its own: what is watched is not what is timed elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec

from archbench.cache import ArtifactCache
from archbench.contracts import LayerTimes, RunSettings, backend_named
from archbench.errors import BackendError, UnknownNameError, one_line
from archbench.machine.affinity import worker_cpus
from archbench.measurement import messages
from archbench.measurement.artifacts import network_for
from archbench.measurement.launcher import Launcher, worker_environment
from archbench.registry import LAYER_CLOCKS, resolve
from archbench.workloads.case import Case
from archbench.workloads.ids import parse_case
from archbench.workloads.inputs import seeded_input

_TIMEOUT_S = 600.0

#: Inferences whose median is given.
_REPEATS = 50


def layers_of(case: Case, allocator: str, cache: Path) -> LayerTimes:
    """The layer times of `case`, measured now.

    Raises:
        UnknownNameError: the backend has no layer clock.
        BackendError: the backend is absent or failed.
        WorkerError: the worker crashed.
    """
    if case.backend not in LAYER_CLOCKS:
        raise UnknownNameError("backend with layer times", case.backend, LAYER_CLOCKS)
    reason = backend_named(case.backend).absence()
    if reason is not None:
        raise BackendError(f"{case.backend}: {reason}.")
    preload = messages.Preload(
        modules=(*backend_named(case.backend).preload, "archbench.measurement.layers"), affinity=worker_cpus(case.threads)
    )
    job = messages.LayersJob(case=case.id, cache=str(cache.absolute()))
    with closing(Launcher(preload, worker_environment(allocator, case.isa, case.threads))) as launcher:
        return launcher.ask(job, messages.Layered, case.backend, _TIMEOUT_S).times


def watch_layers(job: messages.LayersJob, emit: Callable[[msgspec.Struct], None]) -> None:
    """Carry out `job` in this process."""
    case, cache = parse_case(job.case), ArtifactCache(Path(job.cache))
    settings = RunSettings(threads=case.threads, isa=case.isa, cache=cache.root)
    try:
        network = network_for(case.workload, backend_named(case.backend).form, cache)
        clock = resolve("backend", LAYER_CLOCKS, case.backend)
        emit(messages.Layered(times=clock(network, seeded_input(case.workload), settings, _REPEATS)))
    except Exception as error:
        emit(messages.Failed(case=job.case, stage="layers", error=one_line(error)))
