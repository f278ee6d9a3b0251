"""Hypothesis strategies for shapes: small networks of every pattern, odd sizes, 1x1, non-square."""

from hypothesis import strategies as st

from archbench.experiments.shapes import layer_workloads
from archbench.registry import LAYERS, PATTERNS
from archbench.workloads.case import ISA_CAPS, Case
from archbench.workloads.drawn import DrawnWorkload
from archbench.workloads.kws import NAMED, UNITS, KwsUnit, KwsWorkload
from archbench.workloads.network import NETWORKS, NetworkWorkload
from archbench.workloads.pattern import PatternWorkload, pattern_named


@st.composite
def workloads(draw, max_depth=3, max_width=24, max_pixels=13, max_batch=3):
    """Any workload of any pattern, small enough to run in milliseconds."""
    pattern = draw(st.sampled_from(sorted(PATTERNS)))
    divisor = draw(st.integers(1, 4))
    width = divisor * draw(st.integers(1, max_width // divisor))
    entry = pattern_named(pattern)
    return PatternWorkload(
        pattern=pattern,
        depth=draw(st.integers(1, max_depth)),
        width=width,
        resolution=(draw(st.integers(1, max_pixels)), draw(st.integers(1, max_pixels))),
        batch=draw(st.integers(1, max_batch)),
        kernel=draw(st.sampled_from((1, 3, 5))),
        groups=None if entry.default_groups is None else divisor,
        ratio=None if entry.default_ratio is None else divisor,
    )


def networks():
    """Any named network in any small batch."""
    return st.builds(NetworkWorkload, network=st.sampled_from(sorted(NETWORKS)), batch=st.integers(1, 32))


def drawn_networks():
    """Any network drawn at random, in any small batch."""
    return st.builds(DrawnWorkload, number=st.integers(0, 2**32), batch=st.integers(1, 32))


def kws_networks():
    """Any published or other keyword-spotting network, even kernels too, in any small batch."""
    unit = st.builds(KwsUnit, kernel=st.tuples(st.integers(1, 10), st.integers(1, 10)), filters=st.integers(1, 100))
    units = st.sampled_from(list(NAMED.values())) | st.tuples(*[unit] * UNITS)
    return st.builds(KwsWorkload, units=units, batch=st.integers(1, 32))


@st.composite
def cases(draw):
    """Any case of any backend."""
    from archbench.registry import BACKENDS

    return Case(
        workload=draw(workloads() | networks() | drawn_networks() | layers() | kws_networks()),
        backend=draw(st.sampled_from(sorted(BACKENDS))),
        threads=draw(st.integers(1, 64)),
        isa=draw(st.sampled_from((None, *ISA_CAPS))),
    )


def layers(max_channels=16, max_pixels=9):
    """Any operator or block with a shape that it can have, small enough to run in milliseconds."""
    drawn = layer_workloads(sorted(LAYERS), max_channels=max_channels, max_pixels=max_pixels, max_batch=3, max_copies=3)
    return drawn.filter(lambda workload: workload is not None)
