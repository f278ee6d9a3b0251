"""Seeded weights under which a deep network still says something.

With default initialisation the output of fifty rectified layers no longer depends on the input, and a parity check passes
whatever the backend computes. With freshly centred batch normalisation the opposite happens: every rectification loses part
of the variance to the mean, normalisation blows the rest up again, and rounding errors grow by a factor sqrt(pi / (pi - 1)) =
1.21 a layer (Yang et al. 2019, "A Mean Field Theory of Batch Normalization"), 1e12 over 150 layers. So every normalisation
holds the true statistics of a seeded calibration batch, as a trained network's does, and adds a shift of SHIFT standard
deviations: the rectification then cuts off the lowest 2 %, and growth is about 1.01 a layer.
"""

from __future__ import annotations

import math

import torch
from torch import nn

from archbench.workloads.inputs import shaped
from archbench.workloads.layer import LayerWorkload
from archbench.workloads.pattern import PatternWorkload
from archbench.workloads.workload import Workload

SEED = 20210708
SHIFT = 2.0
CANCELLING = 4

_KNOWN = (nn.Conv2d, nn.Linear, nn.BatchNorm2d)

#: Values behind each channel statistic: enough for a 1 x 1 image too.
_CALIBRATION_VALUES = 512

#: Images for a network whose last features are of 7 x 7 pixels.
_CALIBRATION_IMAGES = 8


def is_untrained(module: nn.Module) -> bool:
    """Whether it normalises batches but has never seen one, and `initialise` knows all its layers."""
    norms = [layer for layer in module.modules() if isinstance(layer, nn.BatchNorm2d)]
    fresh = all(
        layer.num_batches_tracked == 0 and layer.running_mean is not None and not layer.running_mean.any() for layer in norms
    )
    return bool(norms) and fresh and all(_is_known(layer) for layer in module.modules())


def _is_known(layer: nn.Module) -> bool:
    return isinstance(layer, _KNOWN) or next(layer.parameters(recurse=False), None) is None


def initialise(module: nn.Module, workload: Workload) -> None:
    """Give `module` its seeded weights and calibrated batch normalisation, in place and in evaluation mode.

    Raises:
        ValueError: `module` has parameters of a layer that is neither convolution, linear nor batch normalisation.
    """
    generator = torch.Generator().manual_seed(SEED)
    for layer in module.modules():
        if not _is_known(layer):
            raise ValueError(f"no weights are known for {layer}.")
        if isinstance(layer, nn.Conv2d | nn.Linear):
            _draw_weights(layer.weight, generator)
            if layer.bias is not None:
                layer.bias.zero_()
        elif isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
            layer.weight.fill_(1.0)
            layer.bias.fill_(SHIFT)
    _calibrate(module, workload, generator)


def _draw_weights(weight: torch.Tensor, generator: torch.Generator) -> None:
    """Normal weights of variance 1 / fan-in which sum to zero over the input channels at each tap.

    So the shift, equal in all channels, cancels tap by tap; otherwise the zero padding would print a pattern of its own that
    outgrows the input within a few dozen layers on a small image. Fewer than CANCELLING channels are left alone: the condition
    costs one of them, and two channels would become one signal.
    """
    channels = weight.shape[1]
    weight.normal_(0.0, 1.0 / math.sqrt(weight[0].numel()), generator=generator)
    if channels >= CANCELLING:
        weight.sub_(weight.mean(dim=1, keepdim=True)).mul_(math.sqrt(channels / (channels - 1)))


def _calibrate(module: nn.Module, workload: Workload, generator: torch.Generator) -> None:
    """Let every normalisation take on the statistics of a seeded batch; all else stays in evaluation mode, dropout too."""
    norms = [layer for layer in module.modules() if isinstance(layer, nn.BatchNorm2d)]
    if not norms:
        return
    noise = torch.randn((_calibration_images(workload), *workload.input_shape[1:]), generator=generator)
    batch = shaped(workload, noise)
    usual = [layer.momentum for layer in norms]
    for layer in norms:
        layer.train().momentum = 1.0
    with torch.no_grad():
        module(batch)
    for layer, momentum in zip(norms, usual, strict=True):
        layer.eval().momentum = momentum


def _calibration_images(workload: Workload) -> int:
    if isinstance(workload, PatternWorkload):
        return _images_of(*workload.resolution)
    if isinstance(workload, LayerWorkload):
        return min(_CALIBRATION_IMAGES, _images_of(*workload.output_shape[1:]))
    return _CALIBRATION_IMAGES


def _images_of(rows: int, columns: int) -> int:
    return max(1, math.ceil(_CALIBRATION_VALUES / (rows * columns)))
