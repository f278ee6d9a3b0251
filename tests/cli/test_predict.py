"""`archbench predict` as a user types it: an answer, or one line and exit code 2."""

import json
import subprocess
import sys

import pytest

from archbench.contracts import backend_named
from archbench.prediction.predictor import Platform
from archbench.prediction.store import save
from archbench.prediction.training import train
from tests.command import archbench
from tests.gate.test_baselines import write_run
from tests.onnx_models import whole
from tests.prediction.planted import OPENVINO, PLATFORM, design
from tests.prediction.test_units import PAIRS, run_of

WORKLOAD = "bottleneck-d2-w32-k3-r4-14x14-b1"


def predict(*arguments, cwd):
    command = [sys.executable, "-m", "archbench", "predict", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    version = backend_named(OPENVINO).version()
    path = tmp_path_factory.mktemp("predictor") / "predictor.json"
    platform = Platform(backend=OPENVINO, version=version, threads=1, isa=None, fingerprint=PLATFORM.fingerprint, pace=1e-4)
    save(train(platform, design()[:80]), path)
    return path


def test_a_workload_and_a_file_are_predicted(stored, tmp_path, monkeypatch, cache_root):
    monkeypatch.setenv("ARCHBENCH_CACHE", str(cache_root))
    answer = json.loads(predict(WORKLOAD, "--predictor", stored, "--json", cwd=tmp_path).stdout)
    shown = predict(whole(tmp_path / "net.onnx"), "--predictor", stored, cwd=tmp_path).stdout

    assert answer["id"] == WORKLOAD
    assert answer["platform"]["backend"] == OPENVINO
    interval, kernels = answer["prediction"]["seconds"], answer["prediction"]["kernels"]
    assert interval["low"] <= interval["estimate"] <= interval["high"]
    assert sum(entry["kernel"]["kind"] == "Convolution" for entry in kernels) == 6
    total = answer["prediction"]["call_seconds"] + sum(entry["seconds"] for entry in kernels)
    assert interval["estimate"] == pytest.approx(total)
    assert "Convolution" in shown
    assert "the call itself" in shown
    assert "where the calibration work takes 100 us, as when the records were measured" in shown


def test_another_input_of_a_file_takes_longer(stored, tmp_path, monkeypatch, cache_root):
    monkeypatch.setenv("ARCHBENCH_CACHE", str(cache_root))
    (tmp_path / "net.py").write_text("import torch\n\ndef net():\n    return torch.nn.Conv2d(3, 16, 3)\n")

    def seconds(shape):
        answer = predict("net.py:net", "--input", shape, "--predictor", stored, "--json", cwd=tmp_path).stdout
        return json.loads(answer)["prediction"]["seconds"]["estimate"]

    assert seconds("1x3x64x64") > 2 * seconds("1x3x16x16")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([WORKLOAD], "give either --records RUN.json or --predictor FILE"),
        ([WORKLOAD, "--records", "few.json", "--predictor", "p.json"], "give either --records RUN.json or --predictor FILE"),
        (["--records", "few.json"], "give a MODEL to predict, or --save FILE"),
        ([WORKLOAD, "--predictor", "p.json", "--threads", "2"], "a stored predictor has its platform"),
        ([WORKLOAD, "--predictor", "none.json"], "cannot read none.json: No such file"),
        ([WORKLOAD, "--predictor", "few.json"], "few.json is no predictor of this archbench"),
        ([WORKLOAD, "--records", "none.json"], "cannot read none.json"),
        ([WORKLOAD, "--records", "few.json"], "few.json holds 3 operators and blocks on openvino-cpu-f32:t1, but a predictor"),
        ([WORKLOAD, "--records", "few.json", "--records", "few.json"], "few.json and few.json holds 3 operators and blocks"),
        ([WORKLOAD, "--records", "few.json", "--records", "foreign.json"], "foreign.json was measured on elsewhere"),
        ([WORKLOAD, "--records", "few.json", "--threads", "4"], "holds 0 operators and blocks on openvino-cpu-f32:t4"),
        ([WORKLOAD, "--records", "few.json", "--backend", "ncnn"], "unknown backend that tells what it executes 'ncnn'"),
        ([WORKLOAD, "--records", "few.json", "--isa", "avx9"], "unknown ISA cap 'avx9'"),
        ([WORKLOAD, "--records", "foreign.json"], "was measured on elsewhere, but this machine is"),
        (["none.onnx", "--records", "few.json"], "cannot read none.onnx: no such file"),
        (["broken.onnx", "--records", "few.json"], "broken.onnx"),
        (["resnet51-224x224-b1", "--records", "few.json"], "unknown network 'resnet51'"),
        (["what", "--records", "few.json"], "'what' is no model"),
        ([WORKLOAD, "--records", "few.json", "--input", "1x3x8x8"], "--input goes with a model of your own"),
    ],
)
def test_bad_input_is_one_line(tmp_path, arguments, complaint):
    few, foreign = run_of(PAIRS[:6]), run_of(PAIRS[:6], fingerprint="elsewhere")
    write_run(tmp_path / "few.json", *few.records.values(), fingerprint=few.section.fingerprint)
    write_run(tmp_path / "foreign.json", *foreign.records.values(), fingerprint="elsewhere")
    (tmp_path / "broken.onnx").write_text("no model")

    finished = archbench("predict", *arguments, cwd=tmp_path)

    assert finished.returncode == 2
    assert finished.stdout == ""
    assert complaint in finished.stderr
    assert finished.stderr.count("\n") == 1
