"""The roofline: hand-computed placements, and what must hold of any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archbench.stats.roofline import HALF, Bound, place, roof_of

#: 100 Gop/s; a near level of 1 MB with 50 GB/s, a far one with 10 GB/s. Ridges at 2 and 10 operations a byte.
ROOF = roof_of(100e9, [("L2", 1e6, 50e9), ("memory", None, 10e9)])


def placed(operations, moved, seconds, resident=None, overhead=0.0):
    resident = moved if resident is None else resident
    return place(
        operations=operations,
        moved_bytes=moved,
        resident_bytes=resident,
        seconds=seconds,
        roof=ROOF,
        overhead_seconds=overhead,
    )


def test_dense_work_is_bound_by_compute():
    # 1 Gop on 20 MB: 10 ms of arithmetic, 2 ms of memory; it took 12.5 ms.
    found = placed(1e9, 20e6, 12.5e-3)

    assert found.intensity == pytest.approx(50)
    assert found.attained == pytest.approx(80e9)
    assert found.ceilings == pytest.approx({"L2": 100e9, "memory": 100e9})
    assert (found.level, found.bound, found.share) == ("memory", Bound.COMPUTE, pytest.approx(0.8))


def test_sparse_work_is_bound_by_the_level_that_holds_it():
    # 20 Mop on 20 MB: 0.2 ms of arithmetic, 2 ms of memory; it took 2.5 ms.
    far = placed(20e6, 20e6, 2.5e-3)
    # A fortieth of it fits into L2: 10 us of transfer there; it took 16 us.
    near = placed(0.5e6, 0.5e6, 16e-6)

    assert far.ceilings == pytest.approx({"L2": 50e9, "memory": 10e9})
    assert (far.bound_text, far.share) == ("bandwidth memory", pytest.approx(0.8))
    assert far.ceiling == pytest.approx(10e9)
    assert (near.bound_text, near.share) == ("bandwidth L2", pytest.approx(0.625))


def test_what_is_faster_than_its_level_had_data_nearer():
    # 2 ms of memory, 0.4 ms of L2; it took 0.5 ms.
    found = placed(20e6, 20e6, 0.5e-3)

    assert (found.level, found.share, found.bound) == ("L2", pytest.approx(0.8), Bound.BANDWIDTH)


def test_what_is_faster_than_every_ceiling_says_so():
    found = placed(1e9, 20e6, 5e-3)

    assert (found.bound, found.share) == (Bound.COMPUTE, pytest.approx(2.0))


@pytest.mark.parametrize(("seconds", "bound"), [(19.9e-3, Bound.COMPUTE), (20.1e-3, Bound.OVERHEAD)])
def test_less_than_half_of_the_ceiling_is_overhead(seconds, bound):
    assert placed(1e9, 20e6, seconds).bound is bound


@pytest.mark.parametrize(("overhead", "bound"), [(6.2e-3, Bound.COMPUTE), (6.3e-3, Bound.OVERHEAD)])
def test_time_that_empty_operators_would_fill_to_the_half_is_overhead(overhead, bound):
    assert placed(1e9, 20e6, 12.5e-3, overhead=overhead).bound is bound


def test_moving_alone_has_a_place():
    found = placed(0, 20e6, 2.5e-3)

    assert (found.attained, found.intensity, found.bound_text) == (0, 0, "bandwidth memory")
    assert found.share == pytest.approx(0.8)


@pytest.mark.parametrize(("moved", "seconds"), [(1.0, 0.0), (0.0, 1.0)])
def test_nothing_has_no_place(moved, seconds):
    with pytest.raises(ValueError, match="must hold"):
        placed(1.0, moved, seconds)


amounts = st.floats(1e-3, 1e15)


@st.composite
def roofs(draw):
    rates = draw(st.lists(amounts, min_size=1, max_size=4))
    sizes = sorted(draw(st.lists(amounts, min_size=len(rates) - 1, max_size=len(rates) - 1)))
    return roof_of(
        draw(amounts), [(f"L{i}", size, rate) for i, (size, rate) in enumerate(zip([*sizes, None], rates, strict=True))]
    )


@given(roofs(), st.just(0.0) | amounts, amounts, amounts, amounts, st.floats(0, 1e3))
def test_no_ceiling_is_above_peak_or_bandwidth(roof, operations, moved, resident, seconds, overhead):
    found = place(
        operations=operations,
        moved_bytes=moved,
        resident_bytes=resident,
        seconds=seconds,
        roof=roof,
        overhead_seconds=overhead,
    )
    level = next(level for level in roof.levels if level.name == found.level)

    for entry in roof.levels:
        assert found.ceilings[entry.name] <= roof.operations_per_second
        assert found.ceilings[entry.name] <= found.intensity * entry.bytes_per_second
    if operations:
        assert found.share == pytest.approx(found.attained / found.ceiling, rel=1e-6)
    if found.bound is Bound.COMPUTE:
        assert found.ceiling == pytest.approx(roof.operations_per_second)
    elif found.bound is Bound.BANDWIDTH:
        assert found.ceiling == pytest.approx(found.intensity * level.bytes_per_second)
    else:
        assert found.share < HALF or overhead >= HALF * seconds


@given(roofs(), amounts, amounts, amounts, amounts)
def test_the_level_is_never_further_than_the_first_that_holds_everything(roof, operations, moved, resident, seconds):
    found = place(operations=operations, moved_bytes=moved, resident_bytes=resident, seconds=seconds, roof=roof)
    names = [level.name for level in roof.levels]
    home = next(level.name for level in roof.levels if resident <= level.capacity_bytes)

    assert names.index(found.level) <= names.index(home)
