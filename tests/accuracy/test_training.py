"""The small networks: their forms, that they learn, and that training repeats."""

import numpy as np
import pytest
import torch
from torch import nn

from archbench.accuracy.block import BLOCKS, Block
from archbench.accuracy.module import SqueezeExcite, build
from archbench.accuracy.training import train
from archbench.datasets.dataset import Dataset, Part
from archbench.datasets.digits import load_digits
from archbench.workloads.grids import SIX


@pytest.fixture(scope="module")
def digits():
    return load_digits()


@pytest.fixture(scope="module")
def trained(digits):
    return train(Block(pattern="standard"), digits, steps=40)


def right(module, part):
    return float(np.mean(module(torch.from_numpy(part.images)).argmax(1).numpy() == part.labels))


def test_every_pattern_and_every_variant_is_there_once():
    names = [block.id for block in BLOCKS]

    assert len(names) == len(set(names))
    assert {f"{pattern}-relu" for pattern in (*SIX, "inverted-bottleneck")} <= set(names)
    for pattern in ("depthwise-bottleneck", "inverted-bottleneck"):
        variants = {name.removeprefix(f"{pattern}-") for name in names if name.startswith(pattern)}
        assert variants == {"relu", "relu6", "hard-swish", "swish", "relu-se", "hard-swish-se", "swish-se"}


@pytest.mark.parametrize("resolution", [(8, 8), (40, 32)])
@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.id)
def test_every_network_classifies(block, resolution):
    module = build(block, resolution, 10).eval()

    assert module(torch.zeros(2, 1, *resolution)).shape == (2, 10)


def test_the_activation_is_the_one_asked_for():
    module = build(Block(pattern="inverted-bottleneck", activation="hard-swish", squeeze=True), (8, 8), 10)

    kinds = {type(layer) for layer in module.modules()}
    assert nn.Hardswish in kinds and nn.Hardsigmoid in kinds
    assert not {nn.ReLU, nn.ReLU6, nn.Sigmoid} & kinds
    assert sum(isinstance(layer, SqueezeExcite) for layer in module.modules()) == 4


def test_large_images_are_halved_by_the_stem():
    features = build(Block(pattern="standard"), (40, 32), 10).eval()[:-3]

    assert features(torch.zeros(1, 1, 40, 32)).shape[2:] == (10, 8)


def test_forty_batches_are_enough_to_learn(digits, trained):
    assert right(trained, digits.test) > 0.8


def test_labels_without_meaning_teach_nothing(digits):
    labels = np.random.default_rng(0).permutation(digits.train.labels)
    nonsense = Dataset(
        name="nonsense",
        classes=10,
        train=Part(images=digits.train.images, labels=labels),
        calibration=digits.calibration,
        test=digits.test,
    )

    assert right(train(Block(pattern="standard"), nonsense, steps=40), digits.test) < 0.35


def test_training_repeats_and_leaves_the_generator_alone(digits, trained):
    torch.manual_seed(1)
    before = torch.random.get_rng_state()

    again = train(Block(pattern="standard"), digits, steps=40)

    assert all(torch.equal(a, b) for a, b in zip(again.state_dict().values(), trained.state_dict().values(), strict=True))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_more_steps_than_one_round_of_the_images(digits):
    few = Part(images=digits.train.images[:20], labels=digits.train.labels[:20])
    small = Dataset(name="small", classes=10, train=few, calibration=few, test=few)

    assert right(train(Block(pattern="standard"), small, steps=40), few) > 0.8
