"""Records with a known truth, made by a seeded generator instead of a clock."""

import numpy as np

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
