"""Command-line options, parsed once into a frozen value so that pytest does not leak inwards."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from archbench.cache import default_cache_root
from archbench.contracts import instrument_named
from archbench.errors import InstrumentUnavailableError, ShardError, UsageError
from archbench.gate.baselines import BASELINES_FOLDER
from archbench.machine.allocator import ALLOCATORS, DEFAULT_ALLOCATOR, allocator_environment
from archbench.measurement.settings import (
    CACHE_MODEL,
    DEFAULTS,
    CountSettings,
    SessionSettings,
    parse_plant,
    settings_for,
    usual_settings,
)
from archbench.registry import BACKENDS, DEFAULT_BACKENDS, INSTRUMENTS, REFERENCE_BACKEND, check_name
from archbench.workloads.case import ISA_CAPS, Case
from archbench.workloads.experiment import experiment_named, select_cases
from archbench.workloads.grids import PROFILES, smoke
from archbench.workloads.ids import parse_workload
from archbench.workloads.shard import Shard, parse_shard


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line asked of archbench.

    `workloads` is empty unless --archbench-workload replaced the profile. `asked` are the fields of `measurement` that were
    given, and that no experiment's own effort replaces.
    """

    profile: str
    workloads: tuple[str, ...]
    backends: tuple[str, ...]
    required: tuple[str, ...]
    threads: int
    isas: tuple[str, ...]
    allocator: str | None
    cache_model: str
    baselines: Path
    resume: bool
    gate: bool
    strict: bool
    asked: Mapping[str, Any]
    measurement: SessionSettings
    counting: CountSettings | None
    shard: Shard | None

    @classmethod
    def from_config(cls, config: pytest.Config) -> Options:
        """Read and check the options.

        Raises:
            UsageError: a name or number that is not allowed.
        """
        get = config.getoption
        required = tuple(get("require_backend"))
        backends = tuple(dict.fromkeys((*(get("archbench_backend") or DEFAULT_BACKENDS), *required)))
        for backend in backends:
            check_name("backend", BACKENDS, backend)
        counting = _counting(get)
        threads = get("archbench_threads")
        isas = tuple(get("archbench_isa"))
        for isa in isas or (None,):
            Case(workload=next(smoke()), backend=REFERENCE_BACKEND, threads=threads, isa=isa)
        allocator = get("archbench_allocator") or DEFAULT_ALLOCATOR
        allocator_environment(allocator)
        asked = _asked(get)
        planted = dict(parse_plant(text, "--archbench-plant") for text in get("archbench_plant"))
        usual = usual_settings(
            Path(get("archbench_cache") or default_cache_root()),
            allocator,
            processes=asked.get("processes", DEFAULTS.processes),
        )
        return cls(
            profile=check_name("profile", PROFILES, get("archbench_profile")),
            workloads=tuple(parse_workload(text).id for text in get("archbench_workload")),
            backends=backends,
            required=required,
            threads=threads,
            isas=isas,
            allocator=get("archbench_allocator"),
            cache_model=get("archbench_cache_model"),
            baselines=Path(get("archbench_baselines")),
            resume=get("archbench_resume"),
            gate=get("archbench_gate") or get("archbench_strict"),
            strict=get("archbench_strict"),
            counting=counting,
            shard=_shard(get),
            asked=asked,
            measurement=dataclasses.replace(usual, **asked, plant=planted),
        )

    def label(self, experiments: Sequence[str] = ()) -> str:
        """What baselines of such a run are filed under: experiment, profile (`custom` for named workloads), and instrument."""
        profile = "custom" if self.workloads else self.profile
        family = _family(experiments)
        instrument = "" if self.counting is None else self.counting.instrument
        return "-".join(part for part in (family, profile, instrument) if part)

    @property
    def simulated_machine(self) -> str | None:
        """The machine that an instrument simulates; None where this one is used."""
        simulator = None if self.counting is None else instrument_named(self.counting.instrument).simulator
        return simulator.machine(self.counting.model) if self.counting and simulator else None

    @property
    def only_isa(self) -> str | None:
        """The ISA cap of a test that names its own model.

        Raises:
            UsageError: several were asked for.
        """
        if len(self.isas) > 1:
            raise UsageError(f"a model of your own is measured under one ISA cap, but got {', '.join(self.isas)}.")
        return next(iter(self.isas), None)

    def counting_of(self, experiment: str | None) -> CountSettings | None:
        """What reads the cases of an experiment, or of none: the instrument asked for, or the experiment's own.

        Raises:
            UsageError: the experiment's own instrument cannot read so many threads.
        """
        instrument = None if experiment is None else experiment_named(experiment).instrument
        if self.counting is not None or instrument is None:
            return self.counting
        return _count_settings(instrument, self.cache_model, self.allocator, self.threads)

    def measurement_of(self, experiment: str | None) -> SessionSettings:
        """How the cases of an experiment, or of none, are measured: as asked for, or as the experiment needs."""
        return settings_for(experiment, self.measurement, self.asked)

    def cases(self, experiment: str | None = None) -> list[Case]:
        """The cases of the profile, in the experiment if one is named, or of the workloads named instead."""
        isas: tuple[str | None, ...] = self.isas or (None,)
        if experiment is None and self.counting is not None:
            isas = self.isas or (instrument_named(self.counting.instrument).isa,)
        named = [parse_workload(text) for text in self.workloads]
        cpus = len(os.sched_getaffinity(0))
        return list(
            select_cases(experiment, self.profile, self.backends, named=named, threads=self.threads, cpus=cpus, isas=isas)
        )


def add_options(parser: pytest.Parser) -> None:
    """Declare every option."""
    group = parser.getgroup("archbench", "archbench: performance of convolutional networks")
    group.addoption(
        "--archbench-profile",
        default="smoke",
        metavar="NAME",
        help=f"which cases: {', '.join(PROFILES)} (default: smoke)",
    )
    group.addoption(
        "--archbench-workload",
        action="append",
        default=[],
        metavar="ID",
        help="a workload id to measure instead of the profile",
    )
    group.addoption(
        "--archbench-backend",
        action="append",
        default=[],
        metavar="NAME",
        help=f"a backend to measure: {', '.join(BACKENDS)} (default: {' and '.join(DEFAULT_BACKENDS)})",
    )
    group.addoption(
        "--require-backend",
        action="append",
        default=[],
        metavar="NAME",
        help="measure this backend and fail with exit code 2 if the machine lacks it",
    )
    group.addoption(
        "--threads",
        dest="archbench_threads",
        type=int,
        default=1,
        metavar="N",
        help="threads of every backend (default: 1)",
    )
    group.addoption(
        "--isa",
        dest="archbench_isa",
        action="append",
        default=[],
        metavar="CAP",
        help=f"cap the ISA: {', '.join(ISA_CAPS)}",
    )
    group.addoption(
        "--archbench-processes",
        type=int,
        metavar="N",
        help=f"undisturbed worker processes a case needs (default: {DEFAULTS.processes}, or the experiment's own)",
    )
    group.addoption(
        "--archbench-budget",
        type=int,
        metavar="N",
        help=f"worker processes a case may take (default: {DEFAULTS.budget} times the processes)",
    )
    group.addoption(
        "--archbench-precision",
        type=float,
        metavar="PERCENT",
        help="a speedup with a wider interval than this to either side gets more processes"
        f" (default: {100 * DEFAULTS.precision}, or the experiment's own)",
    )
    group.addoption(
        "--archbench-seconds",
        type=float,
        metavar="S",
        help=f"seconds of sampling a process (default: {DEFAULTS.seconds}, or the experiment's own)",
    )
    group.addoption(
        "--archbench-allocator",
        metavar="NAME",
        help=f"memory allocator of the workers: {', '.join(ALLOCATORS)}"
        f" (default: {DEFAULT_ALLOCATOR}, or the instrument's own)",
    )
    group.addoption("--archbench-cache", metavar="DIR", help="folder of exported and compiled models")
    group.addoption(
        "--archbench-baselines",
        default=str(BASELINES_FOLDER),
        metavar="DIR",
        help="folder of accepted baselines (default: baselines)",
    )
    group.addoption(
        "--archbench-instrument",
        metavar="NAME",
        help=f"count with this instrument instead of timing: {', '.join(INSTRUMENTS)}; skip where the machine lacks it",
    )
    group.addoption(
        "--require-instrument", metavar="NAME", help="the same, and fail with exit code 2 where the machine lacks it"
    )
    group.addoption(
        "--archbench-cache-model",
        default=CACHE_MODEL,
        metavar="MODEL",
        help=f"caches of the simulated machine: i5-7600k, host, or I1/D1/LL with SIZE,WAYS,LINE each (default: {CACHE_MODEL})",
    )
    group.addoption(
        "--archbench-shard",
        metavar="INDEX/COUNT",
        help="measure only this share of the cases, as 3/8; join the run files of all shares with `archbench merge`",
    )
    group.addoption("--archbench-resume", action="store_true", help="go on with the newest unfinished run")
    group.addoption(
        "--archbench-gate",
        action="store_true",
        help="judge the run against the accepted baseline, measuring doubtful cases again, and set the exit code",
    )
    group.addoption("--archbench-strict", action="store_true", help="the same, and do not let inconclusive cases through")
    group.addoption(
        "--archbench-plant",
        action="append",
        default=[],
        metavar="CASE=PERCENT",
        help="add real extra work to the cases that match, to see the gate catch it",
    )


def _asked(get: Callable[[str], Any]) -> Mapping[str, Any]:
    """The settings that the command line gives.

    Raises:
        UsageError: a number that is not allowed.
    """
    processes, budget = get("archbench_processes"), get("archbench_budget")
    for option in ("seconds", "precision"):
        value = get(f"archbench_{option}")
        if value is not None and not value > 0:
            raise UsageError(f"`--archbench-{option} > 0` must hold, but got {value}.")
    if processes is not None and processes < 1:
        raise UsageError(f"`--archbench-processes >= 1` must hold, but got {processes}.")
    if budget is not None and budget < (processes or DEFAULTS.processes):
        raise UsageError(
            f"`--archbench-budget >= --archbench-processes` must hold, but got {budget} and {processes or DEFAULTS.processes}."
        )
    percent = get("archbench_precision")
    given = {
        "processes": processes,
        "budget": budget,
        "seconds": get("archbench_seconds"),
        "precision": None if percent is None else percent / 100,
    }
    return {name: value for name, value in given.items() if value is not None}


def _shard(get: Callable[[str], Any]) -> Shard | None:
    """The share of the run that was asked for, if any.

    Raises:
        ShardError: there is no such share, or it is to be judged alone.
    """
    text = get("archbench_shard")
    if text is None:
        return None
    if get("archbench_gate") or get("archbench_strict"):
        raise ShardError(f"shard {text} is not judged alone: join all shards with `archbench merge`, then `archbench gate`.")
    return parse_shard(text)


def _counting(get: Callable[[str], Any]) -> CountSettings | None:
    """The instrument asked for, if any.

    Raises:
        UsageError: an unknown instrument or cache model, or one demanded that this machine lacks.
    """
    required = get("require_instrument")
    name = required or get("archbench_instrument")
    if name is None:
        return None
    settings = _count_settings(name, get("archbench_cache_model"), get("archbench_allocator"), get("archbench_threads"))
    reason = instrument_named(name).absence()
    if required and reason is not None:
        raise InstrumentUnavailableError(f"--require-instrument {name}: {reason}.")
    return settings


def _count_settings(name: str, model: str, allocator: str | None, threads: int) -> CountSettings:
    instrument = instrument_named(name)
    if instrument.simulator is not None:
        instrument.simulator.machine(model)
    if threads > 1 and instrument.single_threaded:
        raise UsageError(f"{name} counts one thread, but got --threads {threads}.")
    return CountSettings(instrument=name, model=model, allocator=allocator or instrument.allocator)


def _family(experiments: Sequence[str]) -> str:
    """The experiment's name; what precedes the first hyphen where several of one family are run together."""
    if len(experiments) > 1:
        return experiments[0].partition("-")[0]
    return experiments[0] if experiments else ""
