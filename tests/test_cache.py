"""The artifact cache: atomic, checked, safe under concurrent and killed builders."""

import multiprocessing
import os
import shutil
import signal
import time

import pytest

from archbench.cache import ArtifactCache, content_key, default_cache_root, entry_digest, file_digest
from archbench.errors import CacheError

KEY = content_key("entry")


def write(folder, text="whole"):
    (folder / "data").write_text(text)


def read(entry):
    return (entry / "data").read_text()


def test_an_entry_is_built_once(tmp_path):
    cache = ArtifactCache(tmp_path)
    builds = []

    def build(folder):
        builds.append(folder)
        write(folder)

    assert read(cache.fetch(KEY, build)) == "whole"
    assert read(cache.fetch(KEY, build)) == "whole"
    assert len(builds) == 1


def test_what_passes_is_gone_at_the_end(tmp_path):
    cache = ArtifactCache(tmp_path)
    with cache.passing() as inner:
        entry = inner.fetch(KEY, write)
        assert read(entry) == "whole"
        assert entry.is_relative_to(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_keys_do_not_run_together():
    assert content_key("ab", "c") != content_key("a", "bc")


@pytest.mark.parametrize("damage", ["truncate", "alter", "remove", "manifest", "garbage"])
def test_a_damaged_entry_is_built_again(tmp_path, damage):
    cache = ArtifactCache(tmp_path)
    entry = cache.fetch(KEY, write)
    match damage:
        case "truncate":
            (entry / "data").write_text("wh")
        case "alter":
            (entry / "data").write_text("WHOLE")
        case "remove":
            (entry / "data").unlink()
        case "manifest":
            (entry / "manifest.json").unlink()
        case "garbage":
            (entry / "manifest.json").write_text("[1, 2")

    assert read(cache.fetch(KEY, write)) == "whole"


def test_a_file_that_nobody_wrote_to_is_not_hashed_again(tmp_path, monkeypatch):
    cache = ArtifactCache(tmp_path)
    entry = cache.fetch(KEY, write)
    copied = ArtifactCache(tmp_path / "copy")
    shutil.copytree(entry, copied._entry(KEY), copy_function=shutil.copyfile)
    hashed = []
    monkeypatch.setattr("archbench.cache.file_digest", lambda path: hashed.append(path) or file_digest(path))

    assert read(cache.fetch(KEY, write)) == "whole"
    assert hashed == []
    assert read(copied.fetch(KEY, write)) == "whole"
    assert len(hashed) == 1


def test_the_digest_of_an_entry_is_of_its_content(tmp_path):
    first, second = (ArtifactCache(tmp_path / name).fetch(KEY, write) for name in ("one", "two"))
    other = ArtifactCache(tmp_path / "three").fetch(KEY, lambda folder: (folder / "data").write_text("other"))

    assert entry_digest(first) == entry_digest(second) != entry_digest(other)


def test_a_failed_build_leaves_nothing(tmp_path):
    cache = ArtifactCache(tmp_path)

    def fail(folder):
        write(folder, "half")
        raise ValueError("exporter")

    with pytest.raises(ValueError, match="exporter"):
        cache.fetch(KEY, fail)

    assert read(cache.fetch(KEY, write)) == "whole"
    assert not list(tmp_path.glob("building-*"))


def slow_build(folder):
    (folder / "data").write_text("whole")
    with (folder.parent.parent / "builds").open("a") as log:
        log.write("built\n")
    time.sleep(0.2)


def fetch_slowly(root):
    ArtifactCache(root).fetch(KEY, slow_build)


def test_concurrent_processes_build_once_and_all_read_it(tmp_path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=fetch_slowly, args=(tmp_path,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [worker.exitcode for worker in workers] == [0] * 4
    assert (tmp_path / "builds").read_text() == "built\n"


def build_for_ever(folder):
    (folder / "data").write_text("half")
    (folder.parent.parent / "begun").touch()
    time.sleep(600)


def fetch_for_ever(root):
    ArtifactCache(root).fetch(KEY, build_for_ever)


def test_a_killed_builder_blocks_nobody(tmp_path):
    worker = multiprocessing.get_context("spawn").Process(target=fetch_for_ever, args=(tmp_path,))
    worker.start()
    while not (tmp_path / "begun").exists():
        time.sleep(0.01)
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()

    assert read(ArtifactCache(tmp_path).fetch(KEY, write)) == "whole"


def test_a_folder_that_cannot_be_written_is_named_with_a_remedy(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    cache = ArtifactCache(blocked / "cache")

    for attempt in (cache.require_writable, lambda: cache.fetch(KEY, write)):
        with pytest.raises(CacheError, match=f"cannot write the cache at {blocked / 'cache'}.*--archbench-cache"):
            attempt()


def test_a_full_disk_is_a_cache_error(tmp_path):
    def full(folder):
        raise OSError(28, "No space left on device")

    with pytest.raises(CacheError, match="No space left on device"):
        ArtifactCache(tmp_path).fetch(KEY, full)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"ARCHBENCH_CACHE": "/named"}, "/named"),
        ({"XDG_CACHE_HOME": "/xdg"}, "/xdg/archbench"),
        ({"HOME": "/home/somebody"}, "/home/somebody/.cache/archbench"),
    ],
)
def test_the_default_root_follows_the_environment(monkeypatch, environment, expected):
    for name in ("ARCHBENCH_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert str(default_cache_root()) == expected
