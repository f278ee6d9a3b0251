"""Every call of archbench and pytest in pages, workflows and the action is one that would be understood."""

import json
import subprocess
import sys

import click
import pytest

from tests.documentation.blocks import PAGES, ROOT, blocks_of
from tests.documentation.commands import check_archbench, commands_of
from tests.workflows import ACTION, WORKFLOWS, read

#: Steps of workflows name the profile by this.
_VARIABLES = {"PROFILE": "nightly", "TESTS": "benchmarks", "ARGUMENTS": "--archbench-strict"}


def scripts():
    """Where each script stands, and the script."""
    for page in PAGES:
        yield from ((block.place, block.text) for block in blocks_of(page) if block.language == "console")
    for path in (*WORKFLOWS, ACTION):
        yield from ((f"{path.name}: {step.name}", step.run) for step in read(path) if step.run)
    yield ".ci/run", (ROOT / ".ci/run").read_text()


CALLS = [(place, call) for place, script in scripts() for call in commands_of(script, _VARIABLES)]


def test_there_are_calls_of_both():
    assert {call.program for _, call in CALLS} == {"archbench", "pytest"}
    assert len(CALLS) > 60


def test_every_call_of_archbench_would_be_understood():
    refused = []
    for place, call in CALLS:
        if call.program == "archbench":
            try:
                check_archbench(call.arguments)
            except click.ClickException as error:
                refused.append(f"{place}: archbench {' '.join(call.arguments)}: {error.format_message()}")

    assert not refused


PARSE = """
import json, sys, pytest
from archbench.plugin.options import Options
for arguments in json.load(sys.stdin):
    try:
        Options.from_config(pytest.Config.fromdictargs({}, [*arguments, "-W", "ignore"]))
        print("code 0")
    except Exception as error:
        print(f"code 2: {arguments}: {error}")
"""

COLLECT = """
import json, sys, pytest
for arguments in json.load(sys.stdin):
    # It would be written even of nothing.
    arguments = [word for word in arguments if not word.startswith("--junitxml")]
    code = pytest.main([*arguments, "--collect-only", "-q", "-p", "no:cacheprovider", "-W", "ignore"])
    print(f"code {int(code)}: {arguments}")
"""


def calls_of_pytest():
    """Those that select benchmarks of this repository, each once; on pages that change it they run after the change."""
    changed = {block.page for page in PAGES for block in blocks_of(page) if block.language == "diff"}
    places = {str(page.relative_to(ROOT)) for page in changed}
    calls = {call.arguments for place, call in CALLS if call.program == "pytest" and place.partition(":")[0] not in places}
    return sorted(arguments for arguments in calls if any(word.startswith("benchmarks") for word in arguments))


def refused(script, calls):
    """Those that the script does not end well with; nothing is run."""
    finished = subprocess.run(
        [sys.executable, "-c", script], input=json.dumps(calls), cwd=ROOT, capture_output=True, text=True, timeout=600
    )
    ended = [line for line in finished.stdout.splitlines() if line.startswith("code ")]
    assert len(ended) == len(calls) > 20, finished.stderr
    return [line for line in ended if not line.startswith("code 0")]


def test_every_call_of_pytest_would_be_understood():
    assert not refused(PARSE, calls_of_pytest())


@pytest.mark.slow
def test_every_call_of_pytest_selects_benchmarks():
    assert not refused(COLLECT, calls_of_pytest())


@pytest.mark.parametrize(
    ("script", "calls"),
    [
        ("archbench cases -k 'a and b' | head -1  # comment", [("archbench", "cases", "-k", "a and b")]),
        ("x=1 archbench gate run.json > out.txt || test $? -eq 16", [("archbench", "gate", "run.json")]),
        ('"$PYTHON" -m pytest $TESTS \\\n  -q; true', [("pytest", "benchmarks", "-q")]),
        (".tox/bench/bin/archbench gate a.json && pytest b", [("archbench", "gate", "a.json"), ("pytest", "b")]),
        ("{ echo archbench; archbench doctor; } >> file", [("archbench", "doctor")]),
        ("if [ 2 -ge 2 ]; then archbench calibrate a.json; fi", [("archbench", "calibrate", "a.json")]),
        ("pip install archbench", []),
    ],
)
def test_calls_are_found_in_a_script(script, calls):
    assert [(call.program, *call.arguments) for call in commands_of(script, _VARIABLES)] == calls


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("gait",), "no such command"), (("gate", "run.json", "--sumary", "x"), "--sumary"), (("gate",), "run")],
)
def test_a_call_that_would_be_refused_is_found(arguments, message):
    with pytest.raises(click.ClickException, match=message):
        check_archbench(arguments)
