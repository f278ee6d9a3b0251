"""One convolution of a network, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Convolution:
    """A stride-1, same-padded convolution without bias, followed by batch normalisation and maybe ReLU.

    `kernel` is (rows, columns); `groups` divides both channel counts.
    """

    in_channels: int
    out_channels: int
    kernel: tuple[int, int]
    groups: int = 1
    relu: bool = True

    @property
    def weights(self) -> int:
        """Elements of the weight tensor (out, in / groups, rows, columns)."""
        rows, columns = self.kernel
        return self.out_channels * (self.in_channels // self.groups) * rows * columns
