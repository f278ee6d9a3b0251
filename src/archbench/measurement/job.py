"""One job inside a worker process: load every case, check parity, warm up, sample in rounds, tell the parent."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from archbench.cache import ArtifactCache
from archbench.contracts import Backend, Clock, CompiledModel, DeviceTimed, RunSettings, backend_named
from archbench.errors import BackendError, one_line
from archbench.machine.contention import Contention, read_contention
from archbench.measurement import messages
from archbench.measurement.artifacts import agreement_inputs, agreement_reference, cost_for, lacking, network_for, reference_for
from archbench.measurement.calibration import calibration_probe
from archbench.measurement.parity import agree, judge
from archbench.measurement.plant import with_extra_work
from archbench.measurement.sampling import Runnable, Timed, alternating_orders, random_orders, sample_rounds, warm_up
from archbench.records.record import Agreement, Samples
from archbench.workloads.case import Case
from archbench.workloads.ids import parse_case
from archbench.workloads.inputs import seeded_input
from archbench.workloads.workload import Workload

Emit = Callable[[msgspec.Struct], None]


@dataclass(slots=True)
class Phases:
    """Seconds spent so far in each phase of the job."""

    clock: Clock
    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, phase: str, start_ns: int) -> None:
        self.seconds[phase] = self.seconds.get(phase, 0.0) + (self.clock() - start_ns) * 1e-9


def run_job(job: messages.Job, emit: Emit, clock: Clock = time.perf_counter_ns) -> None:
    """Carry out `job`; a case whose backend is absent or fails is reported and left out, the others go on."""
    phases = Phases(clock)
    if job.seconds is None:
        # Each is gone before the next, else all their weights would have to find room.
        for case in job.cases:
            try_load(case, job, emit, phases)
        return
    models = {case: model for case in job.cases if (model := try_load(case, job, emit, phases)) is not None}
    if not models:
        return
    emit(messages.Entered(case=messages.EVERY_CASE, stage="sampling"))
    start = clock()
    runnables = {case: _warm(model, job, job.plant.get(case), clock) for case, model in models.items()}
    phases.add("warm-up", start)
    names = tuple(runnables)
    before = read_contention()
    timed = sample_rounds(
        runnables,
        calibration_probe(clock),
        seconds=job.seconds,
        min_rounds=job.min_rounds,
        orders=random_orders(names, np.random.default_rng(job.seed)) if job.threads == 1 else alternating_orders(names),
        clock=clock,
        turn_ns=job.turn_ns,
    )
    phases.seconds["timed"] = timed.loop_ns * 1e-9
    emit(_measured(timed, runnables, phases.seconds, read_contention().since(before)))


def try_load(case_id: str, job: messages.Job, emit: Emit, phases: Phases) -> CompiledModel | None:
    """The case's model once it has passed parity; otherwise None, and the reason is emitted."""
    stage = "find"

    def enter(next_stage: str) -> None:
        nonlocal stage
        stage = next_stage
        emit(messages.Entered(case=case_id, stage=stage))

    try:
        case = parse_case(case_id)
        backend, cache = backend_named(case.backend), ArtifactCache(Path(job.cache))
        enter("find")
        reason = backend.absence() or lacking(case.workload, backend.form, cache)
        if reason is not None:
            emit(messages.Absent(case=case_id, reason=reason))
            return None
        return _load(case, backend, cache, job, emit, enter, phases)
    except Exception as error:  # any library may raise anything here, and it must cost this case alone
        emit(messages.Failed(case=case_id, stage=stage, error=f"{type(error).__name__}: {one_line(error)}"))
        return None


def _load(
    case: Case,
    backend: Backend,
    cache: ArtifactCache,
    job: messages.Job,
    emit: Emit,
    enter: Callable[[str], None],
    phases: Phases,
) -> CompiledModel | None:
    workload, start = case.workload, phases.clock()
    enter("build")
    network = network_for(workload, backend.form, cache)
    enter("load")
    model = backend.load(network, RunSettings(threads=job.threads, isa=job.isa, cache=cache.root))
    if case.id in job.plant and isinstance(model, DeviceTimed):
        raise BackendError("work is planted on the host, and this backend's time is kept by its device.")
    phases.add("load", start)
    start = phases.clock()
    enter("parity")
    model.bind(seeded_input(workload))
    model.run()
    cost = cost_for(workload, cache)
    parity = judge(model.output(), reference_for(workload, cache), backend.precision, cost.layers)
    agreement = _agreement(model, workload, cache, job.agreement_images) if job.agreement_images else None
    phases.add("parity", start)
    emit(
        messages.Loaded(
            case=case.id,
            version=backend.version(),
            granted=dict(model.granted()),
            executed_graph=model.executed_graph(),
            parity=parity,
            cost=dataclasses.asdict(cost),
            agreement=agreement,
        )
    )
    return model if parity.holds and parity.has_teeth else None


def _agreement(model: CompiledModel, workload: Workload, cache: ArtifactCache, images: int) -> Agreement:
    """How near the outputs for other inputs come to the reference's; the model is bound to its usual one again afterwards."""
    outputs = []
    for batch in agreement_inputs(workload, images):
        model.bind(batch)
        model.run()
        outputs.append(model.output())
    model.bind(seeded_input(workload))
    return agree(np.concatenate(outputs), agreement_reference(workload, cache, images))


def _warm(model: CompiledModel, job: messages.Job, extra_work: float | None, clock: Clock) -> Runnable:
    warm = warm_up(model.run, clock, job.warm_ns)
    if isinstance(model, DeviceTimed):
        return dataclasses.replace(warm, device_ns=model.device_ns)
    return warm if extra_work is None else warm_up(with_extra_work(model.run, extra_work, clock), clock, job.warm_ns)


def _measured(
    timed: Timed, runnables: Mapping[str, Runnable], phases: Mapping[str, float], contention: Contention
) -> messages.Measured:
    samples = {
        name: Samples(inferences=runnables[name].inferences, duration_ns=durations)
        for name, durations in timed.duration_ns.items()
    }
    inside = sum(sum(own.duration_ns) for own in samples.values()) * 1e-9
    return messages.Measured(
        samples=samples,
        calibration=Samples(inferences=1, duration_ns=timed.probe_ns),
        stolen_s=contention.stolen_s,
        preemptions=contention.preemptions,
        phases={**phases, "inference": inside},
    )
