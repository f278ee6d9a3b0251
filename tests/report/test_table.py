"""The tables people read."""

import numpy as np

from archbench.records.record import Status
from archbench.report.summary import run_summary
from archbench.report.table import results_table
from tests.samples import record

WORKLOAD = "grouped-d10-w64-k3-g8-28x28-b4"


def rows(text):
    return [line.split() for line in text.splitlines()]


def test_a_row_gives_latency_per_image_and_the_paired_speedup():
    generator = np.random.default_rng(0)
    records = [
        record(f"{WORKLOAD}:torch:t1", generator, own=8e-3, reference=None, between=1e-9, count=4),
        record(f"{WORKLOAD}:openvino-cpu-f32:t1", generator, own=4e-3, reference=8e-3, between=1e-9, count=4),
    ]

    *_, row = rows(results_table(records))

    assert row[:5] == ["grouped", "10", "64", "4", "28x28"]
    assert row[5:9] == ["2", "ms", "1", "ms"]
    assert row[9] == "2.00x"


def test_what_was_not_measured_shows_why():
    generator = np.random.default_rng(0)
    skipped = record(f"{WORKLOAD}:openvino-gpu-f16:t1", generator, status=Status.SKIPPED)
    single = record(f"{WORKLOAD}:openvino-cpu-f32:t1", generator, count=1)

    table = results_table([skipped, single])

    assert "skipped" in table
    assert "[one process]" in table


def test_threads_and_isa_caps_are_told_apart():
    generator = np.random.default_rng(0)
    records = [record(f"{WORKLOAD}:torch:{how}", generator, reference=None) for how in ("t1", "t2", "t1:avx2")]

    assert [row[-4:-2] for row in rows(results_table(records))[-3:]] == [["1", "-"], ["2", "-"], ["1", "avx2"]]


def test_the_summary_says_how_much_time_was_spent_measuring():
    phases = {"load": 1.0, "parity": 0.5, "warm-up": 2.0, "timed": 10.0, "inference": 9.0}

    assert run_summary([], phases).endswith(
        "workers: load 1.0 s, parity 0.5 s, warm-up 2.0 s, timed 10.0 s; 90% of the timed phase inside measured inference"
    )
