"""Azure disks for the pods of an AKS cluster: the class that says what they are."""

import pulumi_kubernetes as kubernetes
from pulumi import ResourceOptions


def storage_class(name: str, opts: ResourceOptions) -> kubernetes.storage.v1.StorageClass:
    """Make the class of premium SSDs, each in the zone of its pod, encrypted by Azure, able to grow (AKS, Azure Disks CSI driver).

    AKS's own default class makes slower disks. A disk goes with its claim, since one that nothing refers to any more costs until
    somebody finds it; what must not lose its records keeps its claims.
    """
    return kubernetes.storage.v1.StorageClass(
        f"{name}-volumes",
        metadata=kubernetes.meta.v1.ObjectMetaArgs(name="premium-ssd"),
        provisioner="disk.csi.azure.com",
        parameters={"skuName": "Premium_LRS"},
        volume_binding_mode="WaitForFirstConsumer",
        allow_volume_expansion=True,
        reclaim_policy="Delete",
        opts=opts,
    )
