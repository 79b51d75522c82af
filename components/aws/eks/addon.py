"""Add-ons of EKS clusters that AWS maintains."""

from collections.abc import Sequence

import pulumi_aws as aws
from pulumi import Resource, ResourceOptions


def addon(
    name: str,
    cluster: aws.eks.Cluster,
    addon_name: str,
    *,
    parent: Resource,
    configuration: str | None = None,
    identity: aws.eks.AddonPodIdentityAssociationArgs | None = None,
    after: Sequence[Resource] = (),
) -> aws.eks.Addon:
    """Make an add-on in the version that EKS selects. Its configuration overwrites any existing configuration in the cluster."""
    return aws.eks.Addon(
        f"{name}-{addon_name}",
        addon_name=addon_name,
        cluster_name=cluster.name,
        configuration_values=configuration,
        pod_identity_associations=[identity] if identity else None,
        resolve_conflicts_on_create="OVERWRITE",
        resolve_conflicts_on_update="OVERWRITE",
        tags={"Name": f"{name}-{addon_name}"},
        opts=ResourceOptions(parent=parent, depends_on=list(after)),
    )
