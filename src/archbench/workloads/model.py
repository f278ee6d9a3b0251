"""A model of the user's own: a file, or a function that returns a torch module, on one input of a fixed shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath

from archbench.errors import ModelError
from archbench.registry import ACCELERATED_BACKEND, ONNX_BACKEND, REFERENCE_BACKEND


class Source(Enum):
    """What a model comes as."""

    MODULE = "a function that returns a torch module"
    ONNX = "an ONNX file"
    IR = "an OpenVINO IR file"


_SUFFIXES = {".onnx": Source.ONNX, ".xml": Source.IR}

#: The backend that the others are held against: the one that runs the source with the least done to it.
_REFERENCES = {Source.MODULE: REFERENCE_BACKEND, Source.ONNX: ONNX_BACKEND, Source.IR: ACCELERATED_BACKEND}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelWorkload:
    """A model on float32 input of that shape, images first.

    Args:
        name: path of an `.onnx` or `.xml` file from the folder that is worked in, or `package.module:function` or
            `path/to/file.py:function`.
        shape: of the input.

    Raises:
        ModelError: neither a known kind of file nor a function, or a shape with nothing in it.
    """

    name: str
    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        if self.source is Source.MODULE and not all(self.name.rpartition(":")[::2]):
            raise ModelError(
                f"{self.name!r} is no model: give an .onnx file, an OpenVINO .xml file, or module:function or file.py:function."
            )
        if not self.shape or min(self.shape) < 1:
            raise ModelError(f"an input shape has one or more numbers above 0, such as 1x3x224x224, but got {self.shape}.")

    @property
    def source(self) -> Source:
        """What the model comes as, by its name."""
        return _SUFFIXES.get(PurePosixPath(self.name).suffix, Source.MODULE)

    @property
    def reference(self) -> str:
        """The backend that the others are held against."""
        return _REFERENCES[self.source]

    @property
    def family(self) -> str:
        """What alerts are pooled by."""
        return self.name

    @property
    def axes(self) -> Mapping[str, str]:
        """Its place in a grid."""
        return {"input": format_shape(self.shape)}

    @property
    def batch(self) -> int:
        """Images per inference."""
        return self.shape[0]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of the input."""
        return self.shape

    @property
    def id(self) -> str:
        """The canonical id; see `archbench.workloads.ids`."""
        return f"{self.name}@{format_shape(self.shape)}"


def format_shape(shape: tuple[int, ...]) -> str:
    """As in `1x3x224x224`."""
    return "x".join(map(str, shape))


def parse_shape(text: str) -> tuple[int, ...]:
    """The shape that `format_shape` wrote.

    Raises:
        ModelError: `text` is none.
    """
    parts = text.split("x")
    if not all(part.isascii() and part.isdigit() and int(part) > 0 for part in parts):
        raise ModelError(f"an input shape has numbers above 0 with x between them, such as 1x3x224x224, but got {text!r}.")
    return tuple(map(int, parts))
