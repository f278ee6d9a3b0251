"""Do the two ways to the latency of one operator agree: the difference of many copies and few, and the engine's own clock?

    python benchmarks/method_agreement.py RUN.json [--every 10]

Reads the units of a run of `pytest benchmarks/ -k behaviour`, profiles the network of many copies of every so many of them now,
on the backends that have a clock of their own, and prints both with their ratio.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import math
from pathlib import Path

import numpy as np

from archbench.cache import default_cache_root
from archbench.experiments.units import units_by_platform
from archbench.machine.allocator import DEFAULT_ALLOCATOR
from archbench.measurement.layers import layers_of
from archbench.records.runfile import read_run_file
from archbench.registry import LAYER_CLOCKS
from archbench.units import format_seconds
from archbench.workloads.case import Case

COPIES = 6

#: What a network executes once, whatever its copies.
ONCE = ("Reorder", "Concatenation", "Input", "Output", "Parameter", "Result")

#: The difference must be known this well, or a disagreement says nothing.
PRECISE = 0.15


def profiled(case: Case, cache: Path) -> float:
    """Seconds of one copy by the engine's own clock."""
    times = layers_of(case, DEFAULT_ALLOCATOR, cache)
    return sum(layer.seconds for layer in times.layers if layer.kind not in ONCE) / case.workload.copies


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--every", type=int, default=10, help="profile one unit in so many")
    arguments = parser.parse_args()
    ratios: dict[str, list[float]] = {}
    print(f"{'unit':44s} {'platform':22s} {'difference':>11s} {'profile':>11s} {'ratio':>6s}")
    for platform, units in units_by_platform(read_run_file(arguments.run).records.values()).items():
        if platform.backend not in LAYER_CLOCKS:
            continue
        for kind, unit in itertools.islice(units.items(), 0, None, arguments.every):
            interval = None if unit.seconds is None else unit.seconds.interval()
            if interval is None or interval.bounded[1] > interval.estimate * (1 + PRECISE):
                print(f"{kind.id:44s} {platform!s:22s} {'not resolved':>11s}")
                continue
            workload = dataclasses.replace(kind, copies=COPIES)
            case = Case(workload=workload, backend=platform.backend, threads=platform.threads, isa=platform.isa or None)
            own = profiled(case, default_cache_root())
            ratios.setdefault(str(platform), []).append(own / interval.estimate)
            print(
                f"{kind.id:44s} {platform!s:22s} {format_seconds(interval.estimate):>11s} {format_seconds(own):>11s} "
                f"{own / interval.estimate:6.2f}",
                flush=True,
            )
    for platform, found in ratios.items():
        within = np.mean([abs(math.log(ratio)) <= math.log(1.1) for ratio in found])
        print(f"{platform}: median ratio {np.median(found):.2f}, {within:.0%} of {len(found)} within 10 %")


if __name__ == "__main__":
    main()
