"""Known answers: what was planted by formula is found again, in shapes that were never shown."""

import math

import numpy as np
import pytest

from archbench.contracts import Kernel
from archbench.errors import RecordFileError
from archbench.prediction.features import WORK, work_of
from archbench.prediction.predictor import CONFIDENCE
from archbench.prediction.training import predicted, train, within
from tests.prediction.planted import CALL, PLATFORM, conv, design, drawn, join, learnt, seconds

UNSEEN = [
    [conv(24, 40, 20), join(40, 20)],
    [conv(100, 17, 10, kernel=1)],
    [conv(64, 64, 28), conv(64, 128, 28, kernel=1), join(128, 28), join(128, 28)],
]


@pytest.fixture(scope="module")
def exact():
    return train(PLATFORM, design())


def test_sums_of_work_are_found_again(exact):
    assert exact.call_seconds == pytest.approx(CALL, rel=0.02)
    for kernels in UNSEEN:
        assert exact.predict(kernels).seconds.estimate == pytest.approx(CALL + seconds(kernels), rel=0.02)


def test_each_kernel_gets_its_own_part(exact):
    first, second = exact.price([conv(60, 60, 28), join(60, 28)])

    assert first.seconds == pytest.approx(seconds([conv(60, 60, 28)]), rel=0.05)
    assert second.seconds == pytest.approx(seconds([join(60, 28)]), rel=0.3)


def test_what_no_sum_of_work_gives_is_learnt_by_trees():
    def truth(kernels):
        """A window of one pixel is twice as fast."""
        return sum(seconds([kernel]) / (2 if kernel.window == (1, 1) else 1) for kernel in kernels)

    predictor = train(PLATFORM, design(truth))
    unseen = conv(90, 90, 28, kernel=1)

    assert predictor.method != "sums alone"
    assert predictor.tried[predictor.method] < 0.6 * predictor.tried["sums alone"]
    assert predictor.predict([unseen]).seconds.estimate == pytest.approx(CALL + truth([unseen]), rel=0.1)


def test_the_interval_holds_as_many_as_it_says():
    noise = 0.1
    predictor = train(PLATFORM, design(noise=noise))
    generator = np.random.default_rng(5)
    held = 0
    for index in range(200):
        kernel = conv(20 + index, 30 + index, 14)
        interval = predictor.predict([kernel]).seconds
        truth = (CALL + seconds([kernel])) * math.exp(noise * generator.standard_normal())
        held += interval.low <= truth <= interval.high

    assert CONFIDENCE - 0.12 <= held / 200 <= 1


def test_an_unknown_kernel_is_priced_like_its_kin_and_said_to_be(exact):
    odd = Kernel(kind="Pad", implementation="ref_f32", inputs=((1, 8, 28, 28),), outputs=((1, 8, 30, 30),))
    (priced,) = exact.price([odd])

    assert (priced.known, priced.family) == (False, "Eltwise jit_avx512_f32")
    assert priced.seconds > 0
    assert exact.predict([odd, conv(64, 64, 28)]).guessed == pytest.approx(priced.seconds, rel=0.5, abs=0.05)


LONGER = {"call": 1e-5, "bytes_in": 2e-6, "bytes_held": 1e-6}


def inside(kernels):
    """What these kernels take in a network: each a little longer, and so does each byte that is far away."""
    longer = np.array([LONGER.get(name, 0.0) for name in WORK])
    return seconds(kernels) + float(sum(work_of(kernel) @ longer for kernel in kernels))


def test_what_kernels_take_longer_in_a_network_is_learnt_of_drawn_ones(exact):
    unseen = drawn(99, inside)
    kernels = [kernel for kernel, _ in unseen.kernels]
    predictor = within(exact, [drawn(number, inside) for number in range(40)])
    predicted_inside = predictor.predict(kernels)

    assert exact.predict(kernels).seconds.estimate < 0.9 * unseen.seconds
    assert predicted_inside.seconds.estimate == pytest.approx(unseen.seconds, rel=0.03)
    assert sum(entry.seconds for entry in predicted_inside.kernels) + CALL == pytest.approx(unseen.seconds, rel=0.03)
    for name, spent in zip(WORK, predictor.inside.work, strict=True):
        assert spent == pytest.approx(LONGER.get(name, 0.0), rel=0.3, abs=1e-7)
    assert predictor.inside.share < 0.01


def test_a_share_by_which_all_kernels_take_longer_is_told_from_what_bytes_do(exact):
    predictor = within(exact, [drawn(number, lambda kernels: 1.2 * seconds(kernels)) for number in range(40)])
    kernels = [conv(64, 64, 28), conv(64, 128, 14, kernel=1)]

    assert predictor.inside.share == pytest.approx(0.2, abs=0.03)
    assert predictor.predict(kernels).seconds.estimate == pytest.approx(CALL + 1.2 * seconds(kernels), rel=0.03)


def test_networks_that_take_no_longer_teach_nothing(exact):
    networks = [drawn(number) for number in range(20)]

    inside = within(exact, networks).inside

    assert max(inside.share, *inside.work) < 1e-7
    assert train(PLATFORM, design(), networks) == within(exact, networks)


def test_too_few_drawn_networks_are_one_line():
    with pytest.raises(RecordFileError, match=r"3 drawn networks could be read, but 8 are needed"):
        train(PLATFORM, design(), [drawn(number) for number in range(3)])


def test_learning_twice_is_the_same():
    first, second = (train(PLATFORM, design(noise=0.05)[:80]) for _ in range(2))

    assert first == second


def test_what_the_larger_network_lacks_is_taken_off(exact):
    entry = learnt([conv(64, 64, 28)])[0]
    lacking = type(entry)(
        sweep="", workload=entry.workload, seconds=1.0, error=0.0, kernels=((conv(64, 64, 28), 1.0), (conv(8, 8, 28), -1.0))
    )

    assert predicted(exact, lacking) < predicted(exact, entry)


def test_too_few_units_are_one_line():
    with pytest.raises(RecordFileError, match=r"5 units could be read, but a predictor needs 20"):
        train(PLATFORM, design()[:10])
