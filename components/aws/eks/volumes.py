"""EBS volumes for the pods of an EKS cluster: the driver that makes them, and the class that says what they are."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
from pulumi import ComponentResource, Output, Resource, ResourceOptions

from components.aws.account import Account
from components.aws.eks.addon import addon
from components.aws.policy import pod_trust

DRIVER_ACCOUNT = "ebs-csi-controller-sa"
"""The service account of the driver's controller (EKS, Amazon EBS CSI driver)."""


@dataclass(frozen=True, kw_only=True)
class VolumeDriverArgs:
    """What the driver is built from."""

    account: Account
    cluster: aws.eks.Cluster
    after: Sequence[Resource]
    """What its pods need to start: nodes, and the agent that gives them their identity."""


class VolumeDriver(ComponentResource):
    """The add-on that makes EBS volumes, with a role that only its own service account takes on.

    Volumes are encrypted with the account's key aws/ebs, which asks for no rights of the driver (EBS, Amazon EBS encryption).
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
    """Make the class of volumes that claims get unless they name another: gp3, encrypted, in the zone of the pod, able to grow.

    A volume goes with its claim, since one that nothing refers to any more costs until somebody finds it; what must not lose its
    records keeps its claims.
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
