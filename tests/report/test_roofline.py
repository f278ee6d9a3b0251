"""The roofline's tables, and its picture: named points, labels that do not cover each other, no more names than can be read."""

import itertools
from xml.etree import ElementTree as ET

import pytest

from archbench.report import roofline_figure as figure_module
from archbench.report.roofline import Placed, Roofline, peaks_table, roofline_table
from archbench.report.roofline_figure import roofline_figure
from archbench.stats.roofline import place, roof_of
from tests.samples import peaks

ROOF = roof_of(100e9, [("L2", 2**20, 50e9), ("memory", None, 10e9)])


def placed(label, operations, moved, seconds, *, backend="torch", is_operator=False, family="family"):
    return Placed(
        name=f"id-{label}",
        label=label,
        family=family,
        backend=backend,
        is_operator=is_operator,
        seconds=seconds,
        placement=place(operations=operations, moved_bytes=moved, resident_bytes=moved, seconds=seconds, roof=ROOF),
    )


ENTRIES = (
    placed("dense", 1e9, 20e6, 12.5e-3),
    placed("sparse", 20e6, 20e6, 2.5e-3),
    placed("slow", 1e9, 20e6, 50e-3),
    placed("fast", 1e9, 20e6, 8e-3, backend="ncnn"),
    placed("moves only", 0, 20e6, 2.5e-3),
)


def made(entries=ENTRIES, omitted=None):
    return Roofline(placed=tuple(entries), roofs={entry.backend: ROOF for entry in entries}, omitted=omitted or {})


def test_the_table_of_peaks_has_every_limit_and_what_is_absent():
    lines = peaks_table(peaks()).splitlines()

    assert lines[0] == "a processor, 1 thread (here)"
    assert [line.split()[:2] for line in lines[3:7]] == [
        ["compute", "f32"],
        ["bandwidth", "L2"],
        ["bandwidth", "memory"],
        ["one", "operator"],
    ]
    assert "100 Gop/s" in lines[3]
    assert "50 GB/s" in lines[4]
    assert "2 us" in lines[6]
    assert lines[-1] == "not tried: openvino matmul in bf16: no such unit"


def test_the_table_has_a_line_a_workload_and_counts_bounds():
    text = roofline_table(made(omitted={"because": 2}))
    rows = [line.split() for line in text.splitlines()]

    assert rows[1] == ["id-slow", "torch", "50", "ms", "20", "G", "50", "100", "G", "20%", "overhead"]
    assert rows[2][-3:] == ["80%", "bandwidth", "memory"] or rows[2][-2:] == ["80%", "compute"]
    assert "torch: 4 placed; bound 1 by compute, 2 by bandwidth, 1 by overhead" in text
    assert "1 attain more than the measured peaks allow" in text
    assert text.splitlines()[-1] == "not placed: 2 of them: because"


def test_points_and_ceilings_are_named_in_the_picture(tmp_path):
    roofline_figure(made(), "a processor", tmp_path / "roofline.svg")
    written = (tmp_path / "roofline.svg").read_text()

    ET.fromstring(written)
    for text in (
        "a processor",
        "ncnn",
        "dense",
        "sparse",
        "slow",
        "fast",
        "L2 50 GB/s",
        "memory 10 GB/s",
        "arithmetic 100 Gop/s",
    ):
        assert f"<!-- {text} -->" in written
    assert "bound by overhead: 1" in written
    # Without operations there is no place on a logarithmic axis.
    assert "moves only" not in written


def test_levels_whose_lines_are_too_near_for_two_names_have_one(tmp_path):
    near = roof_of(100e9, [("L1", 2**15, 51e9), ("L2", 2**20, 50e9), ("memory", None, 10e9)])
    roofline_figure(Roofline(placed=ENTRIES[:2], roofs={"torch": near}, omitted={}), "", tmp_path / "near.svg")
    written = (tmp_path / "near.svg").read_text()

    assert "<!-- L1 51 GB/s -->" in written
    assert "<!-- L2 50 GB/s -->" not in written
    assert "<!-- memory 10 GB/s -->" in written


@pytest.mark.parametrize("name", ["roofline.png", "roofline.pdf"])
def test_other_formats_are_written(name, tmp_path):
    roofline_figure(made(), "a processor", tmp_path / name)

    assert (tmp_path / name).stat().st_size > 5000


def test_labels_of_a_crowd_cover_neither_each_other_nor_points(tmp_path, monkeypatch):
    boxes = []
    unpatched = figure_module._overlaps

    def watched(box, edges):
        overlaps = unpatched(box, edges)
        if not overlaps:
            boxes.append(box)
        return overlaps

    monkeypatch.setattr(figure_module, "_overlaps", watched)
    crowd = [
        placed(f"network {index}", 1e9, 20e6 * (1 + index / 50), 12.5e-3 * (1 + index / 40), family=str(index))
        for index in range(20)
    ]

    roofline_figure(made(crowd), "a processor", tmp_path / "crowd.png")

    assert len(boxes) == 20
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))


def test_a_sweep_of_operators_is_drawn_but_not_named_beside_networks(tmp_path):
    sweep = [placed(f"conv {index}", 1e9 + index, 20e6, 12.5e-3, is_operator=True, family="conv") for index in range(30)]

    roofline_figure(made([*ENTRIES, *sweep]), "both", tmp_path / "both.svg")
    roofline_figure(made(sweep), "sweep", tmp_path / "sweep.svg")

    assert "<!-- conv" not in (tmp_path / "both.svg").read_text()
    # Alone, the highest and the lowest have names.
    assert (tmp_path / "sweep.svg").read_text().count("<!-- conv") == 2
