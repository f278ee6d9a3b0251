"""Pictures in a page and in files: words stay words, ink is the page's, ids are a picture's own."""

import itertools
import re
from xml.etree import ElementTree as ET

import pytest

from archbench.errors import UsageError
from archbench.records.interval import Interval
from archbench.report.bars_figure import Bar, bars_figure
from archbench.report.curves_figure import Curve, Scale, curves_figure
from archbench.report.intervals_figure import RatioRow, intervals_figure
from archbench.report.paint import NARROW, VARIABLES, WIDE, inline_svg, places_of, write_figure
from archbench.report.strip import interval_strip, series_strip
from archbench.units import format_ratio, format_seconds

HOSTILE = "<b>&$x$"
LATENCY = Scale(title="latency", shown=format_seconds)


def interval(value, spread=0.1):
    return Interval(estimate=value, low=value * (1 - spread), high=value * (1 + spread), confidence=0.95)


def curves(canvas):
    made = [
        Curve(panel=panel, series=series, style=f"batch {batch}", points=((1.0, interval(1e-3)), (2.0, interval(batch * 1e-3))))
        for panel in (HOSTILE, "grouped")
        for series in ("torch", "openvino-cpu-f32")
        for batch in (1, 8)
    ]
    return curves_figure(made, Scale(title="depth", shown="{:g}".format, is_log=False), LATENCY, None, canvas)


def twins(canvas):
    exact = Interval(estimate=1e4, low=None, high=None, confidence=1.0)
    made = [
        Curve(panel="standard", series="torch", style="latency", points=((1.0, interval(1e-3)), (2.0, interval(2e-3)))),
        Curve(panel="standard", series="torch", style="misses", points=((1.0, exact), (2.0, exact)), is_right=True),
    ]
    return curves_figure(made, LATENCY, LATENCY, Scale(title="misses", shown="{:g}".format), canvas)


def bars(canvas):
    made = [
        Bar(panel=panel, group=group, series=series, value=interval(1.5), text="1.50x")
        for panel in ("here", "there")
        for group in (HOSTILE, "relu")
        for series in ("torch", "ncnn")
    ]
    return bars_figure(made, Scale(title="cost", shown=format_ratio), canvas, reference=1.0)


def ratios(canvas):
    rows = [RatioRow(name=f"{HOSTILE}{index}" * 9, ratio=interval(1 + index / 10), kind=str(index % 2)) for index in range(4)]
    return intervals_figure(rows, "B over A", 0.02, canvas)


@pytest.mark.parametrize("drawing", [curves, twins, bars, ratios])
@pytest.mark.parametrize("canvas", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_picture_in_a_page_is_text_in_the_ink_of_the_page(drawing, canvas):
    written = inline_svg(drawing, canvas, "figure-9", HOSTILE)
    root = ET.fromstring(written.replace("xlink:href", "href"))

    assert root.get("aria-label") == HOSTILE
    assert root.get("width") is None and root.get("viewBox")
    assert not any(colour in written for colour in VARIABLES)
    assert "var(--ink)" in written
    ids = re.findall(r' id="([^"]+)"', written)
    assert all(name.startswith("figure-9-") for name in ids)
    assert set(re.findall(r'(?:url\(#|href="#)([^)"]+)', written)) <= set(ids)
    assert len(list(root.iter("{http://www.w3.org/2000/svg}text"))) > 5


def test_the_same_picture_is_the_same_text():
    assert inline_svg(bars, WIDE, "a", "b") == inline_svg(bars, WIDE, "a", "b")


def test_a_picture_that_cannot_be_written_is_one_line(tmp_path):
    with pytest.raises(UsageError, match=r"cannot write .*nowhere"):
        write_figure(bars, WIDE, tmp_path / "nowhere" / "bars.png")


@pytest.mark.parametrize(("ratio", "side"), [(1.05, 1), (0.95, -1), (5.0, 1), (1e-9, -1)])
def test_a_strip_has_its_point_on_the_side_of_the_change_and_inside(ratio, side):
    strip = ET.fromstring(interval_strip(interval(ratio, 0.01), 0.02, 1.1, "pass"))
    place = float(strip.find("circle").get("cx"))

    assert (place - 66) * side > 0
    assert 0 <= place <= 132


def test_a_strip_without_bounds_reaches_both_ends():
    unknown = Interval(estimate=1.0, low=None, high=None, confidence=0.95)

    assert "M3.0 9H129.0" in interval_strip(unknown, 0.02, 1.1, "pass")


def test_a_series_rises_to_the_right_where_it_grew_and_marks_its_change():
    strip = ET.fromstring(series_strip([0.0, 0.0, 0.1, 0.1], [2]))
    points = [tuple(map(float, point.split(","))) for point in strip.find("polyline").get("points").split()]

    assert points[0][1] > points[-1][1]
    assert len(strip.findall("path")) == 1
    assert points[1][0] < float(strip.find("path").get("d")[1:].split()[0]) < points[2][0]
    assert "polyline" in series_strip([0.0] * 200, [150])


@pytest.mark.parametrize("canvas", [WIDE, NARROW], ids=["wide", "narrow"])
def test_labels_across_find_room(canvas):
    widths = (32, 64, 128, 256, 320, 512, 736, 752, 768, 1088)
    points = tuple((float(width), interval(width * 1e-5)) for width in widths)
    made = [Curve(panel=panel, series="torch", style="", points=points) for panel in "abcdef"]

    figure = curves_figure(made, Scale(title="width", shown="{:g}".format), LATENCY, None, canvas)

    figure.draw_without_rendering()
    for axes in figure.axes:
        boxes = [label.get_window_extent() for label in axes.get_xticklabels() if label.get_visible()]
        assert len(boxes) == 0 or len(boxes) > 2
        assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))
    assert [label.get_text() for label in figure.axes[-1].get_xticklabels()][:2] == ["32", "64"]


def test_a_backend_looks_the_same_in_every_picture():
    assert places_of(["openvino-cpu-f32", "ncnn", "torch"]) == {"openvino-cpu-f32": 1, "ncnn": 2, "torch": 0}
    assert places_of(["openvino-cpu-f32", "openvino-cpu-f32 avx2"])["openvino-cpu-f32"] == 1
    assert places_of([""]) == {"": 0}


def test_no_two_of_a_dozen_bars_look_alike():
    def series(canvas):
        made = [Bar(panel="", group=str(index), series=str(index), value=interval(1.0), text="") for index in range(12)]
        return bars_figure(made, Scale(title="cost", shown=format_ratio), canvas)

    patches = [patch for axes in series(WIDE).axes for patch in axes.patches]

    assert len({(patch.get_facecolor(), patch.get_hatch()) for patch in patches}) == len(patches) == 12


@pytest.mark.parametrize("canvas", [WIDE, NARROW], ids=["wide", "narrow"])
def test_long_names_stand_above_their_bars_and_leave_them_room(canvas):
    name = "kws-4x10m20-5x5m50-1x1m20-1x1m30-1x1m50-5x5m40"
    made = [Bar(panel=panel, group=name, series="", value=interval(1.0), text="1 ms, 3.8x") for panel in ("here", "there")]

    figure = bars_figure(made, Scale(title="latency", shown=format_ratio), canvas)
    figure.draw_without_rendering()

    rows = len({axes.get_window_extent().y0 for axes in figure.axes})
    for axes in figure.axes:
        panel = axes.get_window_extent()
        assert panel.width > 0.8 * figure.bbox.width * rows / 2
        assert [text.get_window_extent().x1 < panel.x1 for text in axes.texts] == [True, True]
