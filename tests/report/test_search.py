"""The front as a table, as JSON and as a picture."""

import dataclasses
import json

from matplotlib import image

from archbench.report.search import search_document, search_table, units_of
from archbench.report.search_figure import search_figure
from tests.search.samples import search

FRONT = [("kws3-b1", 552), ("kws12-b1", 500)]


def test_the_seed_comes_first_then_the_front():
    seed, first, second, *told = (line.split() for line in search_table(search(FRONT)).splitlines()[1:])

    assert seed[:3] == ["kws-seed", "581.1", "1.0x"]
    assert first[:3] == ["kws3", "87.6", "6.6x"]
    assert first[3:] == ["92.0%", "92.0%", "[89.6,", "93.9]"]
    assert second[0] == "kws12"
    assert " ".join(told[0]) == "2 trials, 1 of them stopped early; 12 s"
    assert " ".join(told[1]) == "frozen, in order: kernel2 = 3x3"


def test_lost_trials_and_unheard_speakers_are_told():
    text = search_table(search(FRONT, unheard=200, lost=1))

    assert "1 lost with their workers" in text
    assert "unheard speaker" in text.splitlines()[0]
    assert "40.0% [35.8, 44.4]" in text


def test_networks_without_a_cost_are_told():
    refused = dataclasses.replace(search(FRONT), refused=("kws1-b1 has no latency on torch: crashed.", "another"))

    assert "2 networks had no cost, the first: kws1-b1 has no latency on torch: crashed" in search_table(refused)
    assert "no cost" not in search_table(search(FRONT))


def test_the_document_has_each_networks_units():
    document = json.loads(json.dumps(search_document(search(FRONT))))

    assert document["front"][0]["units"][:2] == ["5x5,50", "1x1,30"]
    assert document["seed"]["units"] == ["4x10,100", *["3x3,100"] * 5]
    assert units_of("kws12-b1")[-1] == "3x3,20"


def test_the_figure_has_a_panel_an_objective(tmp_path):
    search_figure(search(FRONT), tmp_path / "one.png")
    search_figure(search(FRONT, objectives=("operations", "latency:torch")), tmp_path / "two.png")

    one, two = (image.imread(tmp_path / f"{name}.png").shape for name in ("one", "two"))
    assert two[1] > one[1]
