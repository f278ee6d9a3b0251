"""Workflows and the action, read as the data that they are."""

from dataclasses import dataclass, field
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
ACTION = ROOT / "action.yml"


@dataclass(frozen=True, kw_only=True)
class Step:
    name: str
    run: str | None
    env: dict = field(default_factory=dict)
    condition: str = ""


def read(path):
    """The steps of a workflow's jobs or of an action."""
    document = yaml.safe_load(path.read_text())
    groups = [document["runs"]] if "runs" in document else document["jobs"].values()
    return [
        Step(
            name=step.get("name") or step.get("uses") or "",
            run=step.get("run"),
            env=step.get("env", {}),
            condition=str(step.get("if", "")),
        )
        for group in groups
        for step in group["steps"]
    ]


def step_named(path, name):
    (step,) = [step for step in read(path) if step.name == name]
    return step
