"""What does listing the paper's full grid cost, against plain pytest listing as many empty parametrized tests?

python benchmarks/collection_cost.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
ROUNDS = 7


def main() -> None:
    ours = [
        sys.executable,
        "-m",
        "pytest",
        str(HERE / "test_patterns.py"),
        "--collect-only",
        "-q",
        "--archbench-profile=paper",
    ]
    count = sum("::" in line for line in subprocess.run(ours, capture_output=True, text=True, check=True).stdout.splitlines())
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "test_empty.py"
        empty.write_text(f"import pytest\n\n@pytest.mark.parametrize('n', range({count}))\ndef test_empty(n): pass\n")
        plain = [
            sys.executable,
            "-m",
            "pytest",
            str(empty),
            "--collect-only",
            "-q",
            "-p",
            "no:archbench",
            "-p",
            "no:benchmark",
        ]
        pairs = [(seconds(ours), seconds(plain)) for _ in range(ROUNDS)]
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"{count} cases: archbench {statistics.median(a for a, _ in pairs):.2f} s,", end=" ")
    print(f"plain pytest {statistics.median(b for _, b in pairs):.2f} s, ratio {ratio:.2f}")


def seconds(command: list[str]) -> float:
    """Wall seconds of a command that must succeed."""
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
