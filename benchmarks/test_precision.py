"""What do bfloat16 and 8 bits gain, pattern by pattern and network by network, and how far do the outputs move?"""

import pytest

pytestmark = pytest.mark.archbench_on_request


@pytest.mark.archbench_experiment("precision")
def test_precision(archbench, archbench_case):
    archbench.measure(archbench_case)
