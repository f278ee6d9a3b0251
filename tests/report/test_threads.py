"""Throughput against threads, on records with a known truth."""

import numpy as np

from archbench.records.record import Status
from archbench.report.threads import threads_lines
from tests.samples import record

WORKLOAD = "grouped-d10-w64-k3-g8-28x28-b4"


def measured(seconds, backend="torch"):
    generator = np.random.default_rng(0)
    return [
        record(f"{WORKLOAD}:{backend}:t{threads}", generator, own=own, reference=None, between=1e-4)
        for threads, own in seconds.items()
    ]


def test_throughput_and_the_gain_over_one_thread():
    _, table, _ = threads_lines(measured({2: 5e-3, 1: 8e-3, 4: 4e-3}))
    rows = [line.split() for line in table.splitlines()[1:]]

    assert [row[2] for row in rows] == ["1", "2", "4"]
    # 4 images in 8, 5 and 4 ms
    assert [round(int(row[5].replace(",", "")), -1) for row in rows] == [500, 800, 1000]
    assert [row[6] for row in rows] == ["-", "1.60x", "2.00x"]


def test_one_count_of_threads_is_no_series():
    skipped = record(f"{WORKLOAD}:torch:t2", np.random.default_rng(0), status=Status.SKIPPED)

    assert threads_lines([*measured({1: 8e-3}), skipped, *measured({2: 8e-3}, "openvino-cpu-f32")]) == []


def test_without_one_thread_there_is_throughput_but_no_gain():
    _, table, _ = threads_lines(measured({2: 5e-3, 4: 4e-3}))

    assert [line.split()[6] for line in table.splitlines()[1:]] == ["-", "-"]
