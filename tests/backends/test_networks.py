"""Parity of every network on every backend that this machine has."""

import numpy as np
import pytest

from archbench.contracts import Precision, backend_named
from archbench.registry import BACKENDS
from archbench.workloads.network import NETWORKS, NetworkWorkload
from tests.backends.parity import parity_on

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("name", BACKENDS)
def test_the_network_agrees_with_the_reference(name, network, cache_root):
    pytest.importorskip("pytorchcv")
    output, parity = parity_on(name, NetworkWorkload(network=network), cache_root)

    assert parity.has_teeth
    if backend_named(name).precision is Precision.I8 and not parity.holds:
        # With seeded weights that is what 8 bits do to some networks, and why they are then not timed; it is no bug.
        assert np.isfinite(output).all()
        pytest.xfail(f"8 bits move the output by {parity.error:.2f} of its RMS, and {parity.tolerance:.2f} is granted")
    assert parity.holds, parity
