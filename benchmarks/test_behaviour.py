"""What does every dimension of the design space cost here: channels, kernels, activations, operators, blocks?"""

import pytest

pytestmark = pytest.mark.archbench_on_request


@pytest.mark.archbench_experiment("behaviour")
def test_behaviour(archbench, archbench_case):
    archbench.measure(archbench_case)
