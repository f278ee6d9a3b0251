"""An ONNX file made ncnn's own network, by pnnx, ncnn's converter."""

from __future__ import annotations

import importlib.util
import subprocess
import tempfile
from pathlib import Path

from archbench.errors import BackendError, one_line


def ncnn_from_onnx(onnx_path: Path, target: Path) -> None:
    """Write the layers of an ONNX file to `target` (`.param`) and their weights, in float32, beside it (`.bin`).

    Raises:
        BackendError: pnnx did not convert it.
    """
    # pnnx writes its intermediate forms beside the file that it reads.
    with tempfile.TemporaryDirectory(dir=target.parent) as holder:
        source = Path(holder) / "model.onnx"
        source.symlink_to(onnx_path.absolute())
        _convert(source)
        source.with_suffix(".ncnn.param").rename(target)
        source.with_suffix(".ncnn.bin").rename(target.with_suffix(".bin"))


def _convert(source: Path) -> None:
    try:
        finished = subprocess.run(
            [_converter(), source.name, "fp16=0"],
            cwd=source.parent,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise BackendError(f"pnnx cannot be started: {one_line(error)}") from error
    if finished.returncode != 0 or not source.with_suffix(".ncnn.bin").exists():
        said = finished.stderr.strip().splitlines() or ["it does not say why"]
        raise BackendError(f"pnnx did not convert the network (exit code {finished.returncode}): {said[-1][:300]}")


def _converter() -> Path:
    """The program inside the package, whose import would bring torch."""
    spec = importlib.util.find_spec("pnnx")
    if spec is None or spec.origin is None:
        raise BackendError("pnnx is not installed; run `pip install 'archbench[ncnn]'`")
    return Path(spec.origin).parent / "pnnx"
