"""EBS volumes for pods on EKS: CSI driver and storage class."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
from pulumi import ComponentResource, Output, Resource, ResourceOptions

from components.aws.account import Account
from components.aws.eks.addon import addon
from components.aws.policy import pod_trust

DRIVER_ACCOUNT = "ebs-csi-controller-sa"
"""Service account of the driver's controller (EKS, Amazon EBS CSI driver)."""


@dataclass(frozen=True, kw_only=True)
class VolumeDriverArgs:
    """Arguments of VolumeDriver."""

    account: Account
    cluster: aws.eks.Cluster
    after: Sequence[Resource]
    """Resources that the driver's pods need to start: nodes and the Pod Identity agent."""


class VolumeDriver(ComponentResource):
    """EBS CSI driver add-on, with a role that only its service account can assume.

    Volumes are encrypted with the account's key aws/ebs, for which the driver needs no permissions (EBS, Amazon EBS encryption).
    """

    ready: Resource

    def __init__(self, name: str, args: VolumeDriverArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:VolumeDriver", name, None, opts)
        child = ResourceOptions(parent=self)

        def trust(known: list[str]) -> str:
            return pod_trust(
                cluster_arn=known[0], account=known[1], namespace="kube-system", service_account=DRIVER_ACCOUNT
            )

        role = aws.iam.Role(
            f"{name}-volumes",
            description="Makes the volumes of pods",
            assume_role_policy=Output.all(args.cluster.arn, args.account.id).apply(trust),
            tags={"Name": f"{name}-volumes"},
            opts=child,
        )
        rights = aws.iam.RolePolicyAttachment(
            f"{name}-volumes",
            role=role.name,
            policy_arn=Output.concat(
                "arn:", args.account.partition, ":iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"
            ),
            opts=child,
        )
        self.ready = addon(
            name,
            args.cluster,
            "aws-ebs-csi-driver",
            parent=self,
            identity=aws.eks.AddonPodIdentityAssociationArgs(role_arn=role.arn, service_account=DRIVER_ACCOUNT),
            after=[rights, *args.after],
        )
        self.register_outputs({"roleArn": role.arn})


def storage_class(name: str, provisioner: str, opts: ResourceOptions) -> kubernetes.storage.v1.StorageClass:
    """Make the default storage class: gp3, encrypted, expandable, in the zone of the pod.

    A volume is deleted with its claim, because an unused volume would cost money unnoticed. Workloads that must not lose data keep
    their claims.
    """
    return kubernetes.storage.v1.StorageClass(
        f"{name}-volumes",
        metadata=kubernetes.meta.v1.ObjectMetaArgs(
            name="gp3", annotations={"storageclass.kubernetes.io/is-default-class": "true"}
        ),
        provisioner=provisioner,
        parameters={"type": "gp3", "encrypted": "true"},
        volume_binding_mode="WaitForFirstConsumer",
        allow_volume_expansion=True,
        reclaim_policy="Delete",
        opts=opts,
    )
