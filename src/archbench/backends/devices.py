"""The devices that the runtimes see, and those that the kernel shows and no runtime sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from archbench.errors import last_line

_INTEL = "0x8086"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A kind of device. `found` is its name, None if no runtime can use one; `trouble` says why one should."""

    kind: str
    found: str | None
    trouble: str = ""
    remedy: str = ""


def openvino_devices() -> Mapping[str, str]:
    """Full names of OpenVINO's devices by kind (CPU, GPU, NPU); of several of a kind the first."""
    import openvino as ov

    core = ov.Core()
    names = {device: str(core.get_property(device, "FULL_DEVICE_NAME")) for device in reversed(core.available_devices)}
    return {device.partition(".")[0]: name for device, name in names.items()}


def cuda_devices() -> Mapping[str, str]:
    """The first device of torch's CUDA; empty if this build of torch has none, or none is there."""
    import torch

    return {"CUDA": torch.cuda.get_device_name(0)} if torch.cuda.is_available() else {}


def seen_devices(
    root: Path = Path("/"),
    openvino: Callable[[], Mapping[str, str]] = openvino_devices,
    cuda: Callable[[], Mapping[str, str]] = cuda_devices,
) -> Iterator[Device]:
    """CPU, GPU and NPU of OpenVINO and CUDA of torch, held against the device files under `root`."""
    yield from _of(openvino, "OpenVINO", _openvino_kinds(root))
    yield from _of(cuda, "torch", {"CUDA": _cuda_trouble(root)})


def _of(read: Callable[[], Mapping[str, str]], runtime: str, kinds: Mapping[str, tuple[str, str]]) -> Iterator[Device]:
    """One device a kind; `kinds` give what is wrong, and what to do, where the runtime does not have it."""
    try:
        found = read()
    except Exception as error:
        yield Device(
            kind=runtime,
            found=None,
            trouble=f"{runtime} cannot list its devices: {last_line(error)}",
            remedy=f"install {runtime.lower()} anew",
        )
        return
    for kind, (trouble, remedy) in kinds.items():
        if kind in found:
            yield Device(kind=f"{runtime} {kind}", found=found[kind])
        else:
            yield Device(kind=f"{runtime} {kind}", found=None, trouble=trouble, remedy=remedy if trouble else "")


def _openvino_kinds(root: Path) -> Mapping[str, tuple[str, str]]:
    vendors = root.glob("sys/class/drm/renderD*/device/vendor")
    gpus = [file.parts[-3] for file in vendors if file.read_text().strip() == _INTEL]
    npus = sorted(path.name for path in root.glob("dev/accel/accel*"))
    return {
        "CPU": ("OpenVINO has no CPU device", "install openvino anew"),
        "GPU": (
            f"/dev/dri/{gpus[0]} is an Intel GPU that OpenVINO does not see" if gpus else "",
            "install the package `intel-opencl-icd` and join the group `render`",
        ),
        "NPU": (
            f"/dev/accel/{npus[0]} is there, but OpenVINO sees no NPU" if npus else "",
            "install Intel's NPU driver and join the group `render`",
        ),
    }


def _cuda_trouble(root: Path) -> tuple[str, str]:
    has_gpu = (root / "dev/nvidiactl").exists()
    return ("there is an NVIDIA GPU that torch does not see" if has_gpu else "", "install a build of torch with CUDA")
