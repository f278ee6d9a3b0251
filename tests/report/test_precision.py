"""The table of lower precisions, on records with a known truth."""

import dataclasses

import numpy as np

from archbench.records.record import Agreement
from archbench.report.precision import precision_lines
from tests.samples import record

WORKLOAD = "grouped-d10-w64-k3-g8-28x28-b1"


def test_gain_and_agreement_stand_side_by_side():
    generator = np.random.default_rng(0)
    made = record(f"{WORKLOAD}:openvino-cpu-int8:t1", generator, own=1e-3, reference=3e-3, granted={"convolutions": "10 u8"})
    compared = dataclasses.replace(made, agreement=Agreement(images=32, top1=0.875, error=0.05))

    _, table, _ = precision_lines([record(f"{WORKLOAD}:torch:t1", generator), compared])
    (row,) = table.splitlines()[1:]

    assert row.split()[:2] == [WORKLOAD, "openvino-cpu-int8"]
    assert row.split()[-4:] == ["87.5%", "5.0e-02", "10", "u8"]


def test_without_agreement_there_is_no_table():
    assert precision_lines([record(f"{WORKLOAD}:torch:t1", np.random.default_rng(0))]) == []
