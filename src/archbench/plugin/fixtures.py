"""The fixtures: `archbench` measures, `model_factory` and `openvino_compile` build in this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from archbench.cache import ArtifactCache
from archbench.contracts import CompiledModel, RunSettings, backend_named
from archbench.errors import ArchbenchError, RecordFileError
from archbench.plugin.options import Options
from archbench.plugin.replay import ReplayClock
from archbench.records.record import CaseRecord, Status
from archbench.records.runfile import KEY
from archbench.registry import ACCELERATED_BACKEND
from archbench.workloads.case import Case
from archbench.workloads.workload import Workload

if TYPE_CHECKING:
    import torch

    from archbench.measurement.origins import Route
    from archbench.plugin.harness import Harness

# What is imported inside a fixture would weigh on every `pytest --collect-only`.
HARNESS = pytest.StashKey["Harness"]()
OPTIONS = pytest.StashKey[Options]()
CLOCK = pytest.StashKey[ReplayClock]()


class Archbench:
    """What the `archbench` fixture gives a test."""

    def __init__(self, harness: Harness, options: Options, benchmark: Any, clock: ReplayClock) -> None:
        self._harness = harness
        self._options = options
        self._benchmark = benchmark
        self._clock = clock

    def measure(self, case: Case) -> CaseRecord:
        """Measure `case` paired with the reference, give pytest-benchmark its samples and return the record.

        Skips the test where the backend is absent; fails it where the output is wrong or the backend failed or crashed.
        With --benchmark-disable parity is checked and nothing is timed.
        """
        try:
            record = self._harness.record_of(case)
        except RecordFileError as error:
            pytest.exit(f"archbench: {error} Make room and go on with --archbench-resume.", returncode=2)
        except ArchbenchError as error:
            pytest.fail(f"{case.id}: {error}", pytrace=False)
        self._benchmark.extra_info[KEY] = msgspec.to_builtins(record)
        if record.status is Status.SKIPPED:
            pytest.skip(record.reason or "not available here")
        if record.status not in (Status.MEASURED, Status.COUNTED, Status.CHECKED):
            pytest.fail(f"{case.id}: {record.status.value}: {record.reason}", pytrace=False)
        from archbench.stats.processes import undisturbed  # scipy comes with it, which collection need not wait for

        seconds = [value for process in undisturbed(record.processes) for value in process.own.seconds_per_inference]
        self._clock.replay(self._benchmark, seconds or [0.0])
        return record

    def compare(
        self, model: str | Path | Callable[[], Any], backend: str = ACCELERATED_BACKEND, *, shape: Sequence[int] | None = None
    ) -> CaseRecord:
        """Measure a model of your own on `backend`, paired with the model's reference, and return the record.

        `model` and `shape` are as in `archbench.compare`; threads and ISA cap are those of the command line.
        """
        from archbench.measurement.own_model import open_model

        try:
            workload = open_model(model, None if shape is None else tuple(shape))
            case = Case(workload=workload, backend=backend, threads=self._options.threads, isa=self._options.only_isa)
        except ArchbenchError as error:
            pytest.fail(str(error), pytrace=False)
        return self.measure(case)

    def count(self, hot_path: str) -> CaseRecord:
        """Count one of the harness's own hot paths and return the record; skips the test where nothing counts."""
        record = self._harness.record_of_hot_path(hot_path)
        if record is None:
            pytest.skip("hot paths are counted, not timed: ask for --archbench-instrument callgrind")
        if record.status is Status.SKIPPED:
            pytest.skip(record.reason or "not available here")
        if record.status is not Status.COUNTED:
            pytest.fail(f"{record.case_id}: {record.status.value}: {record.reason}", pytrace=False)
        self._clock.replay(self._benchmark, [0.0])
        return record


@pytest.fixture
def archbench(request: pytest.FixtureRequest, benchmark: Any) -> Archbench:
    """Measures cases as pytest-benchmark benchmarks."""
    stash = request.config.stash
    return Archbench(stash[HARNESS], stash[OPTIONS], benchmark, stash[CLOCK])


@pytest.fixture
def archbench_run(request: pytest.FixtureRequest) -> Harness:
    """The run so far: its records, and the judgement of claims over them. Tests that use it run last."""
    return request.config.stash[HARNESS]


@pytest.fixture(scope="session")
def model_factory(request: pytest.FixtureRequest) -> Callable[[Workload], torch.nn.Module]:
    """`model_factory(workload)`: its torch module with seeded, calibrated weights, from the cache."""
    from archbench.measurement.artifacts import load_module

    cache = ArtifactCache(request.config.stash[OPTIONS].measurement.cache)
    return lambda workload: load_module(workload, cache)


@pytest.fixture(scope="session")
def openvino_compile(request: pytest.FixtureRequest) -> Callable[..., CompiledModel]:
    """`openvino_compile(workload, backend="openvino-cpu-f32", route=...)`: the workload compiled in this process."""
    from archbench.measurement.artifacts import DEFAULT_ROUTE, network_for

    options = request.config.stash[OPTIONS]
    cache = ArtifactCache(options.measurement.cache)

    def compile_workload(workload: Workload, backend: str = "openvino-cpu-f32", route: Route = DEFAULT_ROUTE) -> CompiledModel:
        runtime = backend_named(backend)
        network = network_for(workload, runtime.form, cache, route)
        return runtime.load(network, RunSettings(threads=options.threads, isa=None, cache=cache.root))

    return compile_workload
