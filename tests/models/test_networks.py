"""The named networks are those that were published: parameters and multiply-accumulates, with their sources."""

import importlib.metadata
import sys

import numpy as np
import pytest

from archbench.cache import ArtifactCache
from archbench.cost.counting import count_cost
from archbench.errors import WorkloadError
from archbench.measurement.artifacts import cost_for, reference_for
from archbench.models.build import build
from archbench.records.record import MIN_SENSITIVITY
from archbench.workloads.network import BEHAVIOUR, FORM_FUNCTION, NETWORKS, NetworkWorkload

#: Parameters, and millions of multiply-accumulates of convolutions and linear layers. Sources: TV, torchvision's documentation;
#: PCV, pytorchcv's table of models; SE, Table 2 of Hu et al. 2018 (arXiv 1709.01507), who count the originals alike; else the
#: network's own paper or its authors' repository.
PUBLISHED = {
    "resnet18": (11_689_512, 1814, "TV"),
    "resnet34": (21_797_672, 3664, "TV"),
    "resnet50": (25_557_032, 3860, "PCV; SE"),
    "resnet101": (44_549_160, 7580, "PCV; SE"),
    "resnet152": (60_192_808, 11300, "PCV; SE"),
    "resnext50": (25_028_904, 4230, "TV"),
    "resnext101": (44_177_704, 7990, "PCV; SE"),
    "mobilenet-v2": (3_504_872, 300, "TV; arXiv 1801.04381, Table 4"),
    "inception-v3": (23_834_568, 5713, "PCV, without auxiliary classifier; TV"),
    "nasnet-a-large": (88_753_150, 23800, "PCV; arXiv 1707.07012, Table 2"),
    # The paper's 574 is not what its network does: https://github.com/quark0/darts/issues/46.
    "darts": (4_718_752, 523, "PCV; quark0/darts, issue 46"),
    "mobilenet-v1": (4_231_976, 569, "PCV; arXiv 1704.04861, Table 4"),
    "mobilenet-v3-large": (5_483_032, 217, "TV"),
    "shufflenet-v1": (1_865_728, 137, "PCV; arXiv 1707.01083, Table 1"),
    "shufflenet-v2": (2_278_604, 146, "TV; arXiv 1807.11164, Table 8"),
    "resnet50-v2": (25_549_480, 3875, "PCV"),
    "inception-v1": (6_624_904, 1498, "TV"),
    "proxyless-mobile": (4_080_512, 320, "PCV; mit-han-lab/proxylessnas, logs/imagenet_mobile_log.txt"),
    "proxyless-mobile14": (6_857_568, 581, "PCV; mit-han-lab/proxylessnas, README"),
    "mnasnet-a1": (3_887_038, 312, "PCV; arXiv 1807.11626, section 6.1"),
    "nasnet-a-mobile": (5_289_978, 564, "PCV; arXiv 1707.07012, Table 3"),
    "efficientnet-b0": (5_288_548, 386, "TV"),
    "efficientnet-b1": (7_794_184, 687, "TV"),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_parameters_and_macs_are_the_published_ones(name):
    workload = NetworkWorkload(network=name)
    parameters, million_macs, source = PUBLISHED[name]

    counted = count_cost(build(workload).to("meta"), workload.input_shape)

    assert counted.parameters == pytest.approx(parameters, rel=0.02), source
    assert counted.macs / 1e6 == pytest.approx(million_macs, rel=0.02), source


def test_every_network_belongs_to_a_paper():
    assert set(FORM_FUNCTION) | set(BEHAVIOUR) == set(NETWORKS)
    assert len(BEHAVIOUR) == 14
    # The twelfth is DARTS with every convolution through oneDNN.
    assert len(FORM_FUNCTION) == 11


def test_without_the_library_a_network_says_what_to_install(tmp_path, monkeypatch):
    def absent(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setitem(sys.modules, "pytorchcv.models.resnet", None)
    workload = NetworkWorkload(network="resnet18")
    with pytest.raises(WorkloadError, match=r"resnet18 comes from pytorchcv, .* run `pip install 'archbench\[networks\]'`"):
        build(workload)

    monkeypatch.setattr("archbench.measurement.origins.package_version", absent)
    with pytest.raises(WorkloadError, match="resnet18 comes from pytorchcv, which is not installed"):
        cost_for(workload, ArtifactCache(tmp_path))


def test_weights_of_a_network_are_seeded_and_its_output_depends_on_its_input(cache_root):
    reference = reference_for(NetworkWorkload(network="mobilenet-v2"), ArtifactCache(cache_root))

    assert np.isfinite(reference.outputs).all()
    assert 0.01 < np.sqrt(np.mean(reference.outputs**2)) < 100
    assert reference.sensitivity > MIN_SENSITIVITY


def test_a_network_is_priced_without_its_weights(tmp_path, monkeypatch):
    monkeypatch.setattr("archbench.models.weights.initialise", None)

    assert cost_for(NetworkWorkload(network="mobilenet-v2"), ArtifactCache(tmp_path)).layers == 53
