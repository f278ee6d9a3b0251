"""The picture of the layers: written, to scale, and refused with one sentence where it cannot be."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from archbench.contracts import LayerTime, LayerTimes
from archbench.errors import UsageError
from archbench.report.layers_figure import check_figure_path, layers_figure

KINDS = ("Conv2d", "BatchNorm2d", "ReLU", "Linear", "MaxPool2d", "Dropout")
TORCH = LayerTimes(
    layers=tuple(
        LayerTime(layers=(kind,), kind=kind, kernel="", seconds=(9 - index) * 1e-6) for index, kind in enumerate(KINDS)
    ),
    seconds=50e-6,
)
OPENVINO = LayerTimes(layers=(LayerTime(layers=("a",), kind="Convolution", kernel="", seconds=5e-6),), seconds=4e-6)


def drawn(path):
    layers_figure("a network", {"torch": TORCH, "openvino-cpu-f32": OPENVINO}, path)
    return path


def test_names_times_and_what_is_no_layer_are_in_the_picture(tmp_path):
    written = drawn(tmp_path / "layers.svg").read_text()

    ET.fromstring(written)
    for text in ("a network", "torch: 50 us", "Conv2d 9 us", "other kinds 9 us", "outside layers 11 us", "Convolution 5 us"):
        assert f"<!-- {text} -->" in written
    # Watched layers may take longer than the inference that was not watched: then nothing is outside.
    assert written.count("outside layers") == 1


@pytest.mark.parametrize("name", ["layers.png", "layers.pdf"])
def test_other_formats_are_written(name, tmp_path):
    assert drawn(tmp_path / name).stat().st_size > 5000


@pytest.mark.parametrize(
    ("path", "message"),
    [("layers.jpg", "a figure is written as .png, .svg, .pdf"), ("nowhere/layers.png", "no folder nowhere")],
)
def test_where_it_cannot_be_written_is_said_beforehand(path, message):
    with pytest.raises(UsageError, match=message):
        check_figure_path(Path(path))
