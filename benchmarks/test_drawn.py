"""Whole networks drawn at random: what `archbench predict` learns of kernels that are not beside copies of themselves."""

import pytest

pytestmark = pytest.mark.archbench_on_request


@pytest.mark.archbench_experiment("drawn")
def test_drawn(archbench, archbench_case):
    archbench.measure(archbench_case)
