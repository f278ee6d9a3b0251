"""Form/function, Figure 5: how much does each whole network gain, and does its core pattern tell?"""

import pytest

pytestmark = pytest.mark.archbench_on_request


@pytest.mark.archbench_experiment("networks")
def test_networks(archbench, archbench_case):
    archbench.measure(archbench_case)
