"""From a run file to a predictor, and from a workload to its prediction: what both compile, and nothing is timed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from archbench.contracts import backend_named
from archbench.errors import UsageError
from archbench.measurement.lowering import lowerings
from archbench.prediction.predictor import Platform, Prediction, Predictor
from archbench.prediction.training import train
from archbench.prediction.units import Measured, networks_of, platform_of, units_of
from archbench.records.runfile import RunFile
from archbench.registry import LOWERERS, check_name
from archbench.workloads.case import ISA_CAPS, Case
from archbench.workloads.workload import Workload

#: Told how many networks of how many are compiled.
Progress = Callable[[int, int], object]


def compiled(
    runs: Sequence[RunFile],
    backend: str,
    cache: Path,
    *,
    threads: int = 1,
    isa: str | None = None,
    progress: Progress = lambda *_: None,
) -> tuple[Platform, list[Measured]]:
    """The platform, and the records on it that can be learnt from with what is executed of each.

    Raises:
        UnknownNameError: no such backend or ISA cap, or it does not tell what it executes.
        RecordFileError, UsageError: as `platform_of`.
        BackendError, WorkerError, CacheError: as `lowerings`.
    """
    check_name("backend that tells what it executes", LOWERERS, backend)
    if isa is not None:
        check_name("ISA cap", dict.fromkeys(ISA_CAPS), isa)
    platform, records = platform_of(runs, backend, threads=threads, isa=isa)
    measured: list[Measured] = []
    for case, lowering in lowerings(records, cache):
        measured.append((case, records[case], lowering))
        progress(len(measured), len(records))
    return platform, measured


def learn(platform: Platform, measured: Sequence[Measured]) -> Predictor:
    """The predictor of that platform from what `compiled` gave.

    Raises:
        RecordFileError, UsageError: as `train`.
    """
    return train(platform, units_of(platform, measured), networks_of(platform, measured))


def predict(predictor: Predictor, workload: Workload, cache: Path) -> Prediction:
    """What an inference of `workload` takes on the predictor's platform.

    Raises:
        UsageError: the predictor is of another version of the backend than the one installed.
        BackendError, WorkerError, CacheError: as `lowerings`.
    """
    platform = predictor.platform
    installed = backend_named(platform.backend).version()
    if installed != platform.version:
        raise UsageError(
            f"the predictor is of {platform.backend} {platform.version}, but {installed} is installed; train another one."
        )
    case = Case(workload=workload, backend=platform.backend, threads=platform.threads, isa=platform.isa)
    ((_, lowering),) = lowerings([case], cache)
    return predictor.predict(lowering.executed)
