"""A named network of the literature: an image classifier with its published number of classes, at its published resolution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archbench.errors import UnknownNameError, WorkloadError
from archbench.registry import REFERENCE_BACKEND


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSpec:
    """Where a network comes from.

    `builder` is `module:function` of what gives the torch module; `core` the design pattern that most of its work is done in,
    by the name of a pattern or of none of the six; `pixels` the edge of its images.
    """

    builder: str
    core: str
    pixels: int = 224

    @property
    def library(self) -> str:
        """The package that holds the builder."""
        return self.builder.partition(".")[0]


#: Core patterns are those of the form/function paper, section 2.3; the behaviour study's networks are grouped alike.
NETWORKS: Mapping[str, NetworkSpec] = {
    "resnet18": NetworkSpec(builder="pytorchcv.models.resnet:resnet18", core="standard"),
    "resnet34": NetworkSpec(builder="pytorchcv.models.resnet:resnet34", core="standard"),
    "resnet50": NetworkSpec(builder="pytorchcv.models.resnet:resnet50", core="bottleneck"),
    "resnet101": NetworkSpec(builder="pytorchcv.models.resnet:resnet101", core="bottleneck"),
    "resnet152": NetworkSpec(builder="pytorchcv.models.resnet:resnet152", core="bottleneck"),
    "resnext50": NetworkSpec(builder="pytorchcv.models.resnext:resnext50_32x4d", core="grouped"),
    "resnext101": NetworkSpec(builder="pytorchcv.models.resnext:resnext101_32x4d", core="grouped"),
    "mobilenet-v2": NetworkSpec(builder="pytorchcv.models.mobilenetv2:mobilenetv2b_w1", core="depthwise-bottleneck"),
    "inception-v3": NetworkSpec(builder="pytorchcv.models.inceptionv3:inceptionv3", core="factorized", pixels=299),
    "nasnet-a-large": NetworkSpec(builder="pytorchcv.models.nasnet:nasnet_6a4032", core="depthwise-separable", pixels=331),
    "darts": NetworkSpec(builder="pytorchcv.models.darts:darts", core="depthwise-separable"),
    "mobilenet-v1": NetworkSpec(builder="pytorchcv.models.mobilenet:mobilenet_w1", core="depthwise-separable"),
    "mobilenet-v3-large": NetworkSpec(builder="pytorchcv.models.mobilenetv3:mobilenetv3_large_w1", core="depthwise-bottleneck"),
    "shufflenet-v1": NetworkSpec(builder="pytorchcv.models.shufflenet:shufflenet_g3_w1", core="grouped"),
    "shufflenet-v2": NetworkSpec(builder="pytorchcv.models.shufflenetv2:shufflenetv2_w1", core="depthwise-bottleneck"),
    "resnet50-v2": NetworkSpec(builder="pytorchcv.models.preresnet:preresnet50", core="bottleneck"),
    "inception-v1": NetworkSpec(builder="archbench.models.inception_v1:inception_v1", core="standard"),
    "proxyless-mobile": NetworkSpec(builder="pytorchcv.models.proxylessnas:proxylessnas_mobile", core="depthwise-bottleneck"),
    "proxyless-mobile14": NetworkSpec(
        builder="pytorchcv.models.proxylessnas:proxylessnas_mobile14", core="depthwise-bottleneck"
    ),
    "mnasnet-a1": NetworkSpec(builder="pytorchcv.models.mnasnet:mnasnet_a1", core="depthwise-bottleneck"),
    "nasnet-a-mobile": NetworkSpec(builder="pytorchcv.models.nasnet:nasnet_4a1056", core="depthwise-separable"),
    "efficientnet-b0": NetworkSpec(builder="pytorchcv.models.efficientnet:efficientnet_b0", core="depthwise-bottleneck"),
    "efficientnet-b1": NetworkSpec(
        builder="pytorchcv.models.efficientnet:efficientnet_b1", core="depthwise-bottleneck", pixels=240
    ),
}

#: The form/function paper's, section 2.3 and Figure 5. Its twelfth is DARTS again, on another backend.
FORM_FUNCTION = (
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50",
    "resnext101",
    "mobilenet-v2",
    "inception-v3",
    "nasnet-a-large",
    "darts",
)

#: The behaviour study's, section 4.5 and Table 4.
BEHAVIOUR = (
    "mobilenet-v1",
    "mobilenet-v2",
    "mobilenet-v3-large",
    "shufflenet-v1",
    "shufflenet-v2",
    "resnet50",
    "resnet50-v2",
    "inception-v1",
    "proxyless-mobile",
    "proxyless-mobile14",
    "mnasnet-a1",
    "nasnet-a-mobile",
    "efficientnet-b0",
    "efficientnet-b1",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkWorkload:
    """A network on images of shape (batch, 3, pixels, pixels).

    Args:
        network: a name in NETWORKS.
        batch: images per inference, >= 1.

    Raises:
        UnknownNameError: no such network.
        WorkloadError: a batch of none.
    """

    network: str
    batch: int = 1

    def __post_init__(self) -> None:
        if self.network not in NETWORKS:
            raise UnknownNameError("network", self.network, NETWORKS)
        if self.batch < 1:
            raise WorkloadError(f"`batch >= 1` must hold, but got batch={self.batch}.")

    @property
    def spec(self) -> NetworkSpec:
        """Where the network comes from."""
        return NETWORKS[self.network]

    @property
    def missing(self) -> WorkloadError:
        """What is raised where the network's library is not installed."""
        return WorkloadError(
            f"{self.network} comes from {self.spec.library}, which is not installed; run `pip install 'archbench[networks]'`."
        )

    @property
    def family(self) -> str:
        """What alerts are pooled by."""
        return self.network

    @property
    def reference(self) -> str:
        """The backend that the others are held against."""
        return REFERENCE_BACKEND

    @property
    def axes(self) -> Mapping[str, str]:
        """Its place in a grid."""
        return {"core": self.spec.core, "batch": str(self.batch), "pixels": f"{self.spec.pixels}x{self.spec.pixels}"}

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        """(batch, channels, rows, columns)."""
        return (self.batch, 3, self.spec.pixels, self.spec.pixels)

    @property
    def id(self) -> str:
        """The canonical id; see `archbench.workloads.ids`."""
        return f"{self.network}-{self.spec.pixels}x{self.spec.pixels}-b{self.batch}"
