"""Records with a known truth, made by a seeded generator instead of a clock."""

import numpy as np

from archbench.records.peaks import Limit, MemoryLevel, Peaks, Trial
from archbench.records.record import CaseRecord, Environment, ProcessSamples, Samples, Status
from archbench.stats.processes import latency, speedup

OPENVINO = "openvino-cpu-f32"


def slices(generator, seconds, *, rounds=12, inferences=4, spread=0.01):
    """Slices around a true latency: noise only ever adds time."""
    noise = 1 + spread * generator.exponential(size=rounds)
    return Samples(inferences=inferences, duration_ns=tuple(int(seconds * factor * inferences * 1e9) for factor in noise))


def processes(generator, own, reference, *, count=10, between=0.005, calibration=5e-4):
    """`count` processes, each with its own placement effect of relative size `between`."""
    made = []
    for index in range(count):
        own_effect, reference_effect = np.exp(between * generator.standard_normal(2))
        made.append(
            ProcessSamples(
                process=index,
                own=slices(generator, own * own_effect),
                reference=None if reference is None else slices(generator, reference * reference_effect),
                calibration=slices(generator, calibration),
            )
        )
    return tuple(made)


def record(
    case_id,
    generator,
    *,
    own=1e-3,
    reference=3e-3,
    status=Status.MEASURED,
    fingerprint="here",
    granted=None,
    graph=("conv",),
    planted=0.0,
    allocator="retained",
    calibration=5e-4,
    torch="2",
    numpy="2",
    **kwargs,
):
    """A record of `case_id` whose true latency is `own` seconds and whose reference takes `reference` seconds."""
    sampled = processes(generator, own, reference, calibration=calibration, **kwargs) if status is Status.MEASURED else ()
    gain = speedup(sampled)
    return CaseRecord(
        case_id=case_id,
        status=status,
        reason=None if status is Status.MEASURED else "because",
        environment=Environment(
            fingerprint=fingerprint, versions={"torch": torch, "numpy": numpy}, allocator=allocator, affinity=(1,)
        ),
        cost={"macs": 1},
        granted=granted or {"threads": "1"},
        latency=latency(sampled).estimate.interval() if sampled else None,
        speedup=gain.estimate.interval() if gain else None,
        processes=sampled,
        executed_graph=graph,
        planted=planted,
    )


def trial(limit, of, *, work, seconds, runs=1, way="way"):
    """A trial whose runs took so many seconds, one a worker process."""
    samples = tuple(Samples(inferences=runs, duration_ns=(int(value * runs * 1e9),)) for value in seconds)
    return Trial(limit=limit, of=of, way=way, kernel="", work=work, samples=samples)


def peaks(*, threads=1, isa=None, fingerprint="here"):
    """A machine with 100 Gop/s, 50 GB/s in a cache of 1 MiB and 10 GB/s in memory; an operator of torch costs 2 us."""
    return Peaks(
        fingerprint=fingerprint,
        cpu="a processor",
        versions={"numpy": "2"},
        threads=threads,
        isa=isa,
        date="2026-01-01T00:00:00+00:00",
        levels=(
            MemoryLevel(name="L2", capacity_bytes=2**20, working_set_bytes=2**19),
            MemoryLevel(name="memory", capacity_bytes=None, working_set_bytes=2**24),
        ),
        trials=(
            trial(Limit.COMPUTE, "f32", work=100e9, seconds=(1.0,)),
            trial(Limit.BANDWIDTH, "L2", work=50e9, seconds=(1.0,)),
            trial(Limit.BANDWIDTH, "memory", work=10e9, seconds=(1.0,)),
            trial(Limit.OPERATOR, "torch", work=4, seconds=(18e-6,)),
            trial(Limit.OPERATOR, "torch", work=36, seconds=(82e-6,)),
        ),
        absent={"openvino matmul in bf16": "no such unit"},
    )
