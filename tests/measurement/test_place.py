"""The digest of a counting worker's place: it changes with whatever is in the heap before the network."""

import pytest

from archbench.measurement.place import compile_harness, heap_place


@pytest.fixture
def placed(tmp_path):
    """`placed()` is the place of what is installed and of a harness below `tmp_path`."""
    for name in ("packages/torch-2.dist-info", "harness/room"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "harness/room/idea.py").write_text("one = 1\n")
    return lambda: heap_place(tmp_path / "cache", [tmp_path / "packages"], tmp_path / "harness")


def test_a_place_stays_what_it_is(placed, tmp_path):
    before = placed()
    (tmp_path / "cache").mkdir()

    assert placed() == before
    assert heap_place(tmp_path) == heap_place(tmp_path) != before


@pytest.mark.parametrize(
    "change",
    [
        lambda folder, _: (folder / "harness/room/idea.py").write_text("two = 2\n"),
        lambda folder, _: (folder / "harness/another.py").touch(),
        lambda folder, _: (folder / "packages/six-1.dist-info").mkdir(),
        lambda _, patch: patch.setenv("ARCHBENCH_TEST", "longer"),
        lambda folder, patch: patch.chdir(folder),
        lambda _, patch: patch.setattr("sys.executable", "/elsewhere/python"),
    ],
)
def test_what_moves_the_heap_is_another_place(placed, tmp_path, monkeypatch, change):
    monkeypatch.setenv("ARCHBENCH_TEST", "short")
    before = placed()

    change(tmp_path, monkeypatch)

    assert placed() != before


def test_what_workers_import_is_compiled_before(placed, tmp_path):
    (tmp_path / "harness/room/broken.py").write_text("one = \n")

    compile_harness(tmp_path / "harness")

    assert [path.name.split(".")[0] for path in tmp_path.glob("harness/room/__pycache__/*.pyc")] == ["idea"]


def test_the_length_of_a_variable_decides_and_not_its_value(placed, monkeypatch):
    monkeypatch.setenv("ARCHBENCH_TEST", "one")
    before = placed()
    monkeypatch.setenv("ARCHBENCH_TEST", "two")

    assert placed() == before
