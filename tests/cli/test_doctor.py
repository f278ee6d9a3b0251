"""`archbench doctor` on this machine and, in this process, on a recorded one."""

import json
import os
import subprocess
import sys

import pytest

from archbench.cli import doctor
from archbench.machine.health import Finding, State

NAMES = ["governor", "turbo", "SMT", "steal", "free memory", "CPU quota", "perf access", "valgrind", "OpenVINO CPU"]


def test_it_looks_at_everything_and_its_exit_code_says_whether_it_warns():
    finished = subprocess.run([sys.executable, "-m", "archbench", "doctor", "--json"], capture_output=True, text=True)

    answer = json.loads(finished.stdout)
    findings = {finding["name"]: finding for finding in answer["findings"]}
    warned = [finding for finding in findings.values() if finding["state"] == "warning"]
    assert finished.returncode == (16 if warned else 0), finished.stderr
    assert list(findings)[: len(NAMES)] == NAMES
    assert {"python", "torch", "openvino"} <= set(findings)
    assert not {"ruff", "mypy"} & set(findings)
    assert set(answer) == {"date", "fingerprint", "findings"}
    assert all(finding["found"] for finding in findings.values())
    assert all(finding["remedy"] for finding in warned)


def finding(state):
    return Finding(name="turbo", state=state, found="something", remedy="" if state is State.OK else "do this")


@pytest.mark.parametrize(
    ("states", "code"),
    [((State.OK,), 0), ((State.OK, State.ABSENT), 0), ((State.ABSENT, State.WARNING, State.OK), 16)],
)
def test_only_a_warning_fails_and_has_a_second_line(states, code):
    findings = [finding(state) for state in states]

    lines = list(doctor.lines_of(findings))

    assert doctor.status_of(findings) == code
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == [state.value for state in states]
    assert [line.strip() for line in lines if line.startswith(" ")] == ["do this"] * states.count(State.WARNING)


def test_a_fault_of_a_recorded_machine_reaches_the_exit_code(tmp_path):
    governor = tmp_path / "sys/devices/system/cpu" / f"cpu{min(os.sched_getaffinity(0))}" / "cpufreq/scaling_governor"
    governor.parent.mkdir(parents=True)
    governor.write_text("powersave\n")

    findings = list(doctor.every_finding(tmp_path))

    assert doctor.status_of(findings) == 16
    assert "warning  governor           powersave" in list(doctor.lines_of(findings))


REQUIRED = [
    "click>=8.1",
    "openvino>=9999",
    "nowhere-to-be-found>=1",
    'not-here-either>=2; extra == "ncnn"',
    'ruff>=9999; extra == "dev"',
    'archbench[figures]; extra == "search"',
]


def test_packages_are_held_against_what_is_required():
    found = {finding.name: finding for finding in doctor.package_findings(REQUIRED)}

    assert set(found) == {"python", "click", "openvino", "nowhere-to-be-found", "not-here-either"}
    assert (found["click"].state, found["openvino"].state) == (State.OK, State.WARNING)
    assert "where >=9999 is wanted" in found["openvino"].found
    assert found["openvino"].remedy == "run `pip install 'openvino>=9999'`"
    assert found["nowhere-to-be-found"].state is State.WARNING
    assert found["not-here-either"].state is State.ABSENT
