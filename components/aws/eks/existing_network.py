"""Network of an existing EKS cluster. It is looked up, and nothing in it is made or changed."""

from collections.abc import Sequence
from functools import cached_property
from ipaddress import IPv4Network
from typing import Any, cast

import pulumi_aws as aws
from pulumi import InvokeOptions, Output, ResourceOptions
from pulumi_aws.eks import GetClusterResult
from typing_extensions import override

from components.arguments import NetworkArgs
from components.aws.account import AwsSettings
from components.aws.eks.existing_settings import ClusterNetworkSettings, ExistingEksSettings
from components.aws.network.network import Network
from components.aws.network.subnets import ZONES
from components.lookup import lookup, unanswered

NAME = "platform.existing.name"
SUBNETS = "network.privateSubnetIds"


class ClusterNetwork(Network):
    """VPC of an existing EKS cluster, with the security group of its nodes."""

    cluster: Output[GetClusterResult]
    """The cluster. It is active."""

    def __init__(
        self, name: str, args: NetworkArgs[AwsSettings, ClusterNetworkSettings], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__(name, args.account, args.tags, opts)
        self.settings = args.settings
        self.options = InvokeOptions(parent=self)
        cluster = cast("ExistingEksSettings", args.platform).existing.name
        found = lookup(
            aws.eks.get_cluster_output(name=cluster, opts=self.options),
            NAME,
            rule=f"the name of an EKS cluster in {args.account.region} and in the account of the stack",
            got=cluster,
            fix=f"Correct it, or set aws:region: aws eks list-clusters --region {args.account.region} prints the names.",
        )
        self.cluster = found.apply(usable)
        self.vpc_id = self.cluster.vpc_config.vpc_id
        vpc = lookup(
            aws.ec2.get_vpc_output(id=self.vpc_id, opts=self.options),
            NAME,
            rule="the name of a cluster in a VPC that the deployer may read (ec2:DescribeVpcs)",
            got=cluster,
            fix="Allow it, or deploy as another identity.",
        )
        self.cidr = vpc.cidr_block
        self.private_cidrs = [self.cidr]
        self.consumers_security_group_id = self._security_group()
        self.outbound = []
        self.register_outputs({"vpcId": self.vpc_id, "consumersSecurityGroupId": self.consumers_security_group_id})

    def _security_group(self) -> Output[str]:
        """Return the security group of the nodes: that of the stack file, or the cluster security group."""
        given = self.settings.security_group_id
        if given is None:
            return self.cluster.vpc_config.cluster_security_group_id
        group = lookup(
            aws.ec2.get_security_group_output(id=given, vpc_id=self.vpc_id, opts=self.options),
            "network.securityGroupId",
            rule="a security group in the VPC of the cluster",
            got=given,
            fix="Set it to the security group of the cluster's nodes.",
        )
        return group.id

    @cached_property
    def _own_subnets(self) -> Output[Sequence[str]]:
        """Check and return the private subnets. They are only checked if the streaming service needs them."""
        given = self.settings.private_subnet_ids
        ids = Output.from_input(list(given)) if given else self.cluster.vpc_config.subnet_ids.apply(exactly_three)
        return self._checked(ids, SUBNETS)

    @property
    @override
    def private_subnet_ids(self) -> Output[Sequence[str]]:
        """Return the ids of the private subnets of the stack file, or of the three subnets of the cluster."""
        return self._own_subnets

    @cached_property
    def _public_subnets(self) -> Output[Sequence[str]]:
        given = self.settings.public_subnet_ids
        return self._checked(Output.from_input(list(given)), "network.publicSubnetIds") if given else self._own_subnets

    @property
    @override
    def public_subnet_ids(self) -> Output[Sequence[str]]:
        """Return the ids of the public subnets of the stack file, or of the private ones."""
        return self._public_subnets

    def _checked(self, ids: Output[Any], key: str) -> Output[Sequence[str]]:
        """Return the ids of three subnets. They are in the VPC and its primary range, and in different zones."""
        found = [
            lookup(
                aws.ec2.get_subnet_output(id=ids[number], vpc_id=self.vpc_id, opts=self.options),
                key,
                rule="subnets in the VPC of the cluster",
                fix="Set it to three subnets of this VPC: aws ec2 describe-subnets prints them.",
            )
            for number in range(ZONES)
        ]
        known = [Output.all(id=subnet.id, zone=subnet.availability_zone, cidr=subnet.cidr_block) for subnet in found]
        return Output.all(self.cidr, *known).apply(lambda all_: spread(key, all_[0], all_[1:]))

    @override
    def egress(
        self, name: str, *, description: str, port: int, cidr: str = "0.0.0.0/0", opts: ResourceOptions
    ) -> Sequence[aws.vpc.SecurityGroupEgressRule]:
        """Return no rule: the security group belongs to the owner of the cluster."""
        _ = name, description, port, cidr, opts
        return []


def usable(cluster: GetClusterResult) -> GetClusterResult:
    """Return the cluster. Raise RunError if it is not active, or if its pods have IPv6 addresses."""
    if cluster.status != "ACTIVE":
        raise unanswered(
            NAME,
            rule="the name of an EKS cluster that is active",
            got=cluster.name,
            reason=f"its status is {cluster.status}",
            fix=f"Wait until it is active: aws eks wait cluster-active --name {cluster.name} --region {cluster.region}",
        )
    family = next((each.ip_family for each in cluster.kubernetes_network_configs), "ipv4")
    if family != "ipv4":
        raise unanswered(
            NAME,
            rule="the name of an EKS cluster with IPv4 pods",
            got=cluster.name,
            reason=f"its pods have {family} addresses, and the network policies of pipes have IPv4 ranges",
            fix="Use another cluster.",
        )
    return cluster


def exactly_three(ids: Sequence[str]) -> Sequence[str]:
    """Return the subnets of the cluster. Raise RunError if they are not three, so it is unknown which ones to use."""
    if len(ids) != ZONES:
        raise unanswered(
            SUBNETS,
            rule="set for a streaming service with brokers or endpoints in the VPC",
            got=None,
            reason=f"the cluster has {len(ids)} subnets, and {ZONES} in different zones are needed",
            fix="Set it to three private subnets of the VPC in different zones.",
        )
    return sorted(ids)


def spread(key: str, cidr: str, subnets: Sequence[dict[str, str]]) -> Sequence[str]:
    """Return the ids of the subnets. Raise RunError if two are in one zone, or if one is outside the primary range of the VPC."""
    zones = sorted(subnet["zone"] for subnet in subnets)
    if len(set(zones)) != len(subnets):
        raise unanswered(
            key,
            rule="three subnets in different zones",
            got=None,
            reason=f"they are in {', '.join(zones)}",
            fix="Set it to one subnet in each of three zones.",
        )
    outside = [each["cidr"] for each in subnets if not IPv4Network(each["cidr"]).subnet_of(IPv4Network(cidr))]
    if outside:
        raise unanswered(
            key,
            rule=f"subnets in {cidr}, the primary range of the VPC",
            got=", ".join(outside),
            reason="the network policies of the pipes allow only this range",
            fix="Use other subnets.",
        )
    return [subnet["id"] for subnet in subnets]
