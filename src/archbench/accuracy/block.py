"""Which small networks are trained: a design pattern with an activation, maybe squeeze-and-excite. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from archbench.workloads.grids import SIX

#: By name, the class of `torch.nn`.
ACTIVATIONS = {"relu": "ReLU", "relu6": "ReLU6", "hard-swish": "Hardswish", "swish": "SiLU"}

#: The behaviour study's networks whose blocks come with other activations and with squeeze-and-excite are made of these.
_VARIED = ("depthwise-bottleneck", "inverted-bottleneck")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What a small network repeats.

    Args:
        pattern: a name in the registry.
        activation: a name in ACTIVATIONS.
        squeeze: whether squeeze-and-excite follows the spatial convolution.
    """

    pattern: str
    activation: str = "relu"
    squeeze: bool = False

    @property
    def id(self) -> str:
        """Its name, unique among BLOCKS."""
        return f"{self.pattern}-{self.activation}{'-se' if self.squeeze else ''}"


#: inverted-bottleneck-relu6 is MobileNetV2's block, -hard-swish-se MobileNetV3's, -swish-se EfficientNet's, -relu-se MnasNet's.
BLOCKS = tuple(
    Block(pattern=pattern, activation=activation, squeeze=squeeze)
    for pattern in (*SIX, "inverted-bottleneck")
    for squeeze in ((False, True) if pattern in _VARIED else (False,))
    for activation in (ACTIVATIONS if pattern in _VARIED else ("relu",))
    if (activation, squeeze) != ("relu6", True)
)
