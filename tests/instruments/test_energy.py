"""Package energy from a recorded sysfs tree: idle power, two packages, a counter that wraps, and what is refused."""

from pathlib import Path

import pytest

from archbench.instruments.energy import Energy

#: As on a two-socket Xeon: the zones below a package are parts of it, and psys is the whole platform.
RECORDED = {
    "intel-rapl:0": ("package-0", 262143328850, 41_872_310_441),
    "intel-rapl:0:0": ("dram", 65712999613, 9_340_113_220),
    "intel-rapl:1": ("package-1", 262143328850, 262_143_300_000),
    "intel-rapl:2": ("psys", 262143328850, 1_000),
}


class Machine:
    """A clock and energy counters that advance together: 20 W a package at rest, 50 W at work."""

    def __init__(self, root):
        self.root = root
        self.now = 0.0
        for zone, (name, largest, energy) in RECORDED.items():
            (root / zone).mkdir()
            for file, value in (("name", name), ("max_energy_range_uj", largest), ("energy_uj", energy)):
                (root / zone / file).write_text(f"{value}\n")

    def spend(self, seconds, watts):
        self.now += seconds
        for zone, (_, largest, _) in RECORDED.items():
            file = self.root / zone / "energy_uj"
            file.write_text(f"{(int(file.read_text()) + round(seconds * watts * 1e6)) % (largest + 1)}\n")

    def rest(self, seconds):
        self.spend(seconds, 20)

    def infer(self):
        self.spend(0.25, 50)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def energy(machine, **kwargs):
    return Energy(root=machine.root, clock=lambda: machine.now, sleep=machine.rest, **kwargs)


def test_energy_of_an_inference_is_both_packages_less_their_rest(machine):
    found = energy(machine).read(machine.infer, "x", Path())["steady"]

    # (50 W - 20 W) in each of two packages for a quarter of a second; package-1 wraps on the way.
    assert found["package energy"] == pytest.approx(2 * 30 * 0.25 * 1e6, rel=1e-6)
    assert found["idle power"] == pytest.approx(2 * 20 * 1e6, rel=1e-6)
    assert found["inferences"] == 40
    assert found["window"] == 10_000
    assert set(found) == set(Energy.units)


def test_a_window_lasts_ten_seconds_however_long_an_inference_takes(machine):
    found = energy(machine).read(lambda: machine.spend(7, 50), "x", Path())["steady"]

    assert found["inferences"] == 2
    assert found["window"] == 14_000


def test_what_spends_less_than_rest_spends_nothing(machine):
    found = energy(machine).read(lambda: machine.spend(1, 10), "x", Path())["steady"]

    assert found["package energy"] == 0


def test_a_machine_without_zones_says_so(tmp_path):
    assert "there is no package zone" in Energy(root=tmp_path).absence()


def test_counters_for_root_alone_are_refused_and_named(machine, monkeypatch):
    assert energy(machine).absence() is None
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert "intel-rapl:0/energy_uj may be read by root alone" in energy(machine).absence()
