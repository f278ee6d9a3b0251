"""Where a study is kept: a journal, SQLite, a real Redis and a real PostgreSQL; and what cannot be used."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from archbench.errors import UsageError
from archbench.search.plan import SearchPlan
from archbench.search.storage import open_study
from tests.search.test_study import make

PLAN = SearchPlan(trials=3, rounds=1)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(attempt, seconds=30):
    end = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except UsageError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory):
    """A Redis server of our own."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    port, folder = free_port(), tmp_path_factory.mktemp("redis")
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    url = f"redis://127.0.0.1:{port}/0"
    wait_for(lambda: open_study(url, "probe", PLAN))
    yield url
    server.terminate()
    server.wait(timeout=20)


@pytest.fixture(scope="module")
def postgresql_url(tmp_path_factory):
    """A PostgreSQL server of our own; it refuses to run as root."""
    folders = [Path(found).parent for name in ("initdb",) if (found := shutil.which(name))]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not folders:
        pytest.skip("PostgreSQL is not installed")
    user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    if user and (shutil.which("runuser") is None or subprocess.run(["id", "postgres"], capture_output=True).returncode):
        pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    folder = Path(f"/tmp/archbench-postgresql-{os.getpid()}")
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    port, data = free_port(), folder / "data"
    subprocess.run(
        [*user, folders[-1] / "initdb", "-D", data, "-U", "archbench", "-A", "trust"], check=True, capture_output=True
    )
    server = subprocess.Popen(
        [*user, folders[-1] / "postgres", "-D", data, "-p", str(port), "-k", folder, "-h", "127.0.0.1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"postgresql+psycopg://archbench@127.0.0.1:{port}/postgres"
    wait_for(lambda: open_study(url, "probe", PLAN))
    yield url
    server.terminate()
    server.wait(timeout=20)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("kind", ["journal", "sqlite", "redis_url", "postgresql_url"])
def test_trials_are_there_for_the_next_process(kind, tmp_path, request):
    urls = {"journal": str(tmp_path / "deep" / "journal.log"), "sqlite": f"sqlite:///{tmp_path}/study.db"}
    url = urls[kind] if kind in urls else request.getfixturevalue(kind)
    made = make(open_study(url, "study", PLAN), PLAN, 2)

    study = open_study(url, "study", PLAN)

    assert len(made) == 2
    assert len(study.trials) == 2
    assert len(make(study, PLAN)) == 1


@pytest.mark.parametrize(
    ("storage", "message"),
    [
        ("redis://127.0.0.1:1/0", r"cannot use the storage redis://127\.0\.0\.1:1/0: .*refused"),
        ("postgresql+psycopg://user:secret@127.0.0.1:1/db", r"cannot use the storage postgresql\+psycopg://user:\*\*\*@127"),
        ("nonsense://here", "cannot use the storage nonsense://here: "),
        ("sqlite:////nowhere/study.db", "cannot use the storage sqlite:////nowhere/study.db: "),
    ],
)
def test_a_storage_that_cannot_be_used_is_one_line(storage, message):
    with pytest.raises(UsageError, match=message) as caught:
        open_study(storage, "study", PLAN)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_broken_journal_is_one_line(tmp_path):
    (tmp_path / "journal.log").write_text("not a journal\nat all\n")

    with pytest.raises(UsageError, match=r"cannot use the storage .*journal\.log: "):
        open_study(str(tmp_path / "journal.log"), "study", PLAN)


def test_a_folder_is_no_journal(tmp_path):
    with pytest.raises(UsageError, match=r"cannot use the storage .*: "):
        open_study(str(tmp_path), "study", PLAN)


def test_a_study_of_more_objectives_is_another(tmp_path):
    url = str(tmp_path / "journal.log")
    open_study(url, "study", PLAN)

    with pytest.raises(UsageError, match="holds a study of 1 objective beside accuracy"):
        open_study(url, "study", SearchPlan(objectives=("operations", "latency:torch")))
