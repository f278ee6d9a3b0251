"""The sample repository, copied elsewhere and used as its README says: by the installed package alone."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugin.neighbours import once_left_alone, tell_nothing_apart

SAMPLE = Path(__file__).parents[1] / "sample_repository"
QUICK = ("--archbench-processes=3", "--archbench-budget=8", "--archbench-seconds=0.02", "--archbench-precision=1000")


@pytest.fixture
def repository(tmp_path):
    shutil.copytree(SAMPLE, tmp_path / "theirs", ignore=shutil.ignore_patterns("__pycache__", ".archbench"))
    return tmp_path / "theirs"


def run(repository, cache_root, *command):
    environment = {"PATH": "/usr/bin:/bin", "ARCHBENCH_CACHE": str(cache_root), "OMP_NUM_THREADS": "1", "HOME": str(repository)}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=repository, env=environment, capture_output=True, text=True, timeout=600
    )


@pytest.mark.slow
def test_a_repository_gates_its_own_model(repository, cache_root):
    first = run(repository, cache_root, "pytest", *QUICK)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "nets.py:classifier" in first.stdout

    (run_file,) = repository.glob(".archbench/runs/*/run.json")
    accepted = run(repository, cache_root, "archbench", "baseline", "accept", str(run_file), "--reason", "first")
    assert accepted.returncode == 0, accepted.stderr
    assert list(repository.glob("baselines/*/*.json"))

    planted = ("--archbench-gate", "--archbench-plant=*:openvino*=400", "-k", "openvino")
    slower = once_left_alone(
        lambda: run(repository, cache_root, "pytest", *QUICK, *planted), lambda found: "disturbed throughout" in found.stdout
    )
    verdict = re.search(r"(\w+) +nets.py:classifier@1x3x64x64:openvino-cpu-f32:t1 .*", slower.stdout)
    assert verdict[1] == "regressed", slower.stdout + slower.stderr
    assert slower.returncode == 1, slower.stdout + slower.stderr

    tell_nothing_apart(repository / "baselines", run_file)
    once = ("--archbench-processes=1", "--archbench-budget=1", "--archbench-seconds=0.02", "--archbench-gate")
    asked = run(repository, cache_root, "pytest", *once, "-k", "openvino")
    assert asked.returncode == 0, asked.stdout + asked.stderr
    assert "missing" not in asked.stdout

    test = repository / "test_speed.py"
    test.write_text(test.read_text().replace('["openvino-cpu-f32", "onnxruntime"]', '["onnxruntime"]'))
    vanished = run(repository, cache_root, "pytest", *once)
    assert vanished.returncode == 14, vanished.stdout + vanished.stderr
    assert re.search(r"missing +nets.py:classifier@1x3x64x64:openvino-cpu-f32:t1", vanished.stdout)


def test_what_is_wrong_with_a_model_fails_its_test_in_one_line(repository, cache_root):
    test = 'def test_it(archbench):\n    archbench.compare("absent.onnx")\n'
    (repository / "test_speed.py").write_text(test)

    failed = run(repository, cache_root, "pytest", *QUICK)
    assert failed.returncode == 1
    assert "cannot read absent.onnx: no such file." in failed.stdout
    assert "Traceback" not in failed.stdout
