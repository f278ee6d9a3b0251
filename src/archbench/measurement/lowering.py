"""What a backend would execute of workloads, compiled in workers and not run: an ISA cap must be set before a runtime loads.

The lowering of a workload of ours is kept under all that it depends on, so that thousands of networks are compiled once. What
was made of an operator or block to be compiled is not kept.
"""

from __future__ import annotations

import contextlib
import os
import queue
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import msgspec

from archbench.cache import ArtifactCache, content_key
from archbench.contracts import Lowering, RunSettings, backend_named
from archbench.errors import BackendError, UnknownNameError, one_line
from archbench.machine.allocator import DEFAULT_ALLOCATOR
from archbench.machine.fingerprint import read_fingerprint
from archbench.measurement import messages
from archbench.measurement.artifacts import network_for
from archbench.measurement.launcher import Launcher, worker_environment
from archbench.measurement.origins import origin_of, source_digest
from archbench.registry import LOWERERS, resolve
from archbench.workloads.case import Case
from archbench.workloads.ids import parse_case
from archbench.workloads.layer import LayerWorkload
from archbench.workloads.model import ModelWorkload

_TIMEOUT_S = 600.0
_FILE = "lowering.json"


def lowerings(cases: Iterable[Case], cache: Path) -> Iterator[tuple[Case, Lowering]]:
    """Each case with what its backend would execute of it; all are of one backend, on as many threads, under one cap.

    Raises:
        UnknownNameError: the backend does not tell what it executes.
        BackendError: the backend is absent, or failed on a case; a model that cannot be read is such a failure.
        CacheError, WorkloadError: as `network_for`.
        WorkerError: a worker crashed.
    """
    free: queue.LifoQueue[_Lowerer] = queue.LifoQueue()

    def lower(case: Case) -> tuple[Case, Lowering]:
        lowerer = free.get()
        try:
            return case, lowerer.kept(case)
        finally:
            free.put(lowerer)

    cpus = os.sched_getaffinity(0)
    with contextlib.ExitStack() as stack:
        for _ in cpus:
            free.put(stack.enter_context(_Lowerer(ArtifactCache(cache))))
        pool = ThreadPoolExecutor(len(cpus))
        # After an error, what was not begun is not; what was ends before its launcher does.
        stack.callback(pool.shutdown, cancel_futures=True)
        yield from pool.map(lower, cases)


class _Lowerer:
    """Compiles in workers of one launcher, which is started once something must be compiled. Not for two threads at once."""

    def __init__(self, store: ArtifactCache) -> None:
        self._store = store
        self._launchers: list[Launcher] = []
        self._fingerprint = read_fingerprint().key

    def __enter__(self) -> _Lowerer:
        return self

    def __exit__(self, *_: object) -> None:
        for launcher in self._launchers:
            launcher.close()

    def kept(self, case: Case) -> Lowering:
        """From the store, or compiled now."""
        if case.backend not in LOWERERS:
            raise UnknownNameError("backend that tells what it executes", case.backend, LOWERERS)
        if isinstance(case.workload, ModelWorkload):
            return self._lower(case)
        entry = self._store.fetch(self._key(case), partial(self._write, case))
        return msgspec.json.decode((entry / _FILE).read_bytes(), type=Lowering)

    def _key(self, case: Case) -> str:
        source = LOWERERS[case.backend].partition(":")[0]
        version = backend_named(case.backend).version()
        return content_key(
            "lowering", case.id, origin_of(case.workload, self._store).key, self._fingerprint, version, source_digest((source,))
        )

    def _write(self, case: Case, folder: Path) -> None:
        (folder / _FILE).write_bytes(msgspec.json.encode(self._lower(case)))

    def _lower(self, case: Case) -> Lowering:
        job = messages.LoweringJob(case=case.id, cache=str(self._store.root.absolute()))
        return self._launcher(case).ask(job, messages.Lowered, case.workload.id, _TIMEOUT_S).lowering

    def _launcher(self, case: Case) -> Launcher:
        if not self._launchers:
            reason = backend_named(case.backend).absence()
            if reason is not None:
                raise BackendError(f"{case.backend}: {reason}.")
            preload = messages.Preload(
                modules=(*backend_named(case.backend).preload, "torch", "archbench.measurement.lowering"),
                # Nothing is timed here: wherever there is room.
                affinity=tuple(sorted(os.sched_getaffinity(0))),
            )
            self._launchers.append(Launcher(preload, worker_environment(DEFAULT_ALLOCATOR, case.isa, case.threads)))
        return self._launchers[0]


def lower_case(job: messages.LoweringJob, emit: Callable[[msgspec.Struct], None]) -> None:
    """Carry out `job` in this process."""
    case, cache = parse_case(job.case), ArtifactCache(Path(job.cache))
    settings = RunSettings(threads=case.threads, isa=case.isa, cache=cache.root)
    try:
        # What was made of thousands of operators would fill a disk.
        passes = isinstance(case.workload, LayerWorkload)
        with cache.passing() if passes else contextlib.nullcontext(cache) as artifacts:
            network = network_for(case.workload, backend_named(case.backend).form, artifacts)
            lower = resolve("backend", LOWERERS, case.backend)
            emit(messages.Lowered(case=job.case, lowering=lower(network, case.workload.input_shape, settings)))
    except Exception as error:
        emit(messages.Failed(case=job.case, stage="lowering", error=one_line(error)))
