"""Known answers where the prices of one family are no sum of its work."""

import numpy as np
import pytest

from archbench.prediction.fitting import fit
from archbench.prediction.growing import WAYS
from tests.prediction.planted import CALL, PLATFORM, conv, design, join, learnt, seconds

#: What convolutions take on an image of so many pixels, by their sums of work.
ODD = {7: 1.6, 14: 1.0, 28: 0.6}


def crooked(kernels):
    return sum(seconds([kernel]) * (ODD[kernel.outputs[0][-1]] if kernel.kind == "Convolution" else 1) for kernel in kernels)


def crooked_design():
    """Convolutions of three sizes of image, with a join behind some of those alone that are faster than the others."""
    generator = np.random.default_rng(3)
    found = []
    for index in range(120):
        inside, outside = (int(size) for size in generator.integers(3, 200, size=2))
        pixels, kernel = int(generator.choice(list(ODD))), int(generator.choice([1, 3, 5]))
        joined = [join(outside, pixels)] if pixels == 28 and index % 3 == 0 else []
        found += learnt([conv(inside, outside, pixels, kernel), *joined], index, truth=crooked)
    return found


@pytest.mark.parametrize("name", ["boosted trees", "averaged trees"])
def test_what_stands_behind_kernels_that_are_off_keeps_its_own_price(name):
    predictor = fit(crooked_design(), WAYS[name]).predictor(PLATFORM)
    behind = [join(channels, 28) for channels in (50, 100, 180)]

    assert sum(entry.seconds for entry in predictor.price(behind)) == pytest.approx(seconds(behind), rel=0.05)


def test_without_trees_prices_are_those_of_the_sums():
    fitted = fit(design(), None)

    assert fitted.call_seconds == pytest.approx(CALL, rel=0.02)
    assert all(not family.correction.trees for family in fitted.families.values())
    assert {name: family.units for name, family in fitted.families.items()} == {
        "Convolution brgconv_avx512_f32": 120,
        "Eltwise jit_avx512_f32": 40,
    }
