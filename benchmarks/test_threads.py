"""How do latency and throughput scale with threads, for single images and for batches?"""

import pytest

pytestmark = pytest.mark.archbench_on_request


@pytest.mark.archbench_experiment("threads")
def test_threads(archbench, archbench_case):
    archbench.measure(archbench_case)
