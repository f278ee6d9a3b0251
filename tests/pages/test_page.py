"""The whole page from a night whose truth is known: what it must show, and what must not be in it."""

import dataclasses
import html
import re
from pathlib import Path

import numpy as np
import pytest

from archbench.experiments.claims import CLAIMS
from archbench.experiments.kws_front import STATEMENTS
from archbench.pages.build import Sources, page_of, page_of_two
from archbench.pages.findings import judge_all
from archbench.pages.record_set import read_set
from archbench.records.record import Status
from archbench.report.numbers import ratio_text, seconds_text
from archbench.report.page import page_html, write_figures
from archbench.workloads.ids import parse_case
from archbench.workloads.network import FORM_FUNCTION
from tests.gate.test_baselines import write_run
from tests.pages.night import SLOWER, patterns, priced, write_baselines, write_night
from tests.pages.reading import Read
from tests.samples import record

HOSTILE = '<script>alert("1")</script>&$x_1$.onnx@1x3x8x8:onnxruntime:t1'


def sources(folder, history=None):
    return Sources(baselines=folder, history=history, min_effect=0.02, command="archbench report night")


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """(the set, its page, the page as text, the page as read)."""
    root = tmp_path_factory.mktemp("night")
    hostile = priced(record(HOSTILE, np.random.default_rng(1), reference=None))
    broken = dataclasses.replace(record(f"x{HOSTILE}", np.random.default_rng(1), status=Status.ERROR), reason="<b>because</b>")
    folder = write_night(root / "night", hostile=(hostile, broken))
    baselines = write_baselines(root, root / "history.sqlite")
    records = read_set(folder)
    page = page_of(records, sources(baselines, root / "history.sqlite"))
    text = page_html(page)
    return records, page, text, Read(text)


def test_every_section_is_there_and_nothing_is_said_to_be_absent_that_was_measured(night):
    _, page, _, _ = night

    assert [section.anchor for section in page.sections] == ["morning", "form", "behaviour", "search", "claims", "method"]
    gone = {block.anchor for section in page.sections for block in section.blocks if block.absent}
    assert gone == {"threads", "precision"}


def test_every_claim_is_there_with_its_verdict_and_a_link_to_its_evidence(night):
    records, _, text, read = night
    judged = judge_all(records)
    rows = {row[0]: row for row in read.rows("every-claim")}

    assert len(judged) == len(rows) == len(CLAIMS) + len(STATEMENTS) + 1
    assert {claim.statement for claim in CLAIMS} | set(STATEMENTS) <= set(rows)
    for entry in judged:
        assert rows[entry.statement][1:] == [entry.source, entry.finding.outcome.value, entry.finding.evidence]
        assert set(entry.anchors) <= set(read.ids)
    assert f'href="#{judged[0].anchors[0]}"' in text


def test_numbers_are_those_of_the_records(night):
    records, _, _, read = night
    shown = {(row[0], row[2]): row[3:] for row in read.rows("figure-5") if row[0] in FORM_FUNCTION}

    assert len(shown) == 2 * len(FORM_FUNCTION)
    for name, found in records.timed.items():
        case = parse_case(name)
        if case.workload.family in FORM_FUNCTION:
            assert shown[case.workload.family, case.backend] == [seconds_text(found.latency), ratio_text(found.speedup)]
    listed = {row[0]: row[2] for row in read.rows("cases")}
    assert listed == {name: seconds_text(found.latency) for name, found in records.records.items()}


def test_what_regressed_comes_first_with_its_interval_and_its_past(night):
    _, _, text, read = night
    gated = next(anchor for anchor in read.ids if re.fullmatch(r"gate-\d", anchor))
    first = read.tables[gated][1][1]

    assert first[:2] == ["regressed", SLOWER]
    assert float(first[4].split()[0]) == pytest.approx(10, abs=1.5)
    assert first[6] == "8 runs"
    assert '<svg class="strip"' in text and 'class="bar regressed"' in text
    changed = read.rows(f"{gated}-changed")
    assert ["library", "torch", "2 to 3"] in changed


def test_the_page_fetches_nothing_runs_nothing_and_links_only_into_itself(night):
    _, _, text, read = night

    assert "script" not in read.tags
    assert read.fetched == []
    assert set(read.links) - {"data:,"} <= {f"#{name}" for name in read.ids}
    assert len(read.ids) == len(set(read.ids))
    assert not re.search(r"(?:url\(|@import|src=)\s*[\"']?(?:https?:)?//", text)


def test_names_from_files_are_text_and_nothing_else(night):
    _, _, text, read = night

    assert "<script>alert" not in text
    assert "<b>because</b>" not in text
    assert HOSTILE in [row[0] for row in read.rows("cases")]
    assert html.escape("<b>because</b>") in text


def test_every_picture_has_a_caption_a_label_and_its_numbers(night):
    _, page, text, read = night

    assert len(page.plots) >= 12
    assert read.tags.count("figure") == len(page.plots) == read.tags.count("figcaption")
    assert text.count('role="img" aria-label=') == 2 * len(page.plots)
    for plot in page.plots:
        assert plot.table.rows
        assert plot.caption.endswith(".") and plot.label.endswith(".")


def test_ink_is_left_to_the_page_and_words_are_words(night):
    _, _, text, _ = night
    pictures = re.findall(r"<svg role=.*?</svg>", text, re.DOTALL)

    for picture in pictures:
        assert "<text" in picture
        assert "var(--ink)" in picture
        assert not re.search(r"(?:fill|stroke): #(?!ffffff)", picture)


def test_every_picture_is_written_as_png_and_svg(night, tmp_path):
    _, page, _, _ = night
    some = dataclasses.replace(page, sections=page.sections[-3:-2])

    written = write_figures(tmp_path / "figures", some)

    assert {path.name for path in written} == {f"{plot.name}{kind}" for plot in some.plots for kind in (".png", ".svg")}
    assert all(path.stat().st_size > 5000 for path in written)


def test_a_set_that_holds_little_says_what_measures_the_rest(tmp_path):
    workload = "standard-d10-w64-k3-28x28-b1"
    run = write_run(tmp_path / "run.json", record(f"{workload}:torch:t1", np.random.default_rng(0), reference=None))
    page = page_of(read_set(run.path), sources(tmp_path / "none"))
    read = Read(page_html(page))

    gone = [block for section in page.sections for block in section.blocks if block.absent]
    assert {"figure-1", "figure-3", "figure-5", "staircases", "blocks", "roofline", "front", "kws"} <= {
        block.anchor for block in gone
    }
    assert all(block.command for block in gone)
    assert {row[2] for row in read.rows("every-claim")} == {"not measured"}
    assert read.rows("verdicts")[0][2] == "no baseline"


def test_two_sets_stand_side_by_side(tmp_path):
    for name, slower in (("a", 1.0), ("b", 1.3)):
        (tmp_path / name).mkdir()
        run = write_run(
            tmp_path / name / "run.json", *patterns(np.random.default_rng(4), slower, names=("grouped",)), fingerprint=name
        )
        assert run.records
    page = page_of_two(read_set(tmp_path / "a"), read_set(tmp_path / "b"), sources(tmp_path / "none"))
    read = Read(page_html(page))
    (name, verdict, ratio, *_), *others = read.rows("ratios")[:14]

    assert (name, verdict) == (SLOWER, "B is slower")
    assert ratio.startswith("1.3")
    assert {row[1] for row in others} == {"alike"}
    assert len(read.ids) == len(set(read.ids))
    assert set(read.links) - {"data:,"} <= {f"#{name}" for name in read.ids}
    header = read.tables["every-claim"][0][0]
    assert header == ["claim", "source", "verdict A", "verdict B", "measured A", "measured B"]
    assert ["machine", "a", "b"] in read.rows("differences")
    assert {"a-figure-1", "b-figure-1"} <= set(read.ids)


def test_planted_work_is_no_finding_and_shown_as_what_it_is(tmp_path):
    generator = np.random.default_rng(0)
    honest = record("standard-d10-w64-k3-28x28-b1:torch:t1", generator, reference=None)
    planted = record("grouped-d10-w64-k3-g8-28x28-b1:torch:t1", generator, reference=None, planted=0.1)
    run = write_run(tmp_path / "run.json", honest, planted)

    assert list(read_set(run.path).records) == [honest.case_id]


def test_the_template_and_the_style_are_part_of_the_package():
    import archbench.report as room

    found = {path.name for path in (Path(room.__file__).parent / "templates").iterdir()}
    assert {"page.html.jinja", "page.css"} <= found
