"""Search paper, Figures 5 and 6: how much faster than the seed are the networks that a search found, and do operations tell?"""

import pytest

pytestmark = pytest.mark.archbench_on_request


@pytest.mark.archbench_experiment("kws")
def test_kws(archbench, archbench_case):
    archbench.measure(archbench_case)
