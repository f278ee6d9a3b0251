"""`archbench fuzz` as a user types it."""

import json
import os
import subprocess
import sys

import pytest

from tests.command import archbench


@pytest.fixture(scope="module")
def records(tmp_path_factory, cache_root):
    """The behaviour study's smoke profile on OpenVINO, quickly."""
    folder = tmp_path_factory.mktemp("fuzz")
    options = ("--archbench-backend", "openvino-cpu-f32", "--archbench-processes", "3", "--archbench-seconds", "0.05")
    command = [sys.executable, "-m", "pytest", "benchmarks/", "-k", "behaviour", *options, "-q", "-p", "no:cacheprovider"]
    environment = {**os.environ, "ARCHBENCH_CACHE": str(cache_root)}
    subprocess.run([*command, f"--benchmark-json={folder / 'run.json'}"], check=True, env=environment, timeout=900)
    return folder / "run.json"


def run(*arguments, cwd, cache_root):
    environment = {**os.environ, "ARCHBENCH_CACHE": str(cache_root)}
    command = [sys.executable, "-m", "archbench", "fuzz", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=cwd, timeout=900)


@pytest.mark.slow
def test_a_planted_cliff_is_found_shrunk_and_kept(records, tmp_path, cache_root):
    # A factor at which nothing but what is planted is too slow.
    planted = ("--plant", "depthwise-*-k5-s1-*=1900", "--layer", "depthwise", "--factor", "4")

    finished = run(records, "--minutes", "4", *planted, cwd=tmp_path, cache_root=cache_root)

    assert finished.returncode == 0, finished.stderr
    kept = [json.loads(line) for line in (tmp_path / ".archbench/cliffs.jsonl").read_text().splitlines()]
    cliff = next(entry for entry in kept if "-k5-s1-" in entry["workload"])
    assert cliff["processes"] >= 3
    assert cliff["slowness"]["low"] > cliff["limit"]
    assert cliff["workload"] in finished.stdout
    assert f"--archbench-workload {cliff['cases'][0]}" in finished.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere.json",), "cannot read nowhere.json"),
        (("nowhere.json", "--backend", "tensorflow"), "unknown backend 'tensorflow'"),
        (("nowhere.json", "--layer", "pyramid"), "unknown layer 'pyramid'"),
        (("nowhere.json", "--isa", "mmx"), "unknown ISA cap 'mmx'"),
        (("nowhere.json", "--plant", "x"), "--plant takes CASE=PERCENT"),
        (("nowhere.json", "--minutes", "0"), "--minutes"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, tmp_path):
    shown = archbench("fuzz", *arguments, cwd=tmp_path)

    assert shown.returncode == 2
    assert message in shown.stderr.splitlines()[-1]
