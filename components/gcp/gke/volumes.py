"""Disks of Compute Engine for the pods of a GKE cluster: the class that says what they are."""

import pulumi_kubernetes as kubernetes
from pulumi import ResourceOptions

from components.gcp.gke.machine_type import Disk


def storage_class(name: str, disk: Disk, opts: ResourceOptions) -> kubernetes.storage.v1.StorageClass:
    """Make the class of disks on SSDs, of a type that the nodes take, each in the zone of its pod, able to grow (GKE, Persistent volumes).

    Google encrypts them. A disk goes with its claim, since one that nothing refers to any more costs until somebody finds it; what
    must not lose its records keeps its claims.
    """
    return kubernetes.storage.v1.StorageClass(
        f"{name}-volumes",
        metadata=kubernetes.meta.v1.ObjectMetaArgs(name=f"data-pipes-{disk}"),
        provisioner="pd.csi.storage.gke.io",
        parameters={"type": disk},
        volume_binding_mode="WaitForFirstConsumer",
        allow_volume_expansion=True,
        reclaim_policy="Delete",
        opts=opts,
    )
