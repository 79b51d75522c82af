"""Network of a stack on AWS: a new or existing VPC with three zones, and the consumers' security group."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from typing import Annotated, Literal

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions
from pydantic import AfterValidator, Field, model_validator
from typing_extensions import override

from components.arguments import NetworkArgs
from components.aws.account import Account, AwsSettings
from components.aws.encryption import LogDays, Logs
from components.aws.network.subnets import ZONES, layout, zone_letters
from components.aws.network.vpc import GATEWAY_SERVICES, Vpc, VpcArgs
from components.section import Cidr, Distinct, Pattern, SettingsModel
from components.settings_bases import NetworkSettings


def _check_layout(cidr: str) -> str:
    layout(cidr)
    return cidr


def _check_vpc_range(cidr: str) -> str:
    if not 16 <= IPv4Network(cidr).prefixlen <= 28:
        raise ValueError(
            f"must be a VPC range from /16 to /28, got {cidr} (VPC, CIDR blocks). Use the range of the VPC."
        )
    return cidr


def _check_interfaces(services: tuple[str, ...]) -> tuple[str, ...]:
    gateways = [service for service in services if service in GATEWAY_SERVICES]
    if gateways:
        names = " and ".join(gateways)
        raise ValueError(
            f"must not contain {names} (the stack has gateway endpoints for the ones it calls). Remove {names}."
        )
    return services


SubnetId = Annotated[str, Pattern(r"subnet-[0-9a-f]+", "a subnet id such as subnet-0a1b2c3d")]
Interface = Annotated[str, Pattern(r"[a-z0-9-]+(\.[a-z0-9-]+)*", "the name of an AWS service such as ecr.api")]


class ExistingVpc(SettingsModel, frozen=True):
    """An existing VPC. Its owner manages its routes, endpoints and flow logs."""

    vpc_id: Annotated[str, Pattern(r"vpc-[0-9a-f]+", "a VPC id such as vpc-0a1b2c3d")]
    """The id of the VPC."""
    cidr: Annotated[Cidr, AfterValidator(_check_vpc_range)]
    """The IPv4 range of the VPC. The Kubernetes API can be reached from this range."""
    private_subnet_ids: Annotated[tuple[SubnetId, ...], Field(min_length=ZONES, max_length=ZONES), Distinct]
    """The ids of three private subnets in different zones. They need a route to the AWS APIs."""
    public_subnet_ids: Annotated[tuple[SubnetId, ...], Field(min_length=ZONES, max_length=ZONES), Distinct] | None = (
        None
    )
    """The ids of three public subnets in different zones. If not set, the private subnets are used."""


class VpcSettings(NetworkSettings, ABC, frozen=True):
    """Network section of a stack file on AWS. Each kind of network adds its keys."""

    @property
    def zone_count(self) -> int:
        """Number of availability zones of the network."""
        return ZONES

    @property
    @abstractmethod
    def public_subnets_key(self) -> str | None:
        """Return the key that must be set if the stack needs public subnets. None if the network has them."""


class AwsNetworkSettings(VpcSettings, frozen=True):
    """Network section of a stack file on AWS."""

    cidr: Annotated[Cidr, AfterValidator(_check_layout)] = "10.0.0.0/16"
    """The IPv4 range of the VPC."""
    zones: (
        Annotated[
            tuple[Annotated[str, Pattern("[a-z]", "the letter of a zone, such as a")], ...],
            Field(min_length=ZONES, max_length=ZONES),
            Distinct,
        ]
        | None
    ) = None
    """The letters of the three zones. The default is zones that every account has in the region."""
    nat: Literal["zone", "one"] = "zone"
    """The number of NAT gateways: `zone` makes one in each zone, `one` makes a single one. A single one is cheaper, but fails if its
    zone fails."""
    interface_endpoints: Annotated[tuple[Interface, ...], Distinct, AfterValidator(_check_interfaces)] | None = None
    """The AWS services that get an interface endpoint in the VPC. The default is the services that the stack calls."""
    flow_log_days: LogDays = 90
    """The number of days that flow logs are kept."""
    existing: ExistingVpc | None = None
    """An existing VPC to use. If not set, a VPC is made."""

    @model_validator(mode="after")
    def _only_one_vpc(self) -> "AwsNetworkSettings":
        idle = sorted(self.model_fields_set - {"existing"})
        if self.existing and idle:
            names = ", ".join(type(self).model_fields[name].alias or name for name in idle)
            raise ValueError(
                f"{names} must not be set together with existing (an existing VPC is not changed). "
                f"Remove {names}, or remove existing to make a new VPC."
            )
        return self

    @property
    @override
    def public_subnets_key(self) -> str | None:
        """Return the key of the public subnets if an existing VPC has none."""
        if self.existing is None or self.existing.public_subnet_ids is not None:
            return None
        return "network.existing.publicSubnetIds"


class Network(ComponentResource, ABC):
    """VPC with its subnets, the key of all log groups, and the consumers' security group.

    The streaming service and the platform both depend on the network, so they do not wait for each other.
    """

    vpc_id: Output[str]
    cidr: Output[str]
    private_cidrs: Sequence[Input[str]]
    """Ranges that contain the private subnets. In an existing VPC it is the range of the VPC."""
    consumers_security_group_id: Output[str]
    outbound: Sequence[Resource]
    """Routes, endpoints and security group rules that private subnets need for outbound traffic. A VPC that was there before has no
    routes and endpoints here."""
    account: Account
    logs: Logs

    def __init__(
        self, name: str, account: AwsSettings, tags: Mapping[str, str], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("data-pipes:aws:Network", name, None, opts)
        self.name = name
        self.account = Account.of(account, tags, parent=self)
        self.logs = Logs(name, self.account, ResourceOptions(parent=self))

    @property
    @abstractmethod
    def private_subnet_ids(self) -> Output[Sequence[str]]:
        """Return the ids of three private subnets in different zones."""

    @property
    @abstractmethod
    def public_subnet_ids(self) -> Output[Sequence[str]]:
        """Return the ids of three public subnets in different zones. If none are known, these are the private ones."""

    @abstractmethod
    def egress(
        self, name: str, *, description: str, port: int, cidr: str = "0.0.0.0/0", opts: ResourceOptions
    ) -> Sequence[aws.vpc.SecurityGroupEgressRule]:
        """Allow the consumers to reach addresses, by default the internet, on a TCP port. Return the rules, none if the security group has another owner."""


class StackNetwork(Network):
    """Network that the stack makes, or an existing VPC. The consumers' security group belongs to the stack."""

    def __init__(
        self, name: str, args: NetworkArgs[AwsSettings, AwsNetworkSettings], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__(name, args.account, args.tags, opts)
        child = ResourceOptions(parent=self)

        existing = args.settings.existing
        if existing:
            public = existing.public_subnet_ids or existing.private_subnet_ids
            self.vpc_id = Output.from_input(existing.vpc_id)
            self.cidr = Output.from_input(existing.cidr)
            self._public_subnet_ids = Output.from_input(list(public))
            self._private_subnet_ids = Output.from_input(list(existing.private_subnet_ids))
            self.private_cidrs = [existing.cidr]
            self.outbound = []
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
            self._public_subnet_ids = vpc.public_subnet_ids
            self._private_subnet_ids = vpc.private_subnet_ids
            self.private_cidrs = layout(args.settings.cidr).private
            self.outbound = vpc.outbound

        self.consumers_security_group_id, rules = self._consumers()
        self.outbound = [*self.outbound, *rules]
        self.register_outputs(
            {
                "vpcId": self.vpc_id,
                "publicSubnetIds": self.public_subnet_ids,
                "privateSubnetIds": self.private_subnet_ids,
                "consumersSecurityGroupId": self.consumers_security_group_id,
            }
        )

    @property
    @override
    def private_subnet_ids(self) -> Output[Sequence[str]]:
        """Return the ids of the private subnets."""
        return self._private_subnet_ids

    @property
    @override
    def public_subnet_ids(self) -> Output[Sequence[str]]:
        """Return the ids of the public subnets, or of the private ones of an existing VPC without any."""
        return self._public_subnet_ids

    @override
    def egress(
        self, name: str, *, description: str, port: int, cidr: str = "0.0.0.0/0", opts: ResourceOptions
    ) -> Sequence[aws.vpc.SecurityGroupEgressRule]:
        """Allow the consumers to reach addresses, by default the internet, on a TCP port."""
        rule = aws.vpc.SecurityGroupEgressRule(
            name,
            security_group_id=self.consumers_security_group_id,
            description=description,
            cidr_ipv4=cidr,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=opts,
        )
        return [rule]

    def _consumers(self) -> tuple[Output[str], list[Resource]]:
        """Make the consumers' security group and its egress rules. Brokers and endpoints accept traffic from this group."""
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
    """Return the services with a VPC endpoint: those in the stack file, or by default those that the stack calls."""
    chosen = args.settings.interface_endpoints
    if chosen is None:
        return args.cloud_services
    return [*chosen, *(service for service in args.cloud_services if service in GATEWAY_SERVICES)]
