"""The machine's health from a recorded tree of /proc and /sys, each fault planted in turn."""

import os

import pytest

from archbench.machine.health import State, machine_findings

CPUS = sorted(os.sched_getaffinity(0))
CPU = "sys/devices/system/cpu"
GROUP = "sys/fs/cgroup/system.slice/runner.service"

#: As on a bare machine that was made ready: kernel 6.1, intel_pstate, control groups of version 2.
HEALTHY = {
    **{f"{CPU}/cpu{cpu}/cpufreq/scaling_governor": "performance" for cpu in CPUS},
    f"{CPU}/intel_pstate/no_turbo": "1",
    f"{CPU}/smt/active": "0",
    f"{CPU}/smt/control": "off",
    "proc/meminfo": "MemTotal:       32594180 kB\nMemFree:        20461016 kB\nMemAvailable:   29511448 kB",
    "proc/self/cgroup": "0::/system.slice/runner.service",
    f"{GROUP}/cpu.max": "max 100000",
    f"{GROUP}/memory.max": "max",
    f"{GROUP}/memory.current": "4294967296",
    f"{GROUP}/memory.stat": "anon 1073741824\ninactive_file 2147483648",
    "proc/sys/kernel/perf_event_paranoid": "2",
    "proc/self/status": "Name:\tpython\nCapEff:\t0000000000000000",
}


class Machine:
    """A tree of files, and a hypervisor that steals `ticks` from the first of our CPUs in the second that is watched."""

    def __init__(self, root):
        self.root = root
        self.ticks = 0
        for path, text in HEALTHY.items():
            self.write(path, text)
        self.write_stat(1000)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")

    def remove(self, path):
        (self.root / path).unlink()

    def write_stat(self, stolen):
        lines = [f"cpu{cpu} 10 0 10 10 0 0 0 {stolen if cpu == CPUS[0] else 7} 0 0" for cpu in CPUS]
        self.write("proc/stat", "\n".join(("cpu  40 0 40 40 0 0 0 999999 0 0", *lines, "intr 5")))

    def wait(self, seconds):
        assert seconds == 1
        self.write_stat(1000 + self.ticks)

    def findings(self):
        return {finding.name: finding for finding in machine_findings(self.root, self.wait)}


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_a_machine_made_ready_is_fine_throughout(machine):
    found = machine.findings()

    assert {name: finding.state for name, finding in found.items()} == dict.fromkeys(
        ("governor", "turbo", "SMT", "steal", "free memory", "CPU quota", "perf access"), State.OK
    )
    assert found["free memory"].found == "28.1 GiB"


SECOND = int(os.sysconf("SC_CLK_TCK"))
ABOVE = "sys/fs/cgroup/system.slice"
KERNEL = "proc/sys/kernel"
V1_CPU, V1_MEMORY = "sys/fs/cgroup/cpu,cpuacct/docker/f00", "sys/fs/cgroup/memory/docker/f00"
V1_GROUP = {
    "proc/self/cgroup": "5:memory:/docker/f00\n4:cpu,cpuacct:/docker/f00\n0::/",
    f"{V1_CPU}/cpu.cfs_period_us": "100000",
    f"{V1_MEMORY}/memory.usage_in_bytes": "1073741824",
}


@pytest.mark.parametrize(
    ("name", "faults", "found", "remedy"),
    [
        ("governor", {f"{CPU}/cpu{CPUS[-1]}/cpufreq/scaling_governor": "powersave"}, "powersave", "--governor performance"),
        ("turbo", {f"{CPU}/intel_pstate/no_turbo": "0"}, "on: the clock depends", f"1 | sudo tee /{CPU}/intel_pstate/no_turbo"),
        ("SMT", {f"{CPU}/smt/active": "1"}, "on: two processes may share a core", f"echo off | sudo tee /{CPU}/smt/control"),
        ("free memory", {"proc/meminfo": "MemAvailable: 2097152 kB"}, "2 GiB", "whole networks want 4 GiB"),
        ("free memory", {f"{GROUP}/memory.max": "5368709120"}, "3 GiB", "raise the limit"),
        ("free memory", {f"{ABOVE}/memory.max": "5000000", f"{ABOVE}/memory.current": "5000000"}, "0 B", "raise the limit"),
        ("free memory", {**V1_GROUP, f"{V1_MEMORY}/memory.limit_in_bytes": "3221225472"}, "2 GiB", "raise the limit"),
        ("CPU quota", {f"{GROUP}/cpu.max": "50000 100000"}, "0.5 CPUs of the", "lift the quota"),
        ("CPU quota", {f"{ABOVE}/cpu.max": "50000 100000"}, "0.5 CPUs of the", "lift the quota"),
        ("CPU quota", {**V1_GROUP, f"{V1_CPU}/cpu.cfs_quota_us": "75000"}, "0.75 CPUs of the", "whole CPUs"),
        ("perf access", {f"{KERNEL}/perf_event_paranoid": "4"}, "paranoid is 4", "sysctl kernel.perf_event_paranoid=2"),
    ],
)  # fmt: skip
def test_each_fault_is_a_warning_with_its_remedy_and_no_other(machine, name, faults, found, remedy):
    for path, text in faults.items():
        machine.write(path, text)

    findings = machine.findings()

    assert findings[name].state is State.WARNING
    assert found in findings[name].found
    assert remedy in findings[name].remedy
    assert [other for other, finding in findings.items() if finding.state is not State.OK] == [name]


def test_turbo_of_other_drivers_is_a_boost(machine):
    machine.remove(f"{CPU}/intel_pstate/no_turbo")
    machine.write(f"{CPU}/cpufreq/boost", "1")
    assert machine.findings()["turbo"].state is State.WARNING

    machine.write(f"{CPU}/cpufreq/boost", "0")
    assert machine.findings()["turbo"].state is State.OK


@pytest.mark.parametrize(("share", "state"), [(0, State.OK), (0.01, State.OK), (0.02, State.WARNING), (0.4, State.WARNING)])
def test_stolen_time_is_that_of_the_second_that_was_watched(machine, share, state):
    machine.ticks = round(share * SECOND)

    finding = machine.findings()["steal"]

    assert finding.state is state
    assert finding.found == f"the hypervisor took {share:.0%} of a second"


@pytest.mark.parametrize("quota", ["max 100000", f"{len(CPUS)}00000 100000"])
def test_a_quota_that_cannot_be_reached_is_none(machine, quota):
    machine.write(f"{GROUP}/cpu.max", quota)

    assert machine.findings()["CPU quota"].state is State.OK


@pytest.mark.parametrize("capability", [1 << 38, 1 << 21])
def test_who_may_count_whatever_the_level_is_not_warned(machine, capability):
    machine.write("proc/sys/kernel/perf_event_paranoid", "4")
    machine.write("proc/self/status", f"CapEff:\t{capability:016x}")

    assert machine.findings()["perf access"].state is State.OK


def test_what_a_kernel_does_not_show_is_absent_and_no_warning(tmp_path):
    found = {finding.name: finding.state for finding in machine_findings(tmp_path, lambda seconds: None)}

    assert found.pop("CPU quota") is State.OK
    assert set(found.values()) == {State.ABSENT}


def test_this_machine_can_be_read():
    found = {finding.name: finding for finding in machine_findings()}

    assert len(found) == 7
    assert all(finding.found for finding in found.values())
    assert all(finding.remedy for finding in found.values() if finding.state is State.WARNING)
