"""Which layout a folder has, the words made by formula, and the split by speaker."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from archbench.cache import ArtifactCache
from archbench.datasets import synthetic
from archbench.datasets.keywords import load_keywords, load_unheard
from archbench.datasets.speech_commands import KEYWORDS
from archbench.datasets.synthetic import RATE_HZ, WORDS, speak
from archbench.errors import UsageError

RATE = 8000


@pytest.fixture
def cache(tmp_path):
    return ArtifactCache(tmp_path / "cache")


@pytest.fixture
def digits(tmp_path):
    """Two digits by four speakers, twelve recordings each."""
    made = tmp_path / "digits"
    made.mkdir()
    for digit in (3, 8):
        for place, speaker in enumerate(("ann", "bob", "cem", "dot")):
            for index in range(12):
                wave = 0.5 * np.sin(2 * np.pi * (300 * digit + 40 * place + index) * np.arange(RATE) / RATE)
                soundfile.write(made / f"{digit}_{speaker}_{index}.wav", wave, RATE)
    return made


def test_digits_are_split_by_index_and_by_speaker(digits, cache):
    usual, unheard = load_keywords(digits, cache), load_unheard(digits, cache)

    assert [len(part) for part in (usual.train, usual.calibration, usual.test)] == [16, 40, 40]
    assert [len(part) for part in (unheard.train, unheard.calibration, unheard.test)] == [48, 24, 24]
    assert (usual.name, unheard.name) == ("spoken-digits", "spoken-digits-by-speaker")
    assert usual.train.images.shape[1:] == (1, 40, 32)


def test_the_repository_of_the_digits_is_their_folder_too(digits, cache):
    (digits.parent / "repository").mkdir()
    digits.rename(digits.parent / "repository/recordings")

    whole = load_keywords(digits.parent / "repository", cache)
    inner = load_keywords(digits.parent / "repository/recordings", cache)

    assert whole.digest == inner.digest
    assert load_unheard(digits.parent / "repository", cache) is not None


def test_two_speakers_cannot_be_split(digits, cache):
    for path in digits.glob("*_[cd]*"):
        path.unlink()

    with pytest.raises(UsageError, match="needs 3 speakers or more, but the recordings have 2"):
        load_unheard(digits, cache)


def test_a_folder_of_neither_layout_is_one_line(tmp_path, cache):
    (tmp_path / "notes.wav").write_bytes(b"")

    with pytest.raises(UsageError, match=r"has no recordings: give a folder that holds DIGIT_SPEAKER_INDEX\.wav, or one with"):
        load_keywords(tmp_path, cache)


def test_a_folder_that_is_not_there_is_one_line(tmp_path, cache):
    with pytest.raises(UsageError, match=r"cannot read the recordings in .*nowhere: No such file or directory"):
        load_keywords(tmp_path / "nowhere", cache)


def test_keyword_folders_are_told_from_digits(tmp_path, cache):
    (tmp_path / KEYWORDS[0]).mkdir()

    with pytest.raises(UsageError, match="there must be a folder for each of"):
        load_keywords(tmp_path, cache)
    assert load_unheard(tmp_path, cache) is None


def test_without_a_folder_words_are_made_by_formula(cache, monkeypatch):
    monkeypatch.setattr(synthetic, "_SIZES", {"train": 20, "calibration": 10, "test": 10})

    first, again = load_keywords(None, cache), load_keywords(None, cache)

    assert first.digest == again.digest
    assert [len(part) for part in (first.train, first.calibration, first.test)] == [20, 10, 10]
    assert first.train.images.shape[1:] == (1, 40, 32)
    assert sorted(first.test.labels.tolist()) == list(range(10))
    assert load_unheard(None, cache) is None


def test_a_word_is_a_second_of_finite_sound_that_its_seed_repeats():
    first, again, other = (speak("iau", np.random.default_rng(seed)) for seed in (1, 1, 2))

    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.shape == (RATE_HZ,)
    assert np.isfinite(first).all()
    assert 0 < np.abs(first).max() <= 1


def test_words_are_orders_of_the_same_vowels():
    assert len(set(WORDS)) == 10
    assert {"".join(sorted(word)) for word in WORDS} == {"aiu", "aeo"}


@pytest.mark.parametrize("seed", range(20))
def test_every_voice_stays_below_what_the_rate_can_hold(seed):
    assert np.isfinite(speak(WORDS[seed % 10], np.random.default_rng(seed))).all()


RECORDINGS = os.environ.get("ARCHBENCH_SPOKEN_DIGITS", "")


@pytest.mark.skipif(not RECORDINGS, reason="ARCHBENCH_SPOKEN_DIGITS names no folder of the Free Spoken Digit Dataset")
def test_the_published_data_are_read_whole(cache):
    data, unheard = load_keywords(Path(RECORDINGS), cache), load_unheard(Path(RECORDINGS), cache)

    assert [len(part) for part in (data.train, data.calibration, data.test)] == [2400, 300, 300]
    assert [len(part) for part in (unheard.train, unheard.calibration, unheard.test)] == [2000, 500, 500]
