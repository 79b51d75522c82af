"""Storage class for the persistent volumes of a GKE cluster."""

import pulumi_kubernetes as kubernetes
from pulumi import ResourceOptions

from components.gcp.gke.machine_type import Disk


def storage_class(name: str, disk: Disk, opts: ResourceOptions) -> kubernetes.storage.v1.StorageClass:
    """Create a class of expandable SSD disks that the nodes can attach, each in the zone of its pod (GKE, Persistent volumes).

    Google encrypts them. A disk is deleted with its claim, because an unused disk would cost money until somebody finds it. Workloads
    with durable records keep their claims.
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
