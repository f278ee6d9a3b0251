"""Layers joined by name: what was fused, what was folded on export, what only one side has."""

import pytest

from archbench.contracts import LayerTime, LayerTimes
from archbench.report.layers import join, layers_table


def native(*layers):
    return LayerTimes(
        layers=tuple(LayerTime(layers=(name,), kind=kind, kernel="", seconds=seconds) for name, kind, seconds in layers),
        seconds=100e-6,
    )


def engine(*nodes):
    return LayerTimes(
        layers=tuple(
            LayerTime(layers=names, kind=kind, kernel="jit_avx512 f32 nChw16c", seconds=seconds)
            for names, kind, seconds in nodes
        ),
        seconds=20e-6,
    )


TORCH = native(
    ("features.0", "Conv2d", 30e-6),
    ("features.1", "BatchNorm2d", 10e-6),
    ("features.2", "ReLU", 10e-6),
    ("features.3", "Conv2d", 40e-6),
    ("features.10", "ReLU", 5e-6),
)
OPENVINO = engine(
    (("/features/0/Conv/WithoutBiases", "/features/0/Conv", "/features/2/Relu"), "Convolution", 9e-6),
    ((), "Reorder", 1e-6),
    (("/features/3/Conv", "/features/Add"), "Convolution", 5e-6),
    (("/features/10/Relu",), "Relu", 2e-6),
)


def test_a_node_stands_for_its_layers_and_for_those_folded_into_them_on_export():
    first, reorder, second, last = join(TORCH, OPENVINO)

    assert first.does == ("Conv2d", "BatchNorm2d", "ReLU")
    assert first.native == pytest.approx(50e-6)
    assert first.accelerated == pytest.approx(9e-6)
    assert (reorder.name, reorder.native) == ("(none)", None)
    assert (second.name, second.does) == ("features.3", ("Conv2d",))
    assert (last.name, last.native) == ("features.10", pytest.approx(5e-6))


def test_every_microsecond_is_in_one_row():
    rows = join(TORCH, OPENVINO)

    assert sum(row.native or 0 for row in rows) == pytest.approx(95e-6)
    assert sum(row.accelerated or 0 for row in rows) == pytest.approx(17e-6)


def test_layers_that_no_node_does_are_kept():
    (row,) = join(native(("0", "Conv2d", 1e-6)), engine())

    assert (row.name, row.native, row.accelerated) == ("0", pytest.approx(1e-6), None)


def test_the_table_is_sorted_and_ends_with_what_is_left_over():
    lines = layers_table(TORCH, OPENVINO, ("torch", "openvino-cpu-f32")).splitlines()

    assert lines[1].split()[:2] == ["features.0", "Conv2d+BatchNorm2d+ReLU"]
    assert lines[1].split()[-4:] == ["5.56x", "jit_avx512", "f32", "nChw16c"]
    assert any(line.split() == ["residual", "5", "us", "3", "us", "1.67x"] for line in lines)
    assert lines[-2].startswith("torch: Conv2d 74%, BatchNorm2d 11%, ReLU 16%") or "Conv2d 74%" in lines[-2]
    assert lines[-1] == "openvino-cpu-f32: Convolution 82%, Relu 12%, Reorder 6%"
