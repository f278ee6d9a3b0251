"""An ONNX file of the user's: read without running anything, checked, and given a fixed input shape."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto
from onnx.external_data_helper import load_external_data_for_model, uses_external_data

from archbench.errors import ModelError, one_line

_MIB = 2**20
#: What a protobuf message can hold.
_LARGEST = 2**31 - _MIB
#: The IR version from which on a weight need not be listed as an input.
_FIRST_WITH_HIDDEN_WEIGHTS = 4


def onnx_files(path: Path) -> list[Path]:
    """The file and those that hold its weights.

    Raises:
        ModelError: it cannot be read, or keeps weights elsewhere than beside itself.
    """
    return [path, *_weight_files(path, _parse(path))]


def onnx_input_shape(path: Path) -> tuple[int, ...]:
    """The shape of the model's only input.

    Raises:
        ModelError: it has other than one input and one output in float32, or a dimension that is not fixed.
    """
    declared = _only_input(path, _parse(path).graph)
    sizes = [dimension.dim_value for dimension in declared.type.tensor_type.shape.dim]
    for index, dimension in enumerate(declared.type.tensor_type.shape.dim):
        if dimension.dim_value < 1:  # some exporters write -1
            named = f" ({dimension.dim_param!r})" if dimension.dim_param else ""
            raise ModelError(
                f"{path}: dimension {index}{named} of input {declared.name!r} is not fixed; give its shape, as in"
                f" --input {'x'.join(str(max(1, size)) for size in sizes)}."
            )
    if not sizes:
        raise ModelError(f"{path}: input {declared.name!r} has no dimensions; give its shape, as in --input 1x3x224x224.")
    return tuple(sizes)


def read_onnx(path: Path, shape: tuple[int, ...]) -> onnx.ModelProto:
    """The model with its weights, checked, its input of that shape.

    Raises:
        ModelError: it cannot be read, is not valid, or its input cannot have that shape.
    """
    model = _parse(path)
    size = sum(file.stat().st_size for file in (path, *_weight_files(path, model)))
    if size > _LARGEST:
        raise ModelError(f"{path}: with its weights it has {size / _MIB:.0f} MiB, but an ONNX model can be of 2047 at most.")
    declared = _only_input(path, model.graph)
    _fix(path, declared, shape)
    _drop_listed_weights(model, declared)
    del model.graph.value_info[:]
    # Of an output only the number of dimensions is still true.
    for dimension in model.graph.output[0].type.tensor_type.shape.dim:
        dimension.Clear()
    try:
        load_external_data_for_model(model, str(path.parent))
        onnx.checker.check_model(model)
        return onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    except Exception as error:  # checker and inference raise types of their own, some of them C++'s
        raise ModelError(f"{path} is not a valid ONNX model: {one_line(error)}") from error


def _parse(path: Path) -> onnx.ModelProto:
    """The message as it is in the file, weights kept elsewhere left there."""
    try:
        model = onnx.load(path, load_external_data=False)
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror or error}.") from error
    except (DecodeError, ValueError) as error:
        raise ModelError(f"{path} is not an ONNX file, or was cut off: {one_line(error)}") from error
    asked = max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=0)
    if asked > onnx.defs.onnx_opset_version():
        raise ModelError(
            f"{path} needs operator set {asked}, but the installed onnx knows those up to {onnx.defs.onnx_opset_version()}."
        )
    if not model.graph.node:
        raise ModelError(f"{path} holds no ONNX model: its graph has no nodes.")
    return model


def _weight_files(path: Path, model: onnx.ModelProto) -> list[Path]:
    locations = {
        entry.value
        for tensor in tensors_of(model.graph)
        if uses_external_data(tensor)
        for entry in tensor.external_data
        if entry.key == "location"
    }
    files = []
    for location in sorted(locations):
        file = path.parent / location
        if PurePosixPath(location).is_absolute() or not file.resolve().is_relative_to(path.parent.resolve()):
            raise ModelError(f"{path} keeps weights in {location!r}, but they may only lie beside the model.")
        if not file.is_file():
            raise ModelError(f"{path} keeps weights in {location!r}, which is not there.")
        files.append(file)
    return files


def tensors_of(graph: onnx.GraphProto) -> Iterator[TensorProto]:
    """Every constant of a graph and of the graphs within it."""
    yield from graph.initializer
    for attribute in (attribute for node in graph.node for attribute in node.attribute):
        yield from (tensor for tensor in (attribute.t, *attribute.tensors) if tensor.data_type)
        for inner in (attribute.g, *attribute.graphs):
            yield from tensors_of(inner)


def real_inputs(graph: onnx.GraphProto) -> list[onnx.ValueInfoProto]:
    """The inputs without the weights, which older files list among them."""
    weights = {tensor.name for tensor in graph.initializer}
    return [declared for declared in graph.input if declared.name not in weights]


def _only_input(path: Path, graph: onnx.GraphProto) -> onnx.ValueInfoProto:
    for kind, found in (("input", real_inputs(graph)), ("output", list(graph.output))):
        if len(found) != 1:
            names = ", ".join(repr(declared.name) for declared in found) or "none"
            raise ModelError(f"{path}: a model has one {kind}, but this one has {len(found)} ({names}).")
        if found[0].type.tensor_type.elem_type != TensorProto.FLOAT:
            kind_of = TensorProto.DataType.Name(found[0].type.tensor_type.elem_type)
            raise ModelError(f"{path}: {kind} {found[0].name!r} must be float32, but is {kind_of.lower()}.")
    return real_inputs(graph)[0]


def _fix(path: Path, declared: onnx.ValueInfoProto, shape: tuple[int, ...]) -> None:
    """Write `shape` into the declaration.

    Raises:
        ModelError: the declaration says otherwise.
    """
    dimensions = declared.type.tensor_type.shape.dim
    if dimensions and len(dimensions) != len(shape):
        raise ModelError(f"{path}: input {declared.name!r} has {len(dimensions)} dimensions, but {len(shape)} were given.")
    for index, size in enumerate(shape):
        dimension = dimensions[index] if index < len(dimensions) else dimensions.add()
        if dimension.dim_value > 0 and dimension.dim_value != size:
            raise ModelError(
                f"{path}: dimension {index} of input {declared.name!r} is {dimension.dim_value}, but {size} was given."
            )
        dimension.dim_value = size


def _drop_listed_weights(model: onnx.ModelProto, declared: onnx.ValueInfoProto) -> None:
    """Leave `declared` as the only input: a weight that is listed as one may be fed anew, and is not folded."""
    kept = onnx.ValueInfoProto()
    kept.CopyFrom(declared)
    del model.graph.input[:]
    model.graph.input.append(kept)
    model.ir_version = max(model.ir_version, _FIRST_WITH_HIDDEN_WEIGHTS)
