"""What the kernel says of a machine that is to measure: whether its speed is steady, and enough of it ours.

Each check reads `/proc` and `/sys` under a root and gives one finding: fine, a warning with what to do about it, or absent,
where the kernel does not show it. Nothing is changed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from archbench.machine.contention import read_contention
from archbench.units import format_bytes

#: A worker that lost more than this share of its time to the hypervisor is voided.
_STEAL_SHARE = 0.01
_STEAL_WINDOW_S = 1.0

#: Four launchers that hold torch and OpenVINO, and workers that load whole networks.
_MEMORY_BYTES = 4 * 2**30

#: The highest level at which a process may count its own user space.
_PARANOID = 2

#: Bits of a process's effective capabilities that stand above that level (capabilities(7)).
_CAP_SYS_ADMIN, _CAP_PERFMON = 21, 38

_CPUS = Path("sys/devices/system/cpu")
_CGROUPS = Path("sys/fs/cgroup")


class State(Enum):
    """How a finding turned out."""

    OK = "ok"
    WARNING = "warning"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at: what was `found`, and the `remedy` of a warning or of an absence that has one."""

    name: str
    state: State
    found: str
    remedy: str = ""


def machine_findings(root: Path = Path("/"), wait: Callable[[float], None] | None = None) -> Iterator[Finding]:
    """What can be read of the kernel; takes a second, in which `wait` (seconds) keeps a CPU busy."""
    yield _governor(root)
    yield _turbo(root)
    yield _smt(root)
    yield _steal(root, wait or _work)
    yield _free_memory(root)
    yield _cpu_quota(root)
    yield _perf_access(root)


def _governor(root: Path) -> Finding:
    name = "governor"
    files = [root / _CPUS / f"cpu{cpu}/cpufreq/scaling_governor" for cpu in sorted(os.sched_getaffinity(0))]
    governors = sorted({text for file in files if (text := _text(file)) is not None})
    if not governors:
        return Finding(name=name, state=State.ABSENT, found="the kernel governs no frequency here, as in most virtual machines")
    if governors == ["performance"]:
        return Finding(name=name, state=State.OK, found="performance")
    remedy = "run `sudo cpupower frequency-set --governor performance`"
    return Finding(name=name, state=State.WARNING, found=", ".join(governors), remedy=remedy)


def _turbo(root: Path) -> Finding:
    """Intel's driver says when there is none, the others when there is."""
    name = "turbo"
    for file, off in ((_CPUS / "intel_pstate/no_turbo", "1"), (_CPUS / "cpufreq/boost", "0")):
        setting = _text(root / file)
        if setting == off:
            return Finding(name=name, state=State.OK, found="off")
        if setting is not None:
            found = "on: the clock depends on heat and on how many cores are busy"
            return Finding(name=name, state=State.WARNING, found=found, remedy=f"run `echo {off} | sudo tee /{file}`")
    return Finding(name=name, state=State.ABSENT, found="the kernel shows no switch for it, as in most virtual machines")


def _smt(root: Path) -> Finding:
    name, file = "SMT", _CPUS / "smt"
    active = _text(root / file / "active")
    if active is None:
        return Finding(name=name, state=State.ABSENT, found="the kernel does not show it")
    if active == "0":
        return Finding(name=name, state=State.OK, found="one hyperthread a core, as far as the kernel sees")
    found = "on: two processes may share a core"
    return Finding(name=name, state=State.WARNING, found=found, remedy=f"run `echo off | sudo tee /{file}/control`")


def _steal(root: Path, wait: Callable[[float], None]) -> Finding:
    name, stat = "steal", root / "proc/stat"
    if not stat.exists():
        return Finding(name=name, state=State.ABSENT, found="the kernel does not count it")
    before = read_contention(stat)
    wait(_STEAL_WINDOW_S)
    share = read_contention(stat).since(before).stolen_s / _STEAL_WINDOW_S
    found = f"the hypervisor took {share:.0%} of a second"
    if share <= _STEAL_SHARE:
        return Finding(name=name, state=State.OK, found=found)
    remedy = "ask for a machine, or for CPUs, that nobody shares; workers from which more than 1 % is stolen are left out"
    return Finding(name=name, state=State.WARNING, found=found, remedy=remedy)


def _free_memory(root: Path) -> Finding:
    name = "free memory"
    available = next((int(line.split()[1]) for line in _lines(root / "proc/meminfo") if line.startswith("MemAvailable:")), None)
    if available is None:
        return Finding(name=name, state=State.ABSENT, found="the kernel does not say")
    free = min((available * 1024, *_left_in_cgroups(root)))
    if free >= _MEMORY_BYTES:
        return Finding(name=name, state=State.OK, found=format_bytes(free))
    remedy = f"end other processes or raise the limit: whole networks want {format_bytes(_MEMORY_BYTES)}"
    return Finding(name=name, state=State.WARNING, found=format_bytes(free), remedy=remedy)


def _left_in_cgroups(root: Path) -> Iterator[int]:
    """Bytes that each control group above this process still allows; pages of files that nobody reads are free."""
    for limit, used in (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")):
        for folder in _cgroup_folders(root, "memory"):
            most, now = _number(folder / limit), _number(folder / used)
            if most is not None and now is not None:
                stat = dict(line.split() for line in _lines(folder / "memory.stat"))
                yield max(0, most - now + int(stat.get("total_inactive_file", stat.get("inactive_file", 0))))


def _cpu_quota(root: Path) -> Finding:
    """A process that has used up its quota stands still until the period ends."""
    name, cpus = "CPU quota", len(os.sched_getaffinity(0))
    quotas = list(_quotas(root))
    if not quotas or min(quotas) >= cpus:
        return Finding(name=name, state=State.OK, found=f"none that {cpus} CPUs could reach")
    found = f"{min(quotas):.3g} CPUs of the {cpus} that are ours: a process that used them up stands still"
    remedy = "lift the quota of the container or slice, or give it whole CPUs (`--cpuset-cpus`)"
    return Finding(name=name, state=State.WARNING, found=found, remedy=remedy)


def _quotas(root: Path) -> Iterator[float]:
    """CPUs that each control group above this process grants, in both versions of the interface."""
    for folder in _cgroup_folders(root, "cpu"):
        limit = (_text(folder / "cpu.max") or "max").split()
        if limit[0] != "max":
            yield int(limit[0]) / int(limit[1])
        quota, period = _number(folder / "cpu.cfs_quota_us"), _number(folder / "cpu.cfs_period_us")
        if quota is not None and period is not None and quota > 0:
            yield quota / period


def _cgroup_folders(root: Path, controller: str) -> Iterator[Path]:
    """The folder of this process's control group and those above it, of either version."""
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        top = root / _CGROUPS / controllers
        folder = top / path.lstrip("/")
        yield from (folder, *(parent for parent in folder.parents if parent.is_relative_to(top)))


def _perf_access(root: Path) -> Finding:
    name, file = "perf access", "kernel.perf_event_paranoid"
    level = _number(root / "proc/sys" / file.replace(".", "/"))
    if level is None:
        return Finding(name=name, state=State.ABSENT, found="the kernel has no performance events")
    if level <= _PARANOID or _may_count(root):
        return Finding(name=name, state=State.OK, found=f"{file} is {level}")
    found = f"{file} is {level}: a process may not count its own events"
    return Finding(name=name, state=State.WARNING, found=found, remedy=f"run `sudo sysctl {file}={_PARANOID}`")


def _may_count(root: Path) -> bool:
    """Whether this process may do so whatever the level."""
    status = (line.split() for line in _lines(root / "proc/self/status"))
    effective = next((int(words[1], 16) for words in status if words[:1] == ["CapEff:"]), 0)
    return bool(effective & (1 << _CAP_SYS_ADMIN | 1 << _CAP_PERFMON))


def _work(seconds: float) -> None:
    """Keep a CPU busy: nothing is stolen from one that rests."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def _number(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text is not None and text.lstrip("-").isdigit() else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except OSError:
        return None


def _lines(path: Path) -> list[str]:
    return (_text(path) or "").splitlines()
