"""Parity of keyword-spotting networks on every backend that this machine has: even kernels, uneven padding and a stride."""

import pytest

from archbench.registry import BACKENDS
from archbench.workloads.kws import NAMED, KwsWorkload
from tests.backends.parity import parity_on

QUICK = ("kws-seed", "kws12")


@pytest.mark.parametrize(
    ("name", "network"),
    [
        # Each network is a C++ program to compile.
        pytest.param(name, network, marks=() if network in QUICK and name != "torch-compile" else pytest.mark.slow)
        for name in BACKENDS
        for network in NAMED
    ],
)
def test_the_network_agrees_with_the_reference(name, network, cache_root):
    _, parity = parity_on(name, KwsWorkload.named(network), cache_root)

    assert parity.has_teeth
    assert parity.holds, parity
