"""The action that other repositories use: its steps run in bash in a copy of the sample repository, as in a job."""

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import venv
from pathlib import Path
from types import MappingProxyType

import pytest
import yaml

from tests.documentation.blocks import PAGES, blocks_of
from tests.workflows import ACTION, ROOT, read, step_named

SAMPLE = ROOT / "tests/sample_repository"
THEIRS = SAMPLE / ".github/workflows/speed.yml"
QUICK = "--archbench-processes=4 --archbench-budget=16 --archbench-seconds=0.02 --archbench-precision=1000"
INPUTS = yaml.safe_load(ACTION.read_text())["inputs"]


def test_every_input_is_used_and_every_used_one_declared():
    assert set(re.findall(r"\$\{\{ inputs\.([\w-]+) \}\}", ACTION.read_text())) == set(INPUTS)


def test_no_input_is_pasted_into_a_script():
    assert not [step.name for step in read(ACTION) if step.run and "${{" in step.run]


def test_it_is_used_in_five_lines_with_inputs_that_it_has():
    shown = [block.text for page in PAGES for block in blocks_of(page) if "OWNER/archbench" in block.text]

    assert len(shown) == 2
    for text in (THEIRS.read_text(), *shown):
        assert len(text[text.index("- uses: OWNER") :].splitlines()) <= 5
        assert set(_with_of(yaml.safe_load(textwrap.dedent(text)))) <= set(INPUTS)


def _with_of(document):
    """What the step that uses the action is given, wherever it stands."""
    steps = document if isinstance(document, list) else next(iter(document["jobs"].values()))["steps"]
    return next(step["with"] for step in steps if step.get("uses", "").startswith("OWNER/"))


class Job:
    """A job in a copy of the sample repository: each step of the action in a bash of its own, with GitHub's variables."""

    def __init__(self, folder, cache_root, environment=MappingProxyType({}), **given):
        self.repository = folder / "theirs"
        shutil.copytree(SAMPLE, self.repository, ignore=shutil.ignore_patterns("__pycache__", ".archbench"))
        self.summary = folder / "summary.md"
        asked = _with_of(yaml.safe_load(THEIRS.read_text()))
        self._inputs = {name: entry["default"] for name, entry in INPUTS.items()} | asked | given
        self._environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(folder),
            "ARCHBENCH_CACHE": str(cache_root),
            "OMP_NUM_THREADS": "1",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
            **environment,
        }

    def step(self, name, **given):
        """The finished step; `given` replace inputs."""
        step = step_named(ACTION, name)
        inputs = self._inputs | given
        env = {
            key: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: inputs[found[1]], text) for key, text in step.env.items()
        }
        return self.bash(step.run, env)

    def accept(self, reason):
        finished = self.bash(f"{self._inputs['python']} -m archbench baseline accept .archbench/run.json --reason '{reason}'")
        assert finished.returncode == 0, finished.stderr

    def bash(self, script, environment=MappingProxyType({})):
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.repository,
            env={**self._environment, **environment},
            capture_output=True,
            text=True,
            timeout=600,
        )


def interpreter(folder):
    """One with a site of its own, in which everything that this one has is found as well."""
    venv.create(folder, with_pip=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "known.pth").write_text("\n".join(path for path in sys.path if path.endswith("-packages")))
    return folder / "bin/python"


#: Where this interpreter has archbench from, if from no package.
SOURCE = {"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}

INSTALL, LOOK, MEASURE, SAY = (step.name for step in read(ACTION) if step.run)


@pytest.mark.slow
def test_a_repository_gates_its_model_by_the_action(tmp_path, cache_root):
    python = interpreter(tmp_path / "environment")
    job = Job(tmp_path, cache_root, python=str(python), arguments=QUICK)

    installed = job.step(INSTALL)
    assert installed.returncode == 0, installed.stderr
    origin = job.bash(f"{python} -c 'import archbench; print(archbench.__file__)'")
    assert Path(origin.stdout.strip()).is_relative_to(tmp_path)
    assert job.step(LOOK).returncode == 0
    assert json.loads((job.repository / ".archbench/doctor.json").read_text())["findings"]

    first = job.step(MEASURE)
    assert first.returncode == 12, first.stdout + first.stderr
    assert job.step(SAY).returncode == 12
    assert "gate: no baseline" in job.summary.read_text()
    job.accept("first")

    same = job.step(MEASURE)
    assert same.returncode in (0, 1), same.stdout + same.stderr
    assert ("regressed " in same.stdout) == (same.returncode == 1)
    assert job.step(SAY).returncode == same.returncode
    assert (job.repository / ".archbench/junit.xml").stat().st_size > 100

    # So much more work is found on the busiest machine, if the case was ever left alone.
    planted = f"{QUICK} --archbench-plant=*:openvino*=400"
    slower, said = job.step(MEASURE, arguments=planted), job.step(SAY, arguments=planted)
    disturbed = "disturbed throughout" in slower.stdout
    assert slower.returncode == said.returncode == (0 if disturbed else 1), slower.stdout + slower.stderr
    if not disturbed:
        assert "::error title=regressed%3A nets.py%3Aclassifier" in said.stdout
        assert "| regressed | `nets.py:classifier@1x3x64x64:openvino-cpu-f32:t1` |" in job.summary.read_text()


@pytest.mark.slow
def test_a_strict_gate_is_strict_in_both_steps(tmp_path, cache_root):
    job = Job(tmp_path, cache_root, SOURCE, python=sys.executable, arguments=f"{QUICK} --archbench-strict")
    job.step(MEASURE)
    job.accept("first")

    once = "--archbench-processes=3 --archbench-budget=3 --archbench-seconds=0.02 --archbench-strict"
    measured, said = job.step(MEASURE, arguments=once), job.step(SAY, arguments=once)

    assert measured.returncode == said.returncode
