"""What does every dimension of the design space cost here: channels, kernels, activations, operators, blocks?"""

import pytest

pytestmark = pytest.mark.archbench_on_request


@pytest.mark.archbench_experiment("behaviour")
def test_behaviour(archbench, archbench_case):
    archbench.measure(archbench_case)


def test_steps_are_as_accepted(archbench_run):
    changes = archbench_run.step_changes()
    if changes is None:
        pytest.skip("no baseline of this machine and profile to hold the steps against")

    assert not changes, "\n".join(changes)
