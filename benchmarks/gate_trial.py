"""Does the gate see a planted slowdown of 20 %, and nothing where nothing changed?

Measures a baseline, then reruns it N times unchanged and N times with real extra work planted in one case, and gates each:

    python benchmarks/gate_trial.py --runs 10 --keep trial/
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PLANTED = "depthwise-separable-d10-*:openvino-cpu-f32:*"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--percent", type=float, default=20)
    parser.add_argument("--keep", type=Path, default=Path(".archbench/trial"), help="where the run files go")
    parser.add_argument("-k", dest="expression", default="", help="measure only the cases that match")
    arguments = parser.parse_args()
    arguments.keep.mkdir(parents=True, exist_ok=True)
    options = ["-k", arguments.expression] if arguments.expression else []
    baseline = measure(arguments.keep / "baseline.json", options)
    closed = {"unchanged": 0, "planted": 0}
    for run in range(arguments.runs):
        for name, plant in (("unchanged", []), ("planted", [f"--archbench-plant={PLANTED}={arguments.percent}"])):
            current = measure(arguments.keep / f"{name}-{run}.json", [*options, *plant])
            status, last = gate(current, baseline)
            closed[name] += status != 0
            print(f"{name} {run + 1}/{arguments.runs}: exit {status} ({last})", flush=True)
    print("gate closed in " + " and ".join(f"{count} of {arguments.runs} {name} runs" for name, count in closed.items()))


def measure(path: Path, options: list[str]) -> Path:
    """Run the smoke profile and write `path`."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        str(HERE / "test_patterns.py"),
        f"--benchmark-json={path}",
        *options,
    ]
    subprocess.run(command, check=True, capture_output=True)
    return path


def gate(current: Path, baseline: Path) -> tuple[int, str]:
    """Exit code of `archbench gate` and the line that counts the verdicts."""
    command = [sys.executable, "-m", "archbench", "gate", str(current), "--baseline", str(baseline)]
    finished = subprocess.run(command, capture_output=True, text=True)
    return finished.returncode, finished.stdout.splitlines()[-2]


if __name__ == "__main__":
    main()
