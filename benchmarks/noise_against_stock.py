"""How far does the speedup of an unchanged network wander from run to run, here and with stock pytest-benchmark?

Runs the smoke profile and the same 24 cases with stock pytest-benchmark in turn, N times each, gives stock as much wall time
as ours took, and prints the coefficient of variation of each speedup side by side:

    python benchmarks/noise_against_stock.py --runs 10 --stock-runs 10 --keep noise/
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from archbench.gate.verdict import Outcome
from archbench.records.runfile import read_run_file
from archbench.stats.processes import speedup

HERE = Path(__file__).parent


def main() -> None:
    arguments = parse_arguments()
    arguments.keep.mkdir(parents=True, exist_ok=True)
    ours: list[dict[str, float]] = []
    stock: dict[str, list[dict[str, float]]] = {"mean": [], "median": [], "min": []}
    walls: dict[str, list[float]] = {"archbench": [], "stock": []}
    max_time = 5.0
    for run in range(arguments.runs):
        path = arguments.keep / f"archbench-{run}.json"
        walls["archbench"].append(run_pytest(HERE / "test_patterns.py", path))
        ours.append(paired_speedups(path))
        print(f"archbench {run + 1}/{arguments.runs}: {walls['archbench'][-1]:.0f} s", flush=True)
        if run >= arguments.stock_runs:
            continue
        path = arguments.keep / f"stock-{run}.json"
        walls["stock"].append(run_pytest(HERE / "stock_patterns.py", path, f"--benchmark-max-time={max_time:.2f}"))
        max_time *= walls["archbench"][-1] / walls["stock"][-1]
        for field, speedups in stock.items():
            speedups.append(separate_speedups(path, field))
        print(f"stock {run + 1}/{arguments.stock_runs}: {walls['stock'][-1]:.0f} s", flush=True)
    print_variation(ours, stock)
    print("wall seconds a run: " + ", ".join(f"{name} {np.mean(values):.0f}" for name, values in walls.items()))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--stock-runs", type=int, default=10)
    parser.add_argument("--keep", type=Path, default=Path(".archbench/noise"), help="where the run files go")
    return parser.parse_args()


def run_pytest(
    tests: Path, output: Path, *options: str, environment: Mapping[str, str] | None = None, closed: bool = False
) -> float:
    """Wall seconds of one separate pytest run that writes `output`; it may end with a `closed` gate."""
    start = time.monotonic()
    partial = output.with_suffix(".partial")
    command = [sys.executable, "-m", "pytest", "-q", str(tests), f"--benchmark-json={partial}", *options]
    finished = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **(environment or {})})
    if finished.returncode == 0 or (closed and finished.returncode == Outcome.REGRESSED.value):
        partial.replace(output)
    else:
        sys.exit(f"{' '.join(command)} failed:\n{finished.stdout[-2000:]}{finished.stderr[-2000:]}")
    return time.monotonic() - start


def paired_speedups(path: Path) -> dict[str, float]:
    """Speedup by workload, from the raw samples of archbench's records."""
    records = read_run_file(path).records.values()
    gains = {record.case_id.split(":")[0]: speedup(record.processes) for record in records}
    return {workload: gain.estimate.interval().estimate for workload, gain in gains.items() if gain is not None}


def separate_speedups(path: Path, field: str) -> dict[str, float]:
    """Speedup by workload, as the ratio of one pytest-benchmark statistic of two separately timed cases."""
    seconds = {
        (entry["name"].split("[")[1].removesuffix(f"-{backend}]"), backend): entry["stats"][field]
        for entry in json.loads(path.read_text())["benchmarks"]
        for backend in ("torch", "openvino-cpu-f32")
        if entry["name"].endswith(f"-{backend}]")
    }
    return {workload: seconds[workload, "torch"] / seconds[workload, "openvino-cpu-f32"] for workload, _ in seconds}


def print_variation(ours: list[dict[str, float]], stock: dict[str, list[dict[str, float]]]) -> None:
    """One line a workload: how far its speedup wanders between runs, here and by three statistics of stock."""
    columns = {"archbench": ours, **{f"stock {field}": runs for field, runs in stock.items()}}
    print(f"\ncoefficient of variation of the speedup over {len(ours)} and {len(stock['median'])} separate runs, per cent")
    print(f"{'workload':45}{'speedup':>9}" + "".join(f"{name:>15}" for name in columns))
    for workload in ours[0]:
        spread = {name: [run[workload] for run in runs] for name, runs in columns.items()}
        print(
            f"{workload:45}{np.mean(spread['archbench']):8.2f}x"
            + "".join(f"{variation(values):15.2f}" for values in spread.values())
        )
    worst = {name: max(variation([run[workload] for run in runs]) for workload in ours[0]) for name, runs in columns.items()}
    print(f"{'worst':54}" + "".join(f"{value:15.2f}" for value in worst.values()))


def variation(values: list[float]) -> float:
    """Coefficient of variation in per cent."""
    return float(100 * np.std(values, ddof=1) / np.mean(values))


if __name__ == "__main__":
    main()
