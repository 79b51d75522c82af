"""Storage class for the disks of pods on AKS."""

import pulumi_kubernetes as kubernetes
from pulumi import ResourceOptions


def storage_class(name: str, opts: ResourceOptions) -> kubernetes.storage.v1.StorageClass:
    """Create a storage class for premium SSDs in the zone of the pod, encrypted and expandable (AKS, Azure Disks CSI driver).

    AKS's default class creates slower disks. A disk is deleted with its claim, because unused disks cost money until somebody finds
    them. Workloads that must not lose records keep their claims.
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
