"""IAM role of an EKS cluster's nodes."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import Output, Resource, ResourceOptions

from components.aws.network.network import Network
from components.aws.policy import service_trust
from components.aws.registry import EcrRegistry


@dataclass(frozen=True, kw_only=True)
class NodeRole:
    """IAM role and its policies. Nodes need both until they are deleted."""

    role: aws.iam.Role
    rights: Sequence[Resource]


def node_role(
    name: str, policies: Sequence[str], *, network: Network, registry: EcrRegistry, parent: Resource
) -> NodeRole:
    """Make a role for EC2 with the given AWS policies. In the account it may pull only the stack's images."""
    child = ResourceOptions(parent=parent)
    role = aws.iam.Role(name, assume_role_policy=service_trust("ec2.amazonaws.com"), tags={"Name": name}, opts=child)
    attached = [
        aws.iam.RolePolicyAttachment(
            f"{name}-{policy}",
            role=role.name,
            policy_arn=Output.concat("arn:", network.account.partition, f":iam::aws:policy/{policy}"),
            opts=child,
        )
        for policy in policies
    ]
    images = aws.iam.RolePolicy(f"{name}-images", role=role.name, policy=registry.pull_policy(add_ons=True), opts=child)
    return NodeRole(role=role, rights=[*attached, images])
