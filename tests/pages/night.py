"""A whole night with a known truth: every experiment's run file, peaks, a search, accuracies, a baseline and a history."""

import dataclasses
import json

import msgspec
import numpy as np

from archbench.cost.formulas import cost_by_formula
from archbench.gate.baselines import accept
from archbench.history.store import History
from archbench.records.counts import Counts
from archbench.records.peaks import write_peaks
from archbench.report.search import search_document
from archbench.workloads.behaviour import ACTIVATIONS, BLOCKS
from archbench.workloads.case import Case
from archbench.workloads.grids import SIX
from archbench.workloads.kws import published
from archbench.workloads.layer import LayerWorkload
from archbench.workloads.network import FORM_FUNCTION, NetworkWorkload
from archbench.workloads.pattern import PatternWorkload
from tests.experiments.layer_records import layer_records
from tests.experiments.test_accuracy import lost
from tests.gate.test_baselines import write_run
from tests.samples import OPENVINO, peaks, record
from tests.search.samples import search

BACKENDS = ("torch", OPENVINO)
GAINS = dict(zip(SIX, (1.4, 2.1, 3.3, 4.1, 6.6, 2.3), strict=True))
SLOWER = "grouped-d10-w64-k3-g8-28x28-b1:openvino-cpu-f32:t1"


def priced(made, cost=None):
    """The record with what its network costs on paper."""
    return dataclasses.replace(made, cost=cost or {"flops": 1e9, "memory_access_bytes": 1e8, "layers": 50.0})


def both(workload, native, gain, generator, **kwargs):
    """A workload on torch and on OpenVINO, priced."""
    cost = dataclasses.asdict(cost_by_formula(workload)) if isinstance(workload, PatternWorkload) else None
    for backend, own, reference in (("torch", native, None), (OPENVINO, native / gain, native)):
        made = record(Case(workload=workload, backend=backend).id, generator, own=own, reference=reference, **kwargs)
        yield priced(made, cost)


def patterns(generator, slower=1.0, torch="2", names=SIX):
    """Sweeps of depth, width and batch; one case may be slower than it should be."""
    points = [{"depth": depth} for depth in (10, 30, 50)]
    points += [{"width": width} for width in (32, 128)] + [{"batch": batch} for batch in (2, 8)]
    for point in points:
        sizes = {"depth": 10, "width": 64, "batch": 1} | point
        native = 1e-4 * sizes["depth"] * sizes["batch"] * (sizes["width"] / 64) ** 2
        for pattern in names:
            for made in both(PatternWorkload(pattern=pattern, **sizes), native, GAINS[pattern], generator, torch=torch):
                yield slowed(made, slower) if made.case_id == SLOWER else made


def slowed(made, factor):
    """The record with its own side's slices longer."""
    processes = tuple(
        dataclasses.replace(
            entry, own=dataclasses.replace(entry.own, duration_ns=tuple(int(value * factor) for value in entry.own.duration_ns))
        )
        for entry in made.processes
    )
    return dataclasses.replace(made, processes=processes)


def caches(generator):
    """Latency and misses along depth and along width."""
    for axis, values, pixels in (("depth", (10, 20, 30, 40), 28), ("width", (32, 64, 128, 256), 14)):
        for value in values:
            for pattern in SIX:
                sizes = {"depth": 10, "width": 64, axis: value}
                workload = PatternWorkload(pattern=pattern, resolution=(pixels, pixels), **sizes)
                for index, made in enumerate(both(workload, 1e-5 * value, GAINS[pattern], generator)):
                    states = {"warm": {"LL read misses": 1000 * value // (1 + 9 * index)}}
                    counts = Counts(instrument="callgrind", machine="i5-7600k", cpu=(), states=states)
                    yield dataclasses.replace(made, counts=counts)


def units(platforms=BACKENDS, step=16):
    """A staircase, kernels, activations and blocks."""
    found = {}
    for index, platform in enumerate(platforms):
        cost = 2e-5 / (1 + index)
        kinds = {
            LayerWorkload(layer="conv", in_channels=64, out_channels=count): cost * (1 + (count - 1) // step)
            for count in range(2, 50, 2)
        }
        plain = LayerWorkload(layer="conv", in_channels=32, out_channels=32)
        kinds |= {dataclasses.replace(plain, kernel=edge): cost * edge for edge in (3, 5, 7)}
        kinds |= {
            dataclasses.replace(plain, activation=name): cost * (3 + 0.5 * place) for place, name in enumerate(ACTIVATIONS)
        }
        kinds |= {
            LayerWorkload(layer=block, in_channels=64, out_channels=64): cost * (2 + place)
            for place, block in enumerate(BLOCKS)
            if block != "dense-block"
        }
        found |= layer_records(kinds, backend=platform)
    return list(found.values())


def write_night(folder, *, slower=1.1, hostile=()):
    """A folder of everything, in which one case is slower than at the baseline beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(11)
    write_run(
        folder / "patterns.json", *patterns(generator, slower, torch="3"), *hostile, date="2026-01-02T03:00:00", commit="c2"
    )
    write_run(folder / "cache.json", *caches(generator), profile="cache-depth-smoke")
    networks = [
        made
        for index, name in enumerate(FORM_FUNCTION)
        for made in both(NetworkWorkload(network=name), 20e-3 + 1e-3 * index, 2 + 0.3 * index, generator, count=4)
    ]
    write_run(folder / "networks.json", *networks, profile="networks-smoke")
    kws = [
        priced(record(f"{workload.id}:{backend}:t1", generator, own=1e-3 / (1 + index), reference=None, count=4))
        for index, workload in enumerate(published())
        for backend in BACKENDS
    ]
    write_run(folder / "kws.json", *kws, profile="kws-smoke")
    write_run(folder / "behaviour.json", *units(), profile="behaviour-smoke")
    write_peaks(folder / "peaks.json", peaks())
    (folder / "search").mkdir()
    (folder / "search" / "search.json").write_text(json.dumps(search_document(search([("kws3-b1", 552), ("kws12-b1", 500)]))))
    accuracies = {"records": [msgspec.to_builtins(lost(30))], "claim": "c", "outcome": "o", "evidence": "e", "skipped": []}
    (folder / "accuracy.json").write_text(json.dumps(accuracies))
    findings = [{"name": "governor", "state": "warning", "found": "powersave", "remedy": "set it to performance"}]
    (folder / "doctor.json").write_text(json.dumps({"date": "d", "fingerprint": "here", "findings": findings}))
    return folder


def write_baselines(root, store):
    """An accepted run of the same patterns, and eight nights before this one; the last two were slower."""
    generator = np.random.default_rng(12)
    then = write_run(root / "then.json", *patterns(generator), date="2026-01-01T03:00:00", commit="c1")
    accept(then, root / "baselines", "before the change")
    for night in range(8):
        generator = np.random.default_rng(night)
        made = list(both(PatternWorkload(pattern="grouped", depth=10, width=64), 1e-3, 2.3, generator))
        run = write_run(
            root / "past.json", *(slowed(entry, 1.0 if night < 6 else 1.1) for entry in made), date=f"2025-12-{night + 1:02}"
        )
        History(store).add(run)
    return root / "baselines"
