"""The limits of this machine, measured: arithmetic by large products, bandwidth by streams, what an operator costs by chains.

All trials take turns in worker processes of their own, as cases do: a neighbour that is busy for a second then strikes a few
slices of each instead of all of one. Peaks are cheap beside a run, and are measured for each number of threads and ISA cap.
"""

from __future__ import annotations

import dataclasses
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np

from archbench.contracts import Contender, RunSettings
from archbench.errors import WorkerError, one_line
from archbench.instruments.host_caches import host_caches
from archbench.machine.affinity import worker_cpus
from archbench.machine.fingerprint import read_fingerprint
from archbench.machine.isa import blas_environment
from archbench.machine.streams import memory_levels, stream_attempts
from archbench.measurement import messages
from archbench.measurement.calibration import calibration_probe
from archbench.measurement.launcher import Launcher, worker_environment
from archbench.measurement.sampling import random_orders, sample_rounds, warm_up
from archbench.records.peaks import Limit, Peaks, Trial
from archbench.records.record import Samples
from archbench.registry import PEAK_ENGINES, resolve

_TIMEOUT_S = 600.0
#: Rounds that each trial has at least.
_ROUNDS = 3
#: Of the memory that is free, streams take no more than this share.
_SHARE = 4
#: Edges of the products for up to four threads; more threads need more work to share.
_EDGES = (512, 1024)
#: Operators of the two chains.
_CHAINS = (4, 36)

_PRELOAD = ("archbench.measurement.peaks", *(target.partition(":")[0] for target in PEAK_ENGINES.values()))

Attempt = tuple[str, Callable[[], Contender]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakSettings:
    """How peaks are measured: worker processes, seconds that all trials share in each, seed of their order."""

    processes: int = 3
    seconds: float = 8.0
    seed: int = 0


def peaks_of(threads: int, isa: str | None, allocator: str, cache: Path, settings: PeakSettings) -> Peaks:
    """The peaks, measured now.

    Raises:
        UsageError: more threads than CPUs, or an allocator that is not installed.
        WorkerError: a worker crashed.
    """
    environment = {**worker_environment(allocator, isa, threads), **blas_environment(isa)}
    preload = messages.Preload(modules=_PRELOAD, affinity=worker_cpus(threads))
    heard: list[messages.Event] = []
    with closing(Launcher(preload, environment)) as launcher:
        versions = launcher.wait_ready()
        for process in range(settings.processes):
            job = messages.PeaksJob(
                threads=threads,
                isa=isa,
                cache=str(cache.absolute()),
                seed=settings.seed + process,
                seconds=settings.seconds,
                free_bytes=_free_bytes() // _SHARE,
            )
            crash = launcher.run(job, heard.append, _TIMEOUT_S).crash(launcher.last_words())
            if crash is not None:
                raise WorkerError(crash)
    found = [event for event in heard if isinstance(event, messages.Peaked)]
    fingerprint = read_fingerprint()
    return Peaks(
        fingerprint=fingerprint.key,
        cpu=fingerprint.cpu,
        versions=versions,
        threads=threads,
        isa=isa,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        levels=found[0].levels,
        trials=tuple(merged(trial for event in found for trial in event.trials)),
        absent={name: reason for event in found for name, reason in event.absent.items()},
    )


def try_limits(job: messages.PeaksJob, emit: Callable[[msgspec.Struct], None]) -> None:
    """Carry out `job` in this process; what cannot be tried is told with its reason."""
    caches = {level: cache.size for (level, kind), cache in host_caches().items() if kind != "Instruction"}
    levels = memory_levels(caches, job.threads, job.free_bytes)
    cpus = sorted(os.sched_getaffinity(0))
    absent: dict[str, str] = {}
    contenders: dict[str, Contender] = {}
    for attempts in (*_engines(job, absent), stream_attempts(levels, cpus, capped=job.isa is not None)):
        contenders |= _ready(attempts, absent)
    emit(messages.Peaked(levels=levels, trials=_sampled(contenders, job), absent=absent))


def merged(trials: Iterable[Trial]) -> Iterator[Trial]:
    """Each way once, with the samples of all processes."""
    groups: dict[tuple[Limit, str, str], list[Trial]] = {}
    for trial in trials:
        groups.setdefault((trial.limit, trial.of, trial.way), []).append(trial)
    for group in groups.values():
        yield dataclasses.replace(group[0], samples=tuple(entry for trial in group for entry in trial.samples))


def _engines(job: messages.PeaksJob, absent: dict[str, str]) -> Iterator[Iterable[Attempt]]:
    settings = RunSettings(threads=job.threads, isa=job.isa, cache=Path(job.cache))
    scale = 2 ** max(0, math.ceil(math.log2(job.threads) / 2) - 1)
    for engine in PEAK_ENGINES:
        try:
            attempts = resolve("engine", PEAK_ENGINES, engine)
            yield list(attempts(settings, [edge * scale for edge in _EDGES], _CHAINS))
        except Exception as error:
            absent[engine] = f"{type(error).__name__}: {one_line(error)}"


def _ready(attempts: Iterable[Attempt], absent: dict[str, str]) -> Iterator[tuple[str, Contender]]:
    """Those that could be made and run once."""
    for name, make in attempts:
        try:
            contender = make()
            contender.run()
        except Exception as error:
            absent[name] = f"{type(error).__name__}: {one_line(error)}"
        else:
            yield name, contender


def _sampled(contenders: dict[str, Contender], job: messages.PeaksJob) -> tuple[Trial, ...]:
    clock = time.perf_counter_ns
    runnables = {name: warm_up(contender.run, clock) for name, contender in contenders.items()}
    timed = sample_rounds(
        runnables,
        calibration_probe(clock),
        seconds=job.seconds,
        min_rounds=_ROUNDS,
        orders=random_orders(tuple(runnables), np.random.default_rng(job.seed)),
        clock=clock,
    )
    return tuple(
        Trial(
            limit=contender.limit,
            of=contender.of,
            way=contender.way,
            kernel=contender.kernel,
            work=contender.work,
            samples=(Samples(inferences=runnables[name].inferences, duration_ns=timed.duration_ns[name]),),
        )
        for name, contender in contenders.items()
    )


def _free_bytes() -> int:
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
