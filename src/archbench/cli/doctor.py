"""`archbench doctor`."""

from __future__ import annotations

import json
import platform
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import click

from archbench.contracts import instrument_named
from archbench.machine.fingerprint import read_fingerprint
from archbench.machine.health import Finding, State, machine_findings

#: Not one of pytest's codes, nor of the gate's.
WARNED_STATUS = 16

_ROOT = Path("/")

_WIDTH = 18

#: Extras for those who work on archbench itself.
_OWN_EXTRAS = {"dev", "docs"}

_EXTRA = re.compile(r"extra == .([\w-]+)")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, to be kept with what is measured next.")
def doctor(*, as_json: bool) -> None:
    r"""Say whether this machine is fit to measure, and what to do where it is not.

    \b
    Exit codes: 0 nothing to warn of; 16 a warning. What is absent is no warning.
    """
    findings = list(every_finding())
    click.echo(json.dumps(document(findings), indent=2) if as_json else "\n".join(lines_of(findings)))
    sys.exit(status_of(findings))


def status_of(findings: Iterable[Finding]) -> int:
    """The exit code: what is absent is no warning."""
    return WARNED_STATUS if any(finding.state is State.WARNING for finding in findings) else 0


def every_finding(root: Path = _ROOT) -> Iterator[Finding]:
    """The kernel's, of what it shows under `root`, then tools, devices and packages of this process."""
    yield from machine_findings(root)
    yield _valgrind()
    yield from _devices(root)
    yield from package_findings(metadata.requires("archbench") or ())


def package_findings(requirements: Iterable[str]) -> Iterator[Finding]:
    """Python, and each package as it is installed: one too old or too new is a warning, one of an extra may be absent."""
    from packaging.requirements import Requirement

    yield Finding(name="python", state=State.OK, found=platform.python_version())
    wanted: dict[str, Requirement] = {}
    for requirement in map(Requirement, requirements):
        extras = set(_EXTRA.findall(str(requirement.marker)))
        if requirement.name != "archbench" and not (extras and extras <= _OWN_EXTRAS):
            wanted.setdefault(requirement.name, requirement)
    for name, requirement in wanted.items():
        yield _package(name, str(requirement.specifier), optional=requirement.marker is not None)


def _package(name: str, versions: str, *, optional: bool) -> Finding:
    from packaging.specifiers import SpecifierSet

    remedy = f"run `pip install '{name}{versions}'`"
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Finding(name=name, state=State.ABSENT if optional else State.WARNING, found="not installed", remedy=remedy)
    if SpecifierSet(versions, prereleases=True).contains(version):
        return Finding(name=name, state=State.OK, found=version)
    return Finding(name=name, state=State.WARNING, found=f"{version}, where {versions} is wanted", remedy=remedy)


def document(findings: Iterable[Finding]) -> dict[str, object]:
    """What is kept: when, on which machine, and every finding."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "fingerprint": read_fingerprint().key,
        "findings": [{**asdict(finding), "state": finding.state.value} for finding in findings],
    }


def _valgrind() -> Finding:
    name, instrument = "valgrind", instrument_named("callgrind")
    absence = instrument.absence()
    if absence is not None:
        return Finding(name=name, state=State.ABSENT, found=absence)
    return Finding(name=name, state=State.OK, found=instrument.version())


def _devices(root: Path) -> Iterator[Finding]:
    from archbench.backends.devices import seen_devices

    for device in seen_devices(root):
        if device.found is not None:
            yield Finding(name=device.kind, state=State.OK, found=device.found)
        elif device.trouble:
            yield Finding(name=device.kind, state=State.WARNING, found=device.trouble, remedy=device.remedy)
        else:
            yield Finding(name=device.kind, state=State.ABSENT, found="no such device")


def lines_of(findings: Iterable[Finding]) -> Iterator[str]:
    """A line a finding, and under a warning what to do."""
    for finding in findings:
        yield f"{finding.state.value:<8} {finding.name:<{_WIDTH}} {finding.found}"
        if finding.state is State.WARNING and finding.remedy:
            yield f"{'':<8} {'':<{_WIDTH}} {finding.remedy}"
