"""Spoken digits from a folder: features, the published split, and files that are no recordings."""

import os
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from archbench.cache import ArtifactCache
from archbench.datasets import features
from archbench.datasets.log_mel import BANDS, FRAMES, log_mel_of
from archbench.datasets.spoken_digits import load_spoken_digits
from archbench.errors import UsageError

RATE = 8000


def tone(hertz, seconds=0.4, rate=RATE):
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


@pytest.fixture
def folder(tmp_path):
    """Two digits of one speaker, twelve recordings each, every one different."""
    made = tmp_path / "recordings"
    made.mkdir()
    for digit in (3, 8):
        for index in range(12):
            soundfile.write(made / f"{digit}_ann_{index}.wav", tone(300 * digit + 10 * index), RATE)
    return made


@pytest.fixture
def cache(tmp_path):
    return ArtifactCache(tmp_path / "cache")


def test_the_split_goes_by_index(folder, cache):
    data = load_spoken_digits(folder, cache)

    assert (len(data.train), len(data.calibration), len(data.test)) == (4, 10, 10)
    assert data.test.images.shape == (10, 1, BANDS, FRAMES) == (10, 1, 40, 32)
    assert data.test.images.dtype == np.float32
    assert sorted(data.test.labels.tolist()) == [3] * 5 + [8] * 5
    assert data.skipped == ()


def test_features_are_computed_once(folder, cache, monkeypatch):
    first = load_spoken_digits(folder, cache)
    monkeypatch.setattr(features, "_computed", None)

    assert load_spoken_digits(folder, cache).digest == first.digest


def test_a_changed_file_changes_them(folder, cache):
    first = load_spoken_digits(folder, cache)
    soundfile.write(folder / "3_ann_0.wav", tone(2000), RATE)

    assert load_spoken_digits(folder, cache).digest != first.digest


def test_what_is_no_recording_is_named_and_left_out(folder, cache):
    (folder / "0_ann_0.wav").write_bytes(b"")
    (folder / "1_ann_0.wav").write_bytes(b"RIFF nonsense")
    soundfile.write(folder / "2_ann_0.wav", np.zeros(0), RATE)
    soundfile.write(folder / "ten_ann_0.wav", tone(500), RATE)
    soundfile.write(folder / "4_ann_0.wav", np.full(100, np.nan), RATE, subtype="FLOAT")
    soundfile.write(folder / "5_ann_0.wav", tone(5, rate=100), 100)
    (folder / "6_ann_0.wav").mkdir()
    (folder / "README.md").write_text("no sound")

    for _ in range(2):
        data = load_spoken_digits(folder, cache)

        assert (len(data.train), len(data.calibration), len(data.test)) == (4, 10, 10)
        told = dict(line.split(" ", 1) for line in data.skipped)
        assert sorted(told) == [*(f"{digit}_ann_0.wav" for digit in (0, 1, 2, 4, 5, 6)), "ten_ann_0.wav"]
        assert told["0_ann_0.wav"].startswith("cannot be read as sound")
        assert told["2_ann_0.wav"] == "holds no samples"
        assert told["4_ann_0.wav"] == "holds samples that are not numbers"
        assert told["5_ann_0.wav"] == "has a sample rate of 100 Hz, not 4000 to 192000"
        assert told["ten_ann_0.wav"] == "is not named DIGIT_SPEAKER_INDEX.wav"


def test_a_file_cut_short_is_still_read_or_named(folder, cache):
    """A header that promises more than there is: libsndfile reads what is there."""
    raw = bytearray((folder / "3_ann_0.wav").read_bytes())
    raw[40:44] = struct.pack("<I", 10**9)
    (folder / "3_ann_0.wav").write_bytes(bytes(raw[:200]))

    data = load_spoken_digits(folder, cache)

    assert len(data.test) + len(data.skipped) == 10


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100, 48000])
def test_another_sample_rate_gives_nearly_the_same_features(rate, tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(440), RATE)
    soundfile.write(tmp_path / "b.wav", np.stack([tone(440, rate=rate)] * 2, axis=1), rate)

    here, there = log_mel_of(tmp_path / "a.wav"), log_mel_of(tmp_path / "b.wav")

    loud = here > here.max() - 6
    assert here.shape == there.shape == (1, BANDS, FRAMES)
    assert np.abs(here - there)[loud].max() < 0.3


@pytest.mark.parametrize("seconds", [0.001, 0.9999, 1.0, 1.0001, 3.0])
def test_every_length_gives_one_shape(seconds, tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(440, seconds), RATE)

    assert log_mel_of(tmp_path / "a.wav").shape == (1, BANDS, FRAMES)


def test_a_higher_tone_is_in_a_higher_band(tmp_path):
    bands = []
    for hertz in (200, 800, 3000):
        soundfile.write(tmp_path / "a.wav", tone(hertz, 1.0), RATE)
        bands.append(int(log_mel_of(tmp_path / "a.wav")[0, :, FRAMES // 2].argmax()))

    assert bands == sorted(set(bands))


def test_a_folder_that_is_not_there_is_one_line(tmp_path, cache):
    with pytest.raises(UsageError, match=r"cannot read the recordings in .*nowhere: No such file or directory\."):
        load_spoken_digits(tmp_path / "nowhere", cache)


def test_a_folder_without_recordings_is_one_line(tmp_path, cache):
    with pytest.raises(UsageError, match="has no WAV files; name the folder that holds"):
        load_spoken_digits(tmp_path, cache)


def test_a_folder_of_broken_files_says_why(tmp_path, cache):
    (tmp_path / "0_ann_0.wav").write_bytes(b"")

    with pytest.raises(
        UsageError, match=r"no recording for the training part .*of 1 skipped files, 0_ann_0\.wav cannot be read"
    ):
        load_spoken_digits(tmp_path, cache)


def test_without_an_audio_library_it_is_named(folder, cache, monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)

    with pytest.raises(UsageError, match=r"soundfile is not installed; run `pip install 'archbench\[audio\]'`"):
        load_spoken_digits(folder, cache)


RECORDINGS = os.environ.get("ARCHBENCH_SPOKEN_DIGITS", "")


@pytest.mark.skipif(not RECORDINGS, reason="ARCHBENCH_SPOKEN_DIGITS names no folder of the Free Spoken Digit Dataset")
def test_the_published_data_are_read_whole(cache):
    data = load_spoken_digits(Path(RECORDINGS), cache)

    assert (len(data.train), len(data.calibration), len(data.test)) == (2400, 300, 300)
    assert data.skipped == ()
