"""How a run measures, as data that imports nothing heavy."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archbench.errors import UsageError
from archbench.machine.allocator import DEFAULT_ALLOCATOR
from archbench.workloads.experiment import experiment_named

#: The machine that is simulated where none is named: the form/function paper's.
CACHE_MODEL = "i5-7600k"

#: A runnable keeps the core for this long at a time: in a shorter turn most of it runs on caches that another one filled.
TURN_NS = 10_000_000

#: A runnable is warmed up for at least so long.
WARM_NS = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """How every case of a run is measured.

    Args:
        processes: undisturbed worker processes a case needs at least.
        budget: worker processes a case gets at most.
        patience_s: once its workers took so long together, a workload that has its processes gets no more.
        precision: a speedup whose interval reaches further than this from its estimate, as a fraction, needs more processes; so
            does the latency of a case without a reference if two standard errors do.
        seconds: length of the sampling loop in each process.
        min_rounds: rounds made even if they take longer.
        turn_ns: how long a case keeps the core at a time.
        warm_ns: how long a case is warmed up at least.
        keeps_artifacts: whether what was made to be loaded stays in the cache; if not, it is gone after each call of `measure`.
        allocator: preset of `archbench.machine.allocator`.
        cache: artifact folder.
        timeout_s: a worker that takes longer is killed and its case recorded as crashed.
        seed: of the order of blocks.
        plant: case id patterns to the fraction of extra work planted.
        agreement_images: images whose outputs are compared with the reference, besides parity, before anything is timed.
    """

    processes: int
    budget: int
    precision: float
    seconds: float
    min_rounds: int
    allocator: str
    cache: Path
    patience_s: float = math.inf
    timeout_s: float = 1800.0
    seed: int = 0
    plant: Mapping[str, float] = dataclasses.field(default_factory=dict)
    agreement_images: int = 0
    turn_ns: int = TURN_NS
    warm_ns: int = WARM_NS
    keeps_artifacts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CountSettings:
    """What reads cases: an instrument's registry name, the machine it simulates if any, the allocator preset of its workers."""

    instrument: str
    model: str
    allocator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What a session does where nothing else is asked for; fields as in SessionSettings, `budget` in units of processes."""

    processes: int = 12
    budget: int = 2
    precision: float = 0.01
    seconds: float = 0.15
    min_rounds: int = 4


DEFAULTS = Defaults()


def parse_plant(text: str, option: str) -> tuple[str, float]:
    """A pattern of case ids and the fraction of extra work, from CASE=PERCENT.

    Raises:
        UsageError: it is not of that form.
    """
    pattern, separator, percent = text.rpartition("=")
    try:
        fraction = float(percent) / 100
    except ValueError:
        fraction = 0.0
    if not separator or not pattern or fraction <= 0:
        raise UsageError(f"{option} takes CASE=PERCENT with a percentage above 0, but got {text!r}.")
    return pattern, fraction


def usual_settings(
    cache: Path, allocator: str = DEFAULT_ALLOCATOR, *, processes: int = DEFAULTS.processes, seconds: float = DEFAULTS.seconds
) -> SessionSettings:
    """How a case is measured where nothing else is asked for."""
    return SessionSettings(
        processes=processes,
        budget=DEFAULTS.budget * processes,
        precision=DEFAULTS.precision,
        seconds=seconds,
        min_rounds=DEFAULTS.min_rounds,
        allocator=allocator,
        cache=cache,
    )


def settings_for(experiment: str | None, settings: SessionSettings, asked: Mapping[str, Any]) -> SessionSettings:
    """How the cases of an experiment, or of none, are measured: as `asked` for, as the experiment needs, or as `settings` say.

    Raises:
        UnknownNameError: no such experiment.
    """
    if experiment is None:
        return settings
    found = experiment_named(experiment)
    settings = dataclasses.replace(settings, agreement_images=found.agreement_images, keeps_artifacts=not found.sweeps)
    if found.effort is None:
        return settings
    effort = {name: value for name, value in dataclasses.asdict(found.effort).items() if value is not None}
    if "processes" in asked:
        for name in ("processes", "budget", "patience_s"):
            del effort[name]
    return dataclasses.replace(settings, **{**effort, **asked})
