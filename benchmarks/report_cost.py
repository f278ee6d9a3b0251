"""What does a report over ten thousand records cost: seconds and bytes?

python benchmarks/report_cost.py [--backends 10] [--like RUN.json]

The records are of the behaviour study's nightly profile, a thousand networks on each of ten backends, either made up or, with
--like, copies of those that a run really measured.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from archbench.records.record import CaseRecord, Environment, ProcessSamples, Samples, Status
from archbench.records.runfile import KEY, RunSection, read_run_file
from archbench.registry import BACKENDS
from archbench.stats.processes import latency
from archbench.workloads.case import Case
from archbench.workloads.experiment import select_cases
from archbench.workloads.layer import LayerWorkload

PROCESSES, SLICES, PROBES = 5, 30, 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backends", type=int, default=10)
    parser.add_argument("--like", type=Path)
    options = parser.parse_args()
    backends = tuple(itertools.islice(BACKENDS, options.backends))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        count = 0
        for backend in backends:
            records = copied(options.like, backend) if options.like else made(backend)
            count += write(folder / "set" / f"{backend}.json", list(records))
        command = [sys.executable, "-m", "archbench", "report", "set", "-o", "report.html"]
        start = time.perf_counter()
        subprocess.run(command, cwd=folder, check=True)
        seconds = time.perf_counter() - start
        written = (folder / "report.html").stat().st_size
        read = sum(path.stat().st_size for path in (folder / "set").iterdir())
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    print(f"{count} records, {read / 2**20:.0f} MiB read: {seconds:.1f} s, {peak:.1f} GiB, {written / 2**20:.1f} MiB written")


def made(backend: str) -> Iterator[CaseRecord]:
    """Records of one backend: a unit's time follows its channels in steps of 16, workers differ by 1 %."""
    generator = np.random.default_rng(len(backend))
    for case in select_cases("behaviour", "nightly", (backend,)):
        workload = case.workload
        assert isinstance(workload, LayerWorkload)
        unit = 1e-6 * workload.edge * (1 + (workload.out_channels - 1) // 16)
        yield record(case, 3e-5 + workload.copies * unit, generator)


def record(case: Case, seconds: float, generator: np.random.Generator) -> CaseRecord:
    processes = tuple(
        ProcessSamples(
            process=index,
            own=samples(seconds * np.exp(0.01 * generator.standard_normal()), SLICES, generator),
            reference=None,
            calibration=samples(1e-4, PROBES, generator),
        )
        for index in range(PROCESSES)
    )
    return CaseRecord(
        case_id=case.id,
        status=Status.MEASURED,
        environment=Environment(fingerprint="here", versions={"torch": "2"}, allocator="retained", affinity=(1,)),
        cost={"flops": 1e6, "memory_access_bytes": 1e5, "layers": 1},
        granted={"threads": "1"},
        latency=latency(processes).estimate.interval(),
        processes=processes,
        executed_graph=("Convolution jit", "Reorder jit"),
    )


def samples(seconds: float, count: int, generator: np.random.Generator) -> Samples:
    noise = 1 + 0.01 * generator.exponential(size=count)
    return Samples(inferences=1, duration_ns=tuple((seconds * 1e9 * noise).astype(int).tolist()))


def copied(path: Path, backend: str) -> Iterator[CaseRecord]:
    """The records of a run as if they were of that backend."""
    for entry in read_run_file(path).records.values():
        workload, _, rest = entry.case_id.split(":", 2)
        yield dataclasses.replace(entry, case_id=":".join((workload, backend, rest)))


def write(path: Path, records: list[CaseRecord]) -> int:
    path.parent.mkdir(exist_ok=True)
    section = RunSection(fingerprint="here", machine={}, profile="behaviour-nightly", failed=False)
    entries = [{"extra_info": {KEY: msgspec.to_builtins(entry)}} for entry in records]
    document = {"benchmarks": entries, "datetime": "2026-01-01", KEY: msgspec.to_builtins(section)}
    path.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=4))
    return len(records)


if __name__ == "__main__":
    main()
