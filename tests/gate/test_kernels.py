"""Executed graphs compared as text."""

from archbench.gate.kernels import kernel_changes


def test_the_same_graph_has_no_changes():
    assert kernel_changes(("conv a", "pool b"), ("conv a", "pool b")) == ()


def test_what_went_and_what_came_are_told_in_order():
    assert kernel_changes(("conv a", "pool b", "add c"), ("conv a", "reorder x", "add c")) == ("- pool b", "+ reorder x")
