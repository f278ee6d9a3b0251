"""Executed graphs compared as text."""

from archbench.gate.kernels import kernel_changes


def test_the_same_graph_has_no_changes():
    assert kernel_changes(("conv a", "pool b"), ("conv a", "pool b")) == ()


def test_what_went_and_what_came_are_told_in_order():
    assert kernel_changes(("conv a", "pool b", "add c"), ("conv a", "reorder x", "add c")) == ("- pool b", "+ reorder x")


def test_numbers_that_a_runtime_makes_up_are_no_change():
    then = ("Reshape unknown_f32 f32 a <- Reshape_53_flatten", "Convolution brgconv_avx512_1x1_f32 f32 acdb <- Conv_7")
    now = ("Reshape unknown_f32 f32 a <- Reshape_15_flatten", "Convolution brgconv_avx512_1x1_f32 f32 acdb <- Conv_9")

    assert kernel_changes(then, now) == ()
    assert kernel_changes(("conv_avx2_1x1_f32",), ("conv_avx2_3x3_f32",)) == ("- conv_avx2_1x1_f32", "+ conv_avx2_3x3_f32")
