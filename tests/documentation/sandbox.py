"""The folder that a page's commands run in: a clone or a repository of one's own, with records stored there before."""

import dataclasses
import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np

from archbench.gate.baselines import accept
from archbench.history.store import History
from archbench.machine.fingerprint import read_fingerprint
from archbench.records.peaks import write_peaks
from archbench.records.runfile import read_run_file, with_section
from archbench.workloads.layer import LayerWorkload
from tests.cli.test_behaviour import PLAIN
from tests.cli.test_behaviour import write as write_layers
from tests.documentation.blocks import ROOT
from tests.experiments.layer_records import layer_records
from tests.gate.test_baselines import write_run
from tests.onnx_models import whole
from tests.pages.night import priced
from tests.samples import OPENVINO, peaks, record

#: Pages whose reader is in a repository of their own; the others' is in a clone of this one.
OWN = ("gate-a-repository.md", "your-own-model.md")

#: Effort of a measurement that nobody reads.
QUICK = "--archbench-processes=2 --archbench-budget=4 --archbench-seconds=0.02 --archbench-precision=1000"

_CLONED = ("benchmarks", "src", "tests", "conftest.py", "pyproject.toml")
_ACCEPTED = "baselines/intel-r-xeon-r-processor-2cpu-ce1e85e9/0001_smoke.json"
_WORKLOADS = [f"{pattern}-d10-w64-k3-28x28-b1" for pattern in ("standard", "factorized", "depthwise-separable")]
_CASES = [f"{workload}:{backend}:t1" for workload in _WORKLOADS for backend in ("torch", OPENVINO)]
_PLANTED = 0.2


class Sandbox:
    def __init__(self, folder, page, cache_root):
        self.folder = folder
        self._cache_root = cache_root
        self._cloned = page.name not in OWN
        folder.mkdir()
        subprocess.run(["git", "init", "-q", "."], cwd=folder, check=True)
        for name in _CLONED if self._cloned else ():
            _copy(ROOT / name, folder / name)
        if self._cloned:
            (folder / _ACCEPTED).parent.mkdir(parents=True)
            _copy(ROOT / _ACCEPTED, folder / _ACCEPTED)
        else:
            (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
        shutil.copy(ROOT / "tests/sample_repository/nets.py", folder)
        whole(folder / "net.onnx")
        _store(folder)
        for name in ("old", "new"):
            _interpreter(folder / name / "bin/python")

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def apply(self, patch):
        return self._run(["git", "apply", "-"], input=patch)

    def bash(self, script):
        return self._run(["bash", "-euo", "pipefail", "-c", script])

    def python(self, script):
        return self._run([sys.executable, "-c", script])

    def _run(self, command, **kwargs):
        source = str(self.folder / "src") if self._cloned else os.environ.get("PYTHONPATH", "")
        environment = {
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.folder),
            "PYTHONPATH": f"{source}:{self.folder}",
            "ARCHBENCH_CACHE": str(self._cache_root),
            "OMP_NUM_THREADS": "1",
            "PYTEST_ADDOPTS": QUICK,
        }
        return subprocess.run(
            command, cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **kwargs
        )


def _copy(source, target):
    ignored = shutil.ignore_patterns("__pycache__", ".archbench", ".hypothesis")
    shutil.copytree(source, target, ignore=ignored) if source.is_dir() else shutil.copy(source, target)


def _interpreter(path):
    path.parent.mkdir(parents=True)
    path.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    path.chmod(0o755)


def _store(folder):
    """Runs of this machine: an accepted one and one as fast, nights that were faster, shards, operators, and peaks."""
    here = read_fingerprint().key
    run = _run(folder / "run.json", 0, here)
    accept(run, folder / "baselines", "the runs before these pages")
    for seed, name in enumerate(("monday-1", "monday-2", "tuesday-1", "tuesday-2"), start=1):
        _run(folder / f"{name}.json", seed, here)
    _run(folder / "slow.json", 9, here, slower=_PLANTED, planted=_PLANTED)
    past = History(folder / ".archbench/history.sqlite")
    for seed in range(3):
        past.add(_run(folder / "night.json", 20 + seed, here, slower=-0.1, date=f"2025-12-0{seed + 1}T02:00:00"))
    (folder / "night.json").unlink()
    for index in range(8):
        _shard(folder / f"{index + 1}.json", f"{index + 1}/8", here)
    (folder / "night").mkdir()
    _run(folder / "night/run.json", 5, here)
    write_peaks(folder / "peaks.json", peaks(fingerprint=here))
    _layers(folder, here)


def _run(path, seed, here, *, slower=0.0, planted=0.0, **kwargs):
    generator = np.random.default_rng(seed)
    options = {"own": 1e-3 * (1 + slower), "between": 0.002, "planted": planted, "fingerprint": here}
    made = [priced(record(case, generator, **options)) for case in _CASES]
    return write_run(path, *made, fingerprint=here, **kwargs)


def _shard(path, shard, here):
    index = int(shard[0])
    case = f"standard-d10-w{16 * index}-k3-28x28-b1:{OPENVINO}:t1"
    run = write_run(path, record(case, np.random.default_rng(index), fingerprint=here), fingerprint=here)
    path.write_bytes(msgspec.json.encode(with_section(run.document, dataclasses.replace(run.section, shard=shard))))
    return read_run_file(path)


def _layers(folder, here):
    sweep = [LayerWorkload(layer="conv", in_channels=64, out_channels=count) for count in range(2, 66, 2)]
    stairs = {kind: PLAIN * (1 + (kind.out_channels - 1) // 16) for kind in sweep}
    line = {kind: PLAIN * kind.out_channels for kind in sweep}
    both = {**layer_records(stairs, fingerprint=here), **layer_records(line, backend="torch", fingerprint=here)}
    write_layers(folder / "behaviour.json", both, here)
    write_layers(folder / "more.json", layer_records(line, backend="onnxruntime", fingerprint=here), here)
