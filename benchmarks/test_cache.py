"""Form/function, Figures 3 and 4: which patterns miss the last level of cache, and is that where the time goes?"""

import pytest

pytestmark = pytest.mark.archbench_on_request


@pytest.mark.archbench_experiment("cache-depth")
def test_cache_depth(archbench, archbench_case):
    archbench.measure(archbench_case)


@pytest.mark.archbench_experiment("cache-width")
def test_cache_width(archbench, archbench_case):
    archbench.measure(archbench_case)
