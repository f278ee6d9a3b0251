"""Keywords from a folder a word: the published split, and files that are no recordings."""

import numpy as np
import pytest
import soundfile

from archbench.cache import ArtifactCache
from archbench.datasets.speech_commands import KEYWORDS, Share, is_speech_commands, load_speech_commands, share_of
from archbench.errors import UsageError

RATE = 16_000


@pytest.fixture
def folder(tmp_path):
    """Sixteen speakers who say every keyword once."""
    made = tmp_path / "speech_commands"
    for place, word in enumerate(KEYWORDS):
        (made / word).mkdir(parents=True)
        for speaker in range(16):
            wave = 0.5 * np.sin(2 * np.pi * (200 + 50 * place + speaker) * np.arange(RATE) / RATE)
            soundfile.write(made / word / f"{speaker:08x}_nohash_0.wav", wave, RATE)
    (made / "_background_noise_").mkdir()
    (made / "bed").mkdir()
    return made


@pytest.fixture
def cache(tmp_path):
    return ArtifactCache(tmp_path / "cache")


def test_the_split_is_the_published_one():
    """The first lines of the published validation_list.txt and testing_list.txt."""
    assert share_of("a69b9b3e_nohash_0.wav") is Share.CALIBRATE
    assert share_of("bb05582b_nohash_3.wav") is Share.JUDGE


def test_a_speaker_has_one_part_whatever_the_repeat():
    assert len({share_of(f"a69b9b3e_nohash_{index}.wav") for index in range(9)}) == 1


def test_parts_are_eight_to_one_to_one():
    shares = [share_of(f"{number:08x}_nohash_0.wav") for number in range(20_000)]
    counted = [shares.count(share) / len(shares) for share in Share]

    assert counted == pytest.approx([0.8, 0.1, 0.1], abs=0.01)


def test_speakers_stay_in_one_part(folder, cache):
    data = load_speech_commands(folder, cache)

    sizes = [len(part) for part in (data.train, data.calibration, data.test)]
    assert sum(sizes) == 160
    assert all(size % len(KEYWORDS) == 0 for size in sizes)
    assert data.train.images.shape[1:] == (1, 40, 32)
    assert data.classes == 10
    assert sorted(set(data.train.labels.tolist())) == list(range(10))


def test_each_row_is_standardised_by_the_training_part(folder, cache):
    data = load_speech_commands(folder, cache)

    np.testing.assert_allclose(data.train.images.mean(axis=(0, 1, 3)), 0.0, atol=1e-4)
    np.testing.assert_allclose(data.train.images.std(axis=(0, 1, 3)), 1.0, atol=1e-3)


def test_what_is_no_recording_is_named_and_left_out(folder, cache):
    (folder / "yes" / "00000000_nohash_1.wav").write_bytes(b"")
    soundfile.write(folder / "no" / "00000000_nohash_1.wav", np.zeros(40), 100)
    (folder / "bed" / "00000000_nohash_0.wav").write_bytes(b"")

    data = load_speech_commands(folder, cache)

    assert [line.split(" ", 1)[0] for line in data.skipped] == ["yes/00000000_nohash_1.wav", "no/00000000_nohash_1.wav"]
    assert data.skipped[1].endswith("has a sample rate of 100 Hz, not 4000 to 192000")


def test_a_missing_keyword_is_one_line(folder, cache):
    for path in (folder / "stop").iterdir():
        path.unlink()
    (folder / "stop").rmdir()

    assert is_speech_commands(folder)
    with pytest.raises(
        UsageError, match=r"cannot read the recordings of 'stop' in .*: No such file or directory; there must be"
    ):
        load_speech_commands(folder, cache)


def test_keyword_folders_without_recordings_are_one_line(tmp_path, cache):
    for word in KEYWORDS:
        (tmp_path / word).mkdir()

    with pytest.raises(UsageError, match="have no WAV files"):
        load_speech_commands(tmp_path, cache)


def test_folders_of_broken_files_say_why(tmp_path, cache):
    for word in KEYWORDS:
        (tmp_path / word).mkdir()
        (tmp_path / word / "a_nohash_0.wav").write_bytes(b"")

    with pytest.raises(
        UsageError, match=r"no recording for the training part .*of 10 skipped files, yes/a_nohash_0\.wav cannot"
    ):
        load_speech_commands(tmp_path, cache)
