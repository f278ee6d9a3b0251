"""One job under an instrument: load, check parity, read an inference; or read a hot path. Nothing is timed."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from pathlib import Path

from archbench.cache import ArtifactCache
from archbench.contracts import Instrument, instrument_named
from archbench.instruments.cpu_features import cpu_features
from archbench.measurement import messages
from archbench.measurement.job import Emit, Phases, try_load
from archbench.registry import HOT_PATHS, resolve


def count_any(job: messages.Job | messages.HotPathJob, instrument_name: str, folder: Path, emit: Emit) -> None:
    """Carry out `job`, a hot path or one case's, with the instrument this process was started for."""
    instrument = instrument_named(instrument_name)
    instrument.prepare()
    if isinstance(job, messages.HotPathJob):
        work: Callable[[], None] = resolve("hot path", HOT_PATHS, job.name)()
        emit(_counted(job.name, work, instrument, folder))
        return
    (case,) = job.cases
    model = try_load(case, job, emit, Phases(time.perf_counter_ns))
    if model is not None and ArtifactCache.built:
        emit(messages.Built(case=case))
    elif model is not None:
        emit(messages.Entered(case=case, stage="counting"))
        emit(_counted(case, model.run, instrument, folder))


def _counted(name: str, run: Callable[[], None], instrument: Instrument, folder: Path) -> messages.Counted:
    start = time.perf_counter()
    # What is made at the first calls only, such as a runtime's scratch memory, is not the inference's.
    run()
    run()
    gc.collect()
    gc.disable()
    try:
        readings = instrument.read(run, name, folder)
    finally:
        gc.enable()
    return messages.Counted(
        case=name,
        states={state: dict(counts) for state, counts in readings.items()},
        cpu=cpu_features(),
        seconds=time.perf_counter() - start,
    )
