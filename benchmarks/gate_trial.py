"""How often does a gate cry wolf, and which slowdowns does it find? Ours, stock pytest-benchmark's, and a rank test.

Measures twelve cases (six patterns, PyTorch and OpenVINO) unchanged and with real extra work planted in one of them, with
archbench and with stock pytest-benchmark in turn at the same wall time. Each unchanged run is compared with every later one,
each planted run with every unchanged one:

    python benchmarks/gate_trial.py --keep trial/
    python benchmarks/gate_trial.py --keep busy/ --busy --floor trial/

Interrupt it at will: what is in the folder is not measured again.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from noise_against_stock import HERE, paired_speedups, print_variation, run_pytest, separate_speedups
from pytest_benchmark.utils import PercentageRegressionCheck
from scipy.stats import mannwhitneyu

from archbench.gate.calibrate import calibrate
from archbench.gate.compare import compare_runs
from archbench.gate.noise import NoiseFloor
from archbench.gate.verdict import DEFAULT_MIN_EFFECT, GateReport, Verdict
from archbench.records.runfile import RunFile, read_run_file
from archbench.stats.processes import undisturbed

SUITE = ("-k", "d10")
VICTIM = "depthwise-separable-d10-*:openvino-cpu-f32:*"
FIELDS = ("mean", "median", "min")
PERCENT = 5
ALPHA = 0.05

#: Of two run files of one tool: the cases it calls slower.
Judge = Callable[[Path, Path], set[str]]


@dataclass(frozen=True)
class Tool:
    """Something that measures and something that judges."""

    name: str
    kind: str
    judge: Judge


def main() -> None:
    arguments = parse_arguments()
    arguments.keep.mkdir(parents=True, exist_ok=True)
    with neighbour(busy=arguments.busy):
        measure_all(arguments)
    floor = sorted((arguments.floor or arguments.keep).glob("archbench-floor-*.json"))
    noise = calibrate([read_run_file(path) for path in floor], [], DEFAULT_MIN_EFFECT)
    report(arguments, noise)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--floor-runs", type=int, default=6, help="unchanged runs that calibrate our gate, compared with nothing"
    )
    parser.add_argument("--runs", type=int, default=10, help="unchanged runs of each tool")
    parser.add_argument("--planted-runs", type=int, default=4, help="planted runs of each tool and slowdown")
    parser.add_argument("--percent", type=int, nargs="+", default=[3, 5, 10], help="slowdowns to plant")
    parser.add_argument("--floor", type=Path, help="folder of such runs made before, to be used instead")
    parser.add_argument("--busy", action="store_true", help="keep one core busy with another process meanwhile")
    parser.add_argument("--keep", type=Path, default=Path(".archbench/trial"), help="where the run files go")
    return parser.parse_args()


@contextmanager
def neighbour(*, busy: bool) -> Iterator[None]:
    """Another process that multiplies matrices all the time, if `busy`."""
    if not busy:
        yield
        return
    work = "import numpy as np\na = np.ones((512, 512), np.float32)\nwhile True: a @ a"
    process = subprocess.Popen([sys.executable, "-c", work], env={"OPENBLAS_NUM_THREADS": "1"})
    try:
        yield
    finally:
        process.kill()
        process.wait()


def measure_all(arguments: argparse.Namespace) -> None:
    """Every run that the folder lacks, the two tools in turn, unchanged and planted runs mixed."""
    wanted = [] if arguments.floor else [("floor", run, 0) for run in range(arguments.floor_runs)]
    rounds = max(arguments.runs, arguments.planted_runs)
    for run in range(rounds):
        wanted += [("unchanged", run, 0)] * (run < arguments.runs)
        wanted += [(f"planted{percent}", run, percent) for percent in arguments.percent if run < arguments.planted_runs]
    # A first guess; it follows the wall time of our runs.
    max_time = 9.0
    for name, run, percent in wanted:
        ours = arguments.keep / f"archbench-{name}-{run:02}.json"
        wall = 0.0
        if not ours.exists():
            plant = [f"--archbench-plant={VICTIM}={percent}"] if percent else []
            wall = run_pytest(HERE / "test_patterns.py", ours, *SUITE, *plant)
            print(f"{ours.name}: {wall:.0f} s", flush=True)
        stock = arguments.keep / f"stock-{name}-{run:02}.json"
        if name != "floor" and not stock.exists():
            options = (*SUITE, f"--benchmark-max-time={max_time:.2f}")
            took = run_pytest(HERE / "stock_patterns.py", stock, *options, environment={"STOCK_PLANT": f"{VICTIM}={percent}"})
            print(f"{stock.name}: {took:.0f} s", flush=True)
            max_time *= wall / took if wall else 1.0


def report(arguments: argparse.Namespace, noise: NoiseFloor) -> None:
    tools = [
        Tool("archbench gate", "archbench", lambda then, now: alarms(ours(then, now, noise))),
        *(Tool(f"stock {field} > {PERCENT} %", "stock", stock_judge(field)) for field in FIELDS),
        Tool(f"Mann-Whitney p < {ALPHA}", "archbench", rank_judge),
    ]
    print(
        f"\n{'':26}{'suites with a false alarm':>28}" + "".join(f"{f'{percent} % found':>20}" for percent in arguments.percent)
    )
    for tool in tools:
        unchanged = sorted(arguments.keep.glob(f"{tool.kind}-unchanged-*.json"))
        pairs = list(itertools.combinations(unchanged, 2))
        false = sum(bool(tool.judge(then, now)) for then, now in pairs)
        line = f"{tool.name:26}{share(false, len(pairs)):>28}"
        for percent in arguments.percent:
            planted = sorted(arguments.keep.glob(f"{tool.kind}-planted{percent}-*.json"))
            tries = list(itertools.product(unchanged, planted))
            found = sum(any(is_victim(case) for case in tool.judge(then, now)) for then, now in tries)
            line += f"{share(found, len(tries)):>20}"
        print(line, flush=True)
    describe(arguments.keep, noise)


def describe(folder: Path, noise: NoiseFloor) -> None:
    """What our gate says besides."""
    unchanged = sorted(folder.glob("archbench-unchanged-*.json"))
    reports = [ours(then, now, noise) for then, now in itertools.combinations(unchanged, 2)]
    verdicts = [entry.verdict for entry in itertools.chain.from_iterable(report.verdicts for report in reports)]
    counts = {
        kind.value: verdicts.count(kind) for kind in (Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.IMPROVED, Verdict.REGRESSED)
    }
    print("archbench's verdicts on unchanged cases: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    voided = sum(report.voided for report in reports) / max(1, sum(report.processes for report in reports))
    print(f"worker processes voided as disturbed: {voided:.0%}")
    print(f"noise floor: {noise.comparisons} comparisons with {len(noise.alarms) or 'no'} alarms")
    timed = sorted(folder.glob("stock-unchanged-*.json"))
    stock = {field: [separate_speedups(path, field) for path in timed] for field in FIELDS}
    print_variation([paired_speedups(path) for path in unchanged], stock)


def share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.0%})" if whole else "-"


def is_victim(case: str) -> bool:
    return case.startswith("depthwise-separable-d10-") and "openvino" in case


_RUNS: dict[Path, RunFile] = {}


def read(path: Path) -> RunFile:
    if path not in _RUNS:
        _RUNS[path] = read_run_file(path)
    return _RUNS[path]


def ours(then: Path, now: Path, noise: NoiseFloor) -> GateReport:
    return compare_runs(read(then), read(now), noise=noise)


def alarms(report: GateReport) -> set[str]:
    alone = {entry.case_id for entry in report.verdicts if entry.verdict is Verdict.REGRESSED}
    return alone.union(*(alert.case_ids for alert in report.alerts))


def stock_judge(field: str) -> Judge:
    check = PercentageRegressionCheck(field, PERCENT)

    def judge(then: Path, now: Path) -> set[str]:
        before, after = stock_statistics(then), stock_statistics(now)
        return {case for case, statistics in after.items() if check.fails(statistics, before[case])}

    return judge


def stock_statistics(path: Path) -> Mapping[str, Mapping[str, float]]:
    return {entry["name"].split("[")[1]: entry["stats"] for entry in json.loads(path.read_text())["benchmarks"]}


def rank_judge(then: Path, now: Path) -> set[str]:
    """Slower by a one-sided test on all slices, as tools do that take them for independent."""
    before, after = samples(then), samples(now)
    return {case for case, values in after.items() if mannwhitneyu(values, before[case], alternative="greater").pvalue < ALPHA}


def samples(path: Path) -> Mapping[str, np.ndarray]:
    return {
        case_id: np.concatenate([process.own.seconds_per_inference for process in undisturbed(record.processes)])
        for case_id, record in read(path).records.items()
    }


if __name__ == "__main__":
    main()
