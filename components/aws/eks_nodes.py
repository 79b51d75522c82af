"""The nodes of an EKS cluster that consumers run on."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.aws.instance import Instance
from components.aws.network import Network
from components.aws.policy import service_trust
from components.aws.registry import EcrRegistry
from components.kubernetes.consumers import NODE_LABEL

NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy")
"""What a node may do besides pulling images: join, give pods addresses (EKS, Node IAM role)."""

AMI = {"x86_64": "AL2023_x86_64_STANDARD", "arm64": "AL2023_ARM_64_STANDARD"}


@dataclass(frozen=True, kw_only=True)
class EksNodesArgs:
    """What a group of nodes is built from."""

    cluster: aws.eks.Cluster
    network: Network
    registry: EcrRegistry
    instance: Instance
    minimum: int
    desired: int
    maximum: int
    disk_size: int
    """The disk of each node in GiB."""
    after: Sequence[Resource]
    """What a node needs to become ready, and to leave cleanly: its way to AWS's APIs, and add-ons."""


class EksNodes(ComponentResource):
    """A managed node group over the private subnets: encrypted disks, IMDSv2 only, in the consumers' security group."""

    group: aws.eks.NodeGroup

    def __init__(self, name: str, args: EksNodesArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:EksNodes", name, None, opts)
        child = ResourceOptions(parent=self)
        account = args.network.account

        role = aws.iam.Role(
            f"{name}-node",
            assume_role_policy=service_trust("ec2.amazonaws.com"),
            tags={"Name": f"{name}-node"},
            opts=child,
        )
        rights: list[Resource] = [
            aws.iam.RolePolicyAttachment(
                f"{name}-node-{policy}",
                role=role.name,
                policy_arn=Output.concat("arn:", account.partition, f":iam::aws:policy/{policy}"),
                opts=child,
            )
            for policy in NODE_POLICIES
        ]
        rights.append(
            aws.iam.RolePolicy(
                f"{name}-node-images", role=role.name, policy=args.registry.pull_policy(add_ons=True), opts=child
            )
        )
        tags = {**account.tags, "Name": f"{name}-node"}
        template = aws.ec2.LaunchTemplate(
            f"{name}-node",
            description=f"Nodes of {name}",
            update_default_version=True,
            metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
            ),
            block_device_mappings=[
                aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
                    device_name="/dev/xvda",
                    ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                        volume_size=args.disk_size, volume_type="gp3", encrypted="true", delete_on_termination="true"
                    ),
                )
            ],
            vpc_security_group_ids=[cluster_security_group(args.cluster), args.network.consumers_security_group_id],
            tag_specifications=[
                aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=tags)
                for kind in ("instance", "volume", "network-interface")
            ],
            opts=child,
        )
        self.group = aws.eks.NodeGroup(
            f"{name}-nodes",
            cluster_name=args.cluster.name,
            version=args.cluster.version,
            node_role_arn=role.arn,
            subnet_ids=args.network.private_subnet_ids,
            ami_type=AMI[args.instance.architecture],
            instance_types=[args.instance.name],
            launch_template=aws.eks.NodeGroupLaunchTemplateArgs(
                id=template.id, version=template.latest_version.apply(str)
            ),
            scaling_config=aws.eks.NodeGroupScalingConfigArgs(
                min_size=args.minimum, desired_size=args.desired, max_size=args.maximum
            ),
            update_config=aws.eks.NodeGroupUpdateConfigArgs(max_unavailable=1),
            node_repair_config=aws.eks.NodeGroupNodeRepairConfigArgs(enabled=True),
            labels=NODE_LABEL,
            tags={"Name": f"{name}-nodes"},
            opts=ResourceOptions(parent=self, depends_on=[*rights, *args.after]),
        )
        self.register_outputs({"nodeGroupName": self.group.node_group_name})


def cluster_security_group(cluster: aws.eks.Cluster) -> Input[str]:
    """The group that EKS itself makes and that lets nodes and control plane talk to each other."""
    return cluster.vpc_config.cluster_security_group_id.apply(lambda group: group or "")
