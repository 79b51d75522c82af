"""Settings of an existing EKS cluster, and of its network."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import override

from components.aws.network.network import SubnetId, VpcSettings
from components.aws.network.subnets import ZONES
from components.kubernetes.existing_cluster import ExistingCluster
from components.section import ConfigError, Distinct, Pattern
from components.settings_bases import ServiceSettings, ValidationContext


class ExistingEksCluster(ExistingCluster, frozen=True):
    """An existing EKS cluster. Its owner manages its nodes, add-ons and settings."""

    name: Annotated[
        str,
        Pattern(
            r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}", "the name of an EKS cluster (letters, digits, hyphens, underscores)"
        ),
    ]
    """The name of the cluster. It is in the region of the stack."""
    identity: Literal["pod-identity", "irsa"] = "pod-identity"
    """How pods get their IAM role: pod-identity through the EKS Pod Identity agent, irsa through the cluster's OIDC provider in IAM.
    The cluster must have the agent or the provider."""


class ExistingEksSettings(ServiceSettings, frozen=True):
    """Platform section for an existing EKS cluster with nodes. Clusters with only Fargate are not supported."""

    service: Literal["eks"]
    """Always eks."""
    existing: ExistingEksCluster
    """The existing cluster. The program makes the namespaces, identities and consumers of the pipes in it."""

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield errors about consumer settings without an effect, and about volumes without a storage class."""
        yield from self.existing.errors(context)


class ClusterNetworkSettings(VpcSettings, frozen=True):
    """Network section for an existing EKS cluster. The VPC is that of the cluster."""

    security_group_id: Annotated[str, Pattern(r"sg-[0-9a-f]+", "a security group id such as sg-0a1b2c3d")] | None = None
    """The security group of the cluster's nodes. The brokers of a streaming service accept its members. The default is the cluster
    security group, which EKS gives to the nodes of managed node groups without a launch template, and of Auto Mode."""
    private_subnet_ids: Annotated[tuple[SubnetId, ...], Field(min_length=ZONES, max_length=ZONES), Distinct] | None = (
        None
    )
    """The ids of three private subnets of the VPC in different zones, for the brokers or endpoints of a new streaming service. The
    default is the subnets of the cluster, if it has exactly three."""
    public_subnet_ids: Annotated[tuple[SubnetId, ...], Field(min_length=ZONES, max_length=ZONES), Distinct] | None = (
        None
    )
    """The ids of three public subnets of the VPC in different zones, for brokers that can be reached from the internet."""

    @property
    @override
    def public_subnets_key(self) -> str | None:
        """Return the key of the public subnets if it is not set."""
        return None if self.public_subnet_ids else "network.publicSubnetIds"
