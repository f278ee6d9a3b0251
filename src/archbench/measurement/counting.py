"""One job under an instrument: load, check parity, read an inference. Nothing is timed."""

from __future__ import annotations

import gc
import time
from pathlib import Path

from archbench.contracts import CompiledModel, Instrument
from archbench.instruments.cpu_features import cpu_features
from archbench.measurement import messages
from archbench.measurement.job import Emit, Phases, try_load
from archbench.registry import INSTRUMENTS, resolve


def count_job(job: messages.Job, instrument_name: str, folder: Path, emit: Emit) -> None:
    """Carry out `job`, of one backend, with the instrument this process was started for."""
    instrument: Instrument = resolve("instrument", INSTRUMENTS, instrument_name)
    instrument.prepare()
    (name,) = job.backends
    model = try_load(name, job, emit, Phases(time.perf_counter_ns))
    if model is not None:
        emit(messages.Entered(backend=name, stage="counting"))
        emit(_counted(name, model, instrument, f"{job.workload}:{name}", folder))


def _counted(backend: str, model: CompiledModel, instrument: Instrument, name: str, folder: Path) -> messages.Counted:
    start = time.perf_counter()
    # What is made at the first calls only, such as a runtime's scratch memory, is not the inference's.
    model.run()
    model.run()
    gc.collect()
    gc.disable()
    try:
        readings = instrument.read(model.run, name, folder)
    finally:
        gc.enable()
    return messages.Counted(
        backend=backend,
        states={state: dict(counts) for state, counts in readings.items()},
        cpu=cpu_features(),
        seconds=time.perf_counter() - start,
    )
