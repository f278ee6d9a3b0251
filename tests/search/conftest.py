"""Database servers of our own, started for the tests that need them."""

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


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
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
