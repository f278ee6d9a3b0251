"""What a test of the gate does about neighbours: other tests, and other tenants of the machine."""

import pytest

from archbench.gate.noise import NoiseFloor, write_noise
from archbench.records.runfile import read_run_file


def once_left_alone(run, is_disturbed, tries=4):
    """What `run` returns once the machine let something be concluded of it."""
    for _ in range(tries):
        found = run()
        if not is_disturbed(found):
            return found
    pytest.skip(f"the machine was disturbed throughout in {tries} runs of {tries}, of which nothing may be concluded")


def tell_nothing_apart(baselines, baseline_run, alarms=()):
    """Write a noise floor under which nothing is decided, whatever this machine does meanwhile."""
    run = read_run_file(baseline_run)
    noisy = dict.fromkeys(run.records, 1.0)
    floor = NoiseFloor(
        fingerprint=run.section.fingerprint, date="", comparisons=1, alarms=alarms, slowdown=noisy, relative=noisy
    )
    write_noise(baselines, floor)
