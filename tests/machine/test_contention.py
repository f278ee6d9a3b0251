"""Counters of what took the CPU away."""

import os

from archbench.machine.contention import Contention, read_contention


def test_steal_is_read_for_our_own_cpus_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1})
    stat = tmp_path / "stat"
    stat.write_text("cpu  9 9 9 9 9 9 9 999 0 0\ncpu0 9 9 9 9 9 9 9 77 0 0\ncpu1 9 9 9 9 9 9 9 50 0 0\nintr 1\n")

    assert read_contention(stat).stolen_s == 50 / os.sysconf("SC_CLK_TCK")


def test_a_kernel_that_does_not_say_counts_as_no_steal(tmp_path):
    assert read_contention(tmp_path / "absent").stolen_s == 0


def test_what_was_added_since():
    later, earlier = Contention(stolen_s=2.5, preemptions=7), Contention(stolen_s=1.0, preemptions=3)

    assert later.since(earlier) == Contention(stolen_s=1.5, preemptions=4)


def test_the_counters_of_this_machine_grow():
    before = read_contention()

    assert read_contention().since(before).preemptions >= 0
