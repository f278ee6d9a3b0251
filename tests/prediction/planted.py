"""Kernels with prices by formula, and what a machine with these prices would have measured."""

import itertools

import numpy as np

from archbench.contracts import Kernel
from archbench.machine.fingerprint import read_fingerprint
from archbench.prediction.features import work_of
from archbench.prediction.predictor import Platform
from archbench.prediction.units import Learnt
from archbench.workloads.drawn import DrawnWorkload
from archbench.workloads.layer import LayerWorkload

OPENVINO = "openvino-cpu-f32"
PLATFORM = Platform(backend=OPENVINO, version="1", threads=1, isa=None, fingerprint=read_fingerprint().key, pace=1e-4)

CALL = 2e-5

#: Seconds a unit of work, as the families below have them; a join has no multiply-accumulates.
CONV = np.array([3e-6, 1.5e-5, 1e-7, 4e-7, 2e-7, 0.0])
JOIN = np.array([1e-6, 0.0, 3e-7, 0.0, 5e-7, 0.0])


def conv(inside, outside, pixels, kernel=3, fused=()):
    return Kernel(
        kind="Convolution",
        implementation="brgconv_avx512_f32",
        layout="acdb>acdb",
        inputs=((1, inside, pixels, pixels),),
        weights=((outside, inside, kernel, kernel),),
        outputs=((1, outside, pixels, pixels),),
        window=(kernel, kernel),
        fused=fused,
    )


def join(channels, pixels):
    shape = (1, channels, pixels, pixels)
    return Kernel(kind="Eltwise", implementation="jit_avx512_f32", inputs=(shape, shape), outputs=(shape,), fused=("Add",))


def seconds(kernels):
    """What these kernels take on that machine, without the call."""
    return float(sum(work_of(kernel) @ (CONV if kernel.kind == "Convolution" else JOIN) for kernel in kernels))


def learnt(kernels, index=0, *, copies=2, truth=seconds, noise=1.0):
    """A unit of these kernels and the network of its copies, as read off records."""
    workload = LayerWorkload(layer="conv", in_channels=index + 1, out_channels=1)
    sweep, error = f"sweep {index % 20}", 0.01
    counted = tuple((kernel, 1.0) for kernel in kernels)
    network = tuple((kernel, float(copies)) for kernel in kernels)
    whole = CALL + copies * truth(kernels)
    return [
        Learnt(sweep=sweep, workload=workload, seconds=truth(kernels) * noise, error=error, kernels=counted),
        Learnt(sweep=sweep, workload=workload, seconds=whole * noise, error=error, kernels=network, calls=1),
    ]


def drawn(number, truth=seconds):
    """A network of a dozen kernels, as read off its record."""
    generator = np.random.default_rng(number)
    channels = [int(count) for count in generator.integers(8, 200, size=13)]
    places = [(int(pixels), int(kernel)) for pixels, kernel in generator.choice([[28, 1], [14, 3], [7, 5], [14, 1]], size=12)]
    kernels = [conv(*pair, *place) for pair, place in zip(itertools.pairwise(channels), places, strict=True)]
    workload = DrawnWorkload(number=number)
    counted = tuple((kernel, 1.0) for kernel in kernels)
    return Learnt(sweep=workload.id, workload=workload, seconds=CALL + truth(kernels), error=0.01, kernels=counted, calls=1)


def design(truth=seconds, noise=0.0):
    """Units over channels, pixels and windows: convolutions alone, and with a join behind them."""
    generator = np.random.default_rng(3)
    found = []
    for index in range(120):
        inside, outside = (int(size) for size in generator.integers(3, 200, size=2))
        pixels, kernel = int(generator.choice([7, 14, 28])), int(generator.choice([1, 3, 5]))
        kernels = [conv(inside, outside, pixels, kernel)] + [join(outside, pixels)] * (index % 3 == 0)
        found += learnt(kernels, index, truth=truth, noise=float(np.exp(noise * generator.standard_normal())))
    return found
