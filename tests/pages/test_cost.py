"""The page of ten thousand records stays small enough to open at once."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "report_cost.py"


@pytest.mark.slow
def test_ten_thousand_records_make_less_than_fifteen_megabytes():
    finished = subprocess.run([sys.executable, BENCHMARK], capture_output=True, text=True)

    assert finished.returncode == 0, finished.stderr
    count, written = re.search(r"(\d+) records, .* ([\d.]+) MiB written", finished.stdout).groups()
    assert int(count) >= 10_000
    assert float(written) < 15
