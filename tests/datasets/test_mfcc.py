"""MFCCs of one second: their shape, what silence and level do, and a published identity."""

import numpy as np
import pytest
import soundfile

from archbench.datasets.log_mel import log_mel_of
from archbench.datasets.mfcc import BANDS, FRAMES, RATE_HZ, mfcc, mfcc_of

SECONDS = np.arange(RATE_HZ) / RATE_HZ


def tone(hertz, seconds=SECONDS):
    return (0.4 * np.sin(2 * np.pi * hertz * seconds)).astype(np.float32)


def test_a_second_gives_forty_bands_and_thirty_two_frames():
    found = mfcc(tone(500))

    assert found.shape == (1, BANDS, FRAMES) == (1, 40, 32)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()


def test_features_repeat_bit_by_bit():
    np.testing.assert_array_equal(mfcc(tone(500)), mfcc(tone(500)))


def test_level_moves_the_first_coefficient_alone():
    """Halving the amplitude takes log 4 from each of 40 log energies; its cosine transform is sqrt(40) log 4, then 0."""
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, RATE_HZ).astype(np.float32)
    difference = (mfcc(noise) - mfcc(noise / 2))[0, :, FRAMES // 2]

    assert difference[0] == pytest.approx(np.sqrt(BANDS) * np.log(4), rel=1e-3)
    np.testing.assert_allclose(difference[1:], 0.0, atol=1e-3)


def test_sound_in_the_middle_is_in_the_middle_frames():
    second = np.zeros(RATE_HZ, dtype=np.float32)
    second[RATE_HZ // 2 - 400 : RATE_HZ // 2 + 400] = tone(700)[:800]
    energy = mfcc(second)[0, 0]

    assert abs(int(energy.argmax()) - FRAMES // 2) <= 2


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100])
def test_another_sample_rate_gives_features_of_one_shape(rate, tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(440, np.arange(rate) / rate), rate)
    soundfile.write(tmp_path / "b.wav", tone(440), RATE_HZ)

    first, second = mfcc_of(tmp_path / "a.wav"), mfcc_of(tmp_path / "b.wav")

    assert first.shape == second.shape == (1, BANDS, FRAMES)


def test_both_extractions_read_the_same_files_and_refuse_the_same(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"")

    for extract in (mfcc_of, log_mel_of):
        with pytest.raises(ValueError, match="cannot be read as sound"):
            extract(tmp_path / "a.wav")
