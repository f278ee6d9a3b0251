"""The table behind Figures 3 and 4, from records whose truth is known."""

import dataclasses

import numpy as np

from archbench.records.counts import Counts
from archbench.records.record import Status
from archbench.report.cache import cache_table
from archbench.report.summary import run_summary
from tests.samples import OPENVINO, record

MISSES = {"torch": 4000, OPENVINO: 200}
LATENCY = {"torch": 4e-3, OPENVINO: 1e-3}


def both(width, backend):
    """A record, timed and counted, whose latency and misses grow with the width."""
    case_id = f"standard-d10-w{width}-k3-14x14-b1:{backend}:t1"
    timed = record(case_id, np.random.default_rng(0), own=LATENCY[backend] * width / 32, reference=None)
    counts = {"LL read misses": MISSES[backend] * width // 32, "LL write misses": 0}
    simulated = Counts(instrument="callgrind", machine="m", cpu=(), isa="avx", states={"warm": counts})
    return dataclasses.replace(timed, counts=simulated, cost={"flops": 1e6 * width**2})


def test_the_reference_comes_first_whatever_was_read_first_and_savings_are_its_misses_over_the_other_s():
    records = [both(width, backend) for width in (32, 64, 128, 256) for backend in (OPENVINO, "torch")]

    lines = cache_table(records).splitlines()

    assert lines[0].split() == ["torch", OPENVINO, "torch", OPENVINO, "misses"]
    assert lines[2].split()[:5] == ["standard", "10", "32", "14x14", "1.02"]
    assert lines[2].split()[-3:] == ["4,000", "200", "20.00x"]
    assert any(line.startswith("along width, within a pattern  torch ") and line.count("+1.00 [") == 2 for line in lines)


def test_too_few_sizes_are_said_to_be_too_few():
    records = [both(width, backend) for width in (32, 64) for backend in ("torch", OPENVINO)]

    assert "too few sizes for a correlation" in cache_table(records)


def test_a_hot_path_that_nothing_counts_is_not_in_the_table_of_cases():
    timed = both(32, OPENVINO)
    skipped = dataclasses.replace(timed, case_id="archbench-case-ids:python:t1", status=Status.SKIPPED, counts=None, cost={})

    assert "archbench" not in run_summary([dataclasses.replace(timed, counts=None), skipped], {})
