"""Work spread over nodes: nothing is lost with a node, and nothing is measured with other packages."""

import numpy as np
import pytest

from archbench.errors import WorkerError
from archbench.measurement.distribution import Done, distribute, pieces
from archbench.workloads import behaviour
from archbench.workloads.case import cases_of
from tests.samples import record

CASES = list(cases_of(behaviour.smoke(), ("torch", "openvino-cpu-f32")))
WORKS = pieces(CASES, sweeps=True)


class ScriptedCluster:
    """Does what was submitted first; nodes are lost as the script says, and have the torch that it says."""

    def __init__(self, losses=(), torches=("2",)):
        self.submitted = []
        self._losses = list(losses)
        self._torches = torches

    def submit(self, work):
        self.submitted.append(work)

    def next_done(self):
        work = self.submitted.pop(0)
        if self._losses and self._losses.pop(0):
            return Done(work=work)
        index = len(self.submitted) % len(self._torches)
        cases = [case for plan in work.plans for case in plan.cases]
        generator = np.random.default_rng(0)
        return Done(work=work, node="a", records=[record(case.id, generator, torch=self._torches[index]) for case in cases])


def test_pieces_hold_every_case_once_and_a_sweep_is_of_one_backend():
    planned = [[case for plan in work.plans for case in plan.cases] for work in WORKS]

    assert sorted(case.id for cases in planned for case in cases) == sorted(case.id for case in CASES)
    assert all(len({case.backend for case in cases}) == 1 for cases in planned)
    assert len(pieces(CASES, sweeps=False)) > 1


@pytest.mark.parametrize("losses", [(), (True,), (False, True, False, True)])
def test_every_case_is_kept_once_whatever_is_lost(losses):
    kept, said = [], []

    distribute(WORKS, ScriptedCluster(losses), lambda entry: kept.append(entry.case_id), said.append)

    assert sorted(kept) == sorted(case.id for case in CASES)
    assert sum("a node was lost" in line for line in said) == sum(losses)


def test_work_that_loses_three_nodes_is_given_up():
    with pytest.raises(WorkerError, match=f"3 nodes were lost while they measured {WORKS[0].plans[0].cases[0].id}"):
        distribute(WORKS[:1], ScriptedCluster([True] * 3), lambda _: None, lambda _: None)


def test_nodes_with_different_packages_make_no_run():
    with pytest.raises(WorkerError, match="node a has torch 3, but another one 2"):
        distribute(WORKS[:2], ScriptedCluster(torches=("3", "2")), lambda _: None, lambda _: None)
