"""The network of a pipeline on AWS: a VPC over three zones, made here or adopted, and the group that consumers belong to."""

from collections.abc import Sequence
from ipaddress import IPv4Network
from typing import Annotated, Literal

import pulumi_aws as aws
from pulumi import ComponentResource, Output, Resource, ResourceOptions
from pydantic import AfterValidator, Field, model_validator

from components.arguments import NetworkArgs
from components.aws.account import Account, AwsSettings
from components.aws.encryption import LogDays, Logs
from components.aws.network.subnets import ZONES, layout, zone_letters
from components.aws.network.vpc import GATEWAY_SERVICES, Vpc, VpcArgs
from components.section import Cidr, Distinct, Pattern, SettingsModel
from components.settings_bases import NetworkSettings


def _fits_the_layout(cidr: str) -> str:
    layout(cidr)
    return cidr


def _of_a_vpc(cidr: str) -> str:
    if not 16 <= IPv4Network(cidr).prefixlen <= 28:
        raise ValueError(f"must be the range of a VPC, which is from /16 to /28 (VPC, CIDR blocks), not {cidr}")
    return cidr


def _no_gateway(services: tuple[str, ...]) -> tuple[str, ...]:
    free = [service for service in services if service in GATEWAY_SERVICES]
    if free:
        raise ValueError(
            f"must not name {' and '.join(free)}: those that the stack calls have a gateway endpoint in every case; remove it"
        )
    return services


SubnetId = Annotated[str, Pattern(r"subnet-[0-9a-f]+", "a subnet id such as subnet-0a1b2c3d")]
Interface = Annotated[str, Pattern(r"[a-z0-9-]+(\.[a-z0-9-]+)*", "the name of an AWS service such as ecr.api")]


class ExistingVpc(SettingsModel, frozen=True):
    """A VPC that somebody else made and keeps: routes, endpoints and flow logs are theirs."""

    vpc_id: Annotated[str, Pattern(r"vpc-[0-9a-f]+", "a VPC id such as vpc-0a1b2c3d")]
    """The id of the VPC."""
    cidr: Annotated[Cidr, AfterValidator(_of_a_vpc)]
    """The IPv4 range of the VPC, from which the Kubernetes API may be reached."""
    private_subnet_ids: Annotated[tuple[SubnetId, ...], Field(min_length=ZONES, max_length=ZONES), Distinct]
    """The ids of three private subnets in different zones, with a way out to AWS's APIs."""
    public_subnet_ids: Annotated[tuple[SubnetId, ...], Field(min_length=ZONES, max_length=ZONES), Distinct] | None = (
        None
    )
    """The ids of three public subnets in different zones; without them the private ones are used."""


class AwsNetworkSettings(NetworkSettings, frozen=True):
    """The network section of a stack file on AWS."""

    cidr: Annotated[Cidr, AfterValidator(_fits_the_layout)] = "10.0.0.0/16"
    """The IPv4 range of the VPC."""
    zones: (
        Annotated[
            tuple[Annotated[str, Pattern("[a-z]", "the letter of a zone, such as a")], ...],
            Field(min_length=ZONES, max_length=ZONES),
            Distinct,
        ]
        | None
    ) = None
    """The letters of the three zones; by default those that every account sees in the region."""
    nat: Literal["zone", "one"] = "zone"
    """How many NAT gateways: one in each zone, or a single one, which is cheaper and fails with its zone."""
    interface_endpoints: Annotated[tuple[Interface, ...], Distinct, AfterValidator(_no_gateway)] | None = None
    """The AWS services that are reached without leaving the VPC; by default those that the stack calls."""
    flow_log_days: LogDays = 90
    """How many days flow logs are kept."""
    existing: ExistingVpc | None = None
    """A VPC to adopt in place of making one."""

    @model_validator(mode="after")
    def _only_one_vpc(self) -> "AwsNetworkSettings":
        idle = sorted(self.model_fields_set - {"existing"})
        if self.existing and idle:
            names = ", ".join(type(self).model_fields[name].alias or name for name in idle)
            raise ValueError(
                f"{names} would have no effect on the existing VPC; remove it, or remove existing to have a VPC made"
            )
        return self

    @property
    def zone_count(self) -> int:
        """How many availability zones the network spans."""
        return ZONES


class Network(ComponentResource):
    """The VPC with its subnets, the key of all log groups, and the security group that every consumer is in.

    What the streaming service and the platform both need is here, so that neither waits for the other.
    """

    vpc_id: Output[str]
    cidr: Output[str]
    public_subnet_ids: Output[Sequence[str]]
    private_subnet_ids: Output[Sequence[str]]
    consumers_security_group_id: Output[str]
    way_out: Sequence[Resource]
    """How what runs in the private subnets reaches others; in an adopted VPC, whose routes are its owner's, the rules of the consumers' group."""
    account: Account
    logs: Logs

    def __init__(
        self, name: str, args: NetworkArgs[AwsSettings, AwsNetworkSettings], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("data-pipes:aws:Network", name, None, opts)
        child = ResourceOptions(parent=self)
        self.name = name
        self.account = Account.of(args.account, args.tags, parent=self)
        self.logs = Logs(name, self.account, child)

        existing = args.settings.existing
        if existing:
            public = existing.public_subnet_ids or existing.private_subnet_ids
            self.vpc_id = Output.from_input(existing.vpc_id)
            self.cidr = Output.from_input(existing.cidr)
            self.public_subnet_ids = Output.from_input(list(public))
            self.private_subnet_ids = Output.from_input(list(existing.private_subnet_ids))
            self.way_out = []
        else:
            vpc = Vpc(
                name,
                VpcArgs(
                    cidr=args.settings.cidr,
                    zones=args.settings.zones or tuple(zone_letters(args.account.region)),
                    nat=args.settings.nat,
                    endpoints=_endpoints(args),
                    flow_log_days=args.settings.flow_log_days,
                    logs=self.logs,
                    account=self.account,
                ),
                child,
            )
            self.vpc_id = vpc.vpc_id
            self.cidr = Output.from_input(args.settings.cidr)
            self.public_subnet_ids = vpc.public_subnet_ids
            self.private_subnet_ids = vpc.private_subnet_ids
            self.way_out = vpc.way_out

        self.consumers_security_group_id, rules = self._consumers()
        self.way_out = [*self.way_out, *rules]
        self.register_outputs(
            {
                "vpcId": self.vpc_id,
                "publicSubnetIds": self.public_subnet_ids,
                "privateSubnetIds": self.private_subnet_ids,
                "consumersSecurityGroupId": self.consumers_security_group_id,
            }
        )

    def _consumers(self) -> tuple[Output[str], list[Resource]]:
        """The security group of the consumers, which brokers and endpoints let in by its id, and what it lets out."""
        child = ResourceOptions(parent=self)
        group = aws.ec2.SecurityGroup(
            f"{self.name}-consumers",
            vpc_id=self.vpc_id,
            description="Consumers of the pipes",
            tags={"Name": f"{self.name}-consumers"},
            opts=child,
        )
        rules: list[Resource] = [
            aws.vpc.SecurityGroupEgressRule(
                f"{self.name}-consumers-{role}",
                security_group_id=group.id,
                description="To brokers and endpoints in the VPC"
                if role == "vpc"
                else "To the APIs of AWS and of others",
                cidr_ipv4=cidr,
                ip_protocol="tcp",
                from_port=first,
                to_port=last,
                opts=child,
            )
            for role, cidr, first, last in (("vpc", self.cidr, 0, 65535), ("https", "0.0.0.0/0", 443, 443))
        ]
        return group.id, rules


def _endpoints(args: NetworkArgs[AwsSettings, AwsNetworkSettings]) -> Sequence[str]:
    """The services that the VPC has an endpoint for: those that the stack calls, unless the stack file names others."""
    chosen = args.settings.interface_endpoints
    if chosen is None:
        return args.cloud_services
    return [*chosen, *(service for service in args.cloud_services if service in GATEWAY_SERVICES)]
