"""A user's function that returns a torch module: found again by its name, told apart by what it returns."""

import sys
import textwrap

import pytest
import torch

from archbench.errors import ModelError
from archbench.measurement.own_model import open_model
from archbench.models.own_module import module_digest, own_module

NETS = """
    import torch
    from torch import nn
    from beside import WIDTH

    def net():
        return nn.Sequential(nn.Conv2d(3, WIDTH, 3), nn.ReLU())

    def number():
        return 3

    def broken():
        raise OSError("weights are\\nnot here")
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "own_nets.py").write_text(textwrap.dedent(NETS))
    (tmp_path / "beside.py").write_text("WIDTH = 5\n")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in ("own_nets", "beside"):
        sys.modules.pop(name, None)
    from archbench.models import own_module

    own_module._function.cache_clear()
    module_digest.cache_clear()


@pytest.mark.parametrize("name", ["own_nets.py:net", "own_nets:net"])
def test_a_function_is_found_by_file_and_by_module(project, name):
    first, second = own_module(name), own_module(name)

    assert not first.training
    assert torch.equal(first[0].weight, second[0].weight)
    assert first[0].weight.shape == (5, 3, 3, 3)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("own_nets.py:absent", "own_nets.py has no function 'absent'"),
        ("own_nets.py:number", "must return a torch.nn.Module, but returned int"),
        ("own_nets.py:broken", "raised OSError: weights are not here"),
        ("nowhere:net", "nowhere cannot be imported: ModuleNotFoundError"),
        ("nowhere.py:net", "nowhere.py cannot be imported: FileNotFoundError"),
    ],
)
def test_what_is_no_such_function_is_one_sentence(project, name, message):
    with pytest.raises(ModelError, match=message):
        own_module(name)


def test_the_digest_follows_weights_and_sources(project):
    def digest():
        for name in ("own_nets", "beside"):
            sys.modules.pop(name, None)
        from archbench.models import own_module

        own_module._function.cache_clear()
        module_digest.cache_clear()
        return module_digest("own_nets.py:net")

    first = digest()
    assert digest() == first
    (project / "own_nets.py").write_text(textwrap.dedent(NETS) + "\n# another\n")
    second = digest()
    assert second != first
    (project / "beside.py").write_text("WIDTH = 5  # as before\n")
    assert digest() != second


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("own_nets.py:net", "is a function, so its input shape must be given"),
        ("absent.py:net", "cannot read absent.py: no such file"),
        ("absent.onnx", "cannot read absent.onnx: no such file"),
        ("absent.xml", "cannot read absent.xml: no such file"),
        ("net.pt", "'net.pt' is no model: give an .onnx file"),
        (lambda: None, "cannot be found by a worker"),
    ],
)
def test_what_is_no_model_is_one_sentence(project, model, message):
    with pytest.raises(ModelError, match=message):
        open_model(model)


def test_a_function_is_named_by_its_file_from_here(project):
    sys.path.insert(0, str(project))
    try:
        from own_nets import net
    finally:
        sys.path.remove(str(project))

    assert open_model(net, (1, 3, 8, 8)).id == "own_nets.py:net@1x3x8x8"
