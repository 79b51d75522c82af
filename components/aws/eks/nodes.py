"""EKS with a managed node group and its add-ons."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Resource, ResourceOptions
from typing_extensions import override

from components.aws.eks.addon import addon
from components.aws.eks.cluster import cluster_security_group
from components.aws.eks.instance_type import Instance, instance
from components.aws.eks.node_role import node_role
from components.aws.eks.platform import Eks
from components.aws.eks.volumes import VolumeDriver, VolumeDriverArgs
from components.aws.network.network import Network
from components.aws.registry import EcrRegistry
from components.kubernetes.consumers import NODE_LABEL

NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy")
"""AWS policies of the node role for joining the cluster and assigning pod addresses (EKS, Node IAM role)."""

AMI = {"x86_64": "AL2023_x86_64_STANDARD", "arm64": "AL2023_ARM_64_STANDARD"}


class EksOnNodes(Eks):
    """EKS cluster with a managed node group that is large enough for all replicas."""

    node_labels = NODE_LABEL
    volume_provisioner = "ebs.csi.aws.com"

    @override
    def _compute(self) -> Sequence[Resource]:
        """Make the add-ons that nodes need, then the nodes, then the add-ons that need a node."""
        settings = self.args.settings
        child = ResourceOptions(parent=self)
        network_policy = json.dumps({"enableNetworkPolicy": "true"})
        before_nodes = [
            addon(self.name, self.cluster, "vpc-cni", parent=self, configuration=network_policy),
            addon(self.name, self.cluster, "kube-proxy", parent=self),
            addon(self.name, self.cluster, "eks-pod-identity-agent", parent=self),
        ]
        nodes = EksNodes(
            self.name,
            EksNodesArgs(
                cluster=self.cluster,
                network=self.network,
                registry=self.args.registry,
                instance=instance(settings.nodes.instance_type),
                minimum=settings.nodes.min,
                desired=max(
                    settings.nodes.min, settings.node_group.nodes_needed(self.args.pipes, self.args.system_workloads)
                ),
                maximum=settings.nodes.max,
                disk_size=settings.nodes.disk_size,
                after=[*self.network.outbound, *before_nodes],
            ),
            child,
        )
        ready = [nodes.group, addon(self.name, self.cluster, "coredns", parent=self, after=[nodes.group])]
        if not settings.volumes:
            return ready
        driver = VolumeDriver(
            self.name,
            VolumeDriverArgs(account=self.network.account, cluster=self.cluster, after=[nodes.group]),
            child,
        )
        return [*ready, driver.ready]


@dataclass(frozen=True, kw_only=True)
class EksNodesArgs:
    """Arguments of EksNodes."""

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
    """Routes and add-ons that a node needs to become ready and to be removed cleanly."""


class EksNodes(ComponentResource):
    """Managed node group in the private subnets: encrypted disks, IMDSv2 only, consumers' security group."""

    group: aws.eks.NodeGroup

    def __init__(self, name: str, args: EksNodesArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:EksNodes", name, None, opts)
        child = ResourceOptions(parent=self)

        nodes = node_role(f"{name}-node", NODE_POLICIES, network=args.network, registry=args.registry, parent=self)
        tags = {**args.network.account.tags, "Name": f"{name}-node"}
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
            node_role_arn=nodes.role.arn,
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
            opts=ResourceOptions(parent=self, depends_on=[*nodes.rights, *args.after]),
        )
        self.register_outputs({"nodeGroupName": self.group.node_group_name})
