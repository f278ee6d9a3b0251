"""Devices that a runtime sees, and those that only the kernel sees."""

import pytest

from archbench.backends.devices import cuda_devices, openvino_devices, seen_devices

CPU = {"CPU": "Example CPU"}


def devices(root, openvino=CPU, cuda=None):
    return {device.kind: device for device in seen_devices(root, lambda: openvino, lambda: cuda or {})}


def test_a_machine_without_accelerators_has_a_cpu_and_no_trouble(tmp_path):
    found = devices(tmp_path)

    assert found["OpenVINO CPU"].found == "Example CPU"
    assert {kind for kind, device in found.items() if device.found is None} == {"OpenVINO GPU", "OpenVINO NPU", "torch CUDA"}
    assert not any(device.trouble or device.remedy for device in found.values())


def write(root, path, text=""):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


@pytest.mark.parametrize(
    ("kind", "path", "text", "trouble", "remedy"),
    [
        ("OpenVINO GPU", "sys/class/drm/renderD128/device/vendor", "0x8086\n", "/dev/dri/renderD128 is an Intel GPU", "opencl"),
        ("OpenVINO NPU", "dev/accel/accel0", "", "/dev/accel/accel0 is there", "NPU driver"),
        ("torch CUDA", "dev/nvidiactl", "", "an NVIDIA GPU that torch does not see", "torch with CUDA"),
    ],
)
def test_a_device_that_the_kernel_alone_sees_is_trouble(tmp_path, kind, path, text, trouble, remedy):
    write(tmp_path, path, text)

    found = devices(tmp_path)

    assert trouble in found[kind].trouble
    assert remedy in found[kind].remedy
    assert [other for other, device in found.items() if device.trouble] == [kind]


def test_a_gpu_of_another_vendor_is_no_matter_for_openvino(tmp_path):
    write(tmp_path, "sys/class/drm/renderD128/device/vendor", "0x10de\n")

    assert not devices(tmp_path)["OpenVINO GPU"].trouble


def test_what_both_see_is_no_trouble(tmp_path):
    write(tmp_path, "dev/nvidiactl")

    assert devices(tmp_path, cuda={"CUDA": "A card"})["torch CUDA"].found == "A card"


def test_openvino_without_a_cpu_is_trouble(tmp_path):
    assert devices(tmp_path, openvino={})["OpenVINO CPU"].trouble == "OpenVINO has no CPU device"


def test_a_runtime_that_cannot_be_imported_is_told_in_one_line(tmp_path):
    def broken():
        raise ImportError("libfoo.so.1: cannot open\nshared object file")

    (found,) = [device for device in seen_devices(tmp_path, broken, dict) if device.trouble]

    assert found.trouble == "OpenVINO cannot list its devices: shared object file"
    assert found.remedy


def test_the_runtimes_here_can_be_asked():
    assert openvino_devices()["CPU"]
    assert set(cuda_devices()) <= {"CUDA"}
