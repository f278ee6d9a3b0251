"""Behaviour study, Table 4: the networks made for phones and those they replaced."""

import pytest

pytestmark = pytest.mark.archbench_on_request


@pytest.mark.archbench_experiment("zoo")
def test_zoo(archbench, archbench_case):
    archbench.measure(archbench_case)
