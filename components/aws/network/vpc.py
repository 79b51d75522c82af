"""VPC of a stack: subnets, routes, gateways, endpoints and flow logs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi_aws as aws
from pulumi import ComponentResource, Output, Resource, ResourceOptions

from components.aws.account import Account
from components.aws.encryption import LogDays, Logs
from components.aws.network.subnets import layout
from components.aws.policy import document, service_trust

GATEWAY_SERVICES = ("s3", "dynamodb")
"""Services with gateway endpoints, which are free of charge (VPC, Gateway endpoints)."""


@dataclass(frozen=True, kw_only=True)
class VpcArgs:
    """Arguments of Vpc."""

    cidr: str
    zones: Sequence[str]
    """The letters of the zones, such as a, b and c."""
    nat: Literal["zone", "one"]
    endpoints: Sequence[str]
    """The AWS services that get a VPC endpoint."""
    flow_log_days: LogDays
    logs: Logs
    account: Account


class Vpc(ComponentResource):
    """VPC with a public and a private subnet in each zone. Private subnets reach the internet through NAT gateways."""

    vpc_id: Output[str]
    public_subnet_ids: Output[Sequence[str]]
    private_subnet_ids: Output[Sequence[str]]
    outbound: Sequence[Resource]
    """Routes and endpoints of the private subnets. Resources in these subnets are made after them and deleted before them."""

    def __init__(self, name: str, args: VpcArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:Vpc", name, None, opts)
        self.name = name
        self.args = args
        self.child = ResourceOptions(parent=self)

        vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=args.cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags={"Name": name},
            opts=self.child,
        )
        self.vpc_id = vpc.id
        aws.ec2.DefaultSecurityGroup(
            f"{name}-default", vpc_id=vpc.id, ingress=[], egress=[], tags={"Name": f"{name}-unused"}, opts=self.child
        )

        ranges = layout(args.cidr)
        public = self._subnets("public", ranges.public, {"kubernetes.io/role/elb": "1"})
        private = self._subnets("private", ranges.private, {"kubernetes.io/role/internal-elb": "1"})
        tables, routes = self._routes(public, private)
        self.outbound = [*routes, *self._endpoints(private, tables)]
        self._flow_log()

        self.public_subnet_ids = Output.all(*(subnet.id for subnet in public))
        self.private_subnet_ids = Output.all(*(subnet.id for subnet in private))
        self.register_outputs(
            {
                "vpcId": self.vpc_id,
                "publicSubnetIds": self.public_subnet_ids,
                "privateSubnetIds": self.private_subnet_ids,
            }
        )

    def _subnets(self, kind: str, ranges: Sequence[str], tags: dict[str, str]) -> list[aws.ec2.Subnet]:
        return [
            aws.ec2.Subnet(
                f"{self.name}-{kind}-{zone}",
                vpc_id=self.vpc_id,
                cidr_block=cidr,
                availability_zone=f"{self.args.account.region}{zone}",
                map_public_ip_on_launch=False,
                tags={"Name": f"{self.name}-{kind}-{zone}", **tags},
                opts=self.child,
            )
            for zone, cidr in zip(self.args.zones, ranges, strict=True)
        ]

    def _routes(
        self, public: Sequence[aws.ec2.Subnet], private: Sequence[aws.ec2.Subnet]
    ) -> tuple[list[aws.ec2.RouteTable], list[Resource]]:
        """Route public subnets to the internet and private ones through NAT. Return the private route tables and routes."""
        internet = aws.ec2.InternetGateway(
            f"{self.name}-internet", vpc_id=self.vpc_id, tags={"Name": self.name}, opts=self.child
        )
        table, members = self._table("public", self.args.zones, public)
        outside = aws.ec2.Route(
            f"{self.name}-public-out",
            route_table_id=table.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=internet.id,
            opts=self.child,
        )
        tables: list[aws.ec2.RouteTable] = []
        gateways: list[aws.ec2.NatGateway] = []
        routes: list[Resource] = []
        for zone, public_subnet, private_subnet in zip(self.args.zones, public, private, strict=True):
            if self.args.nat == "zone" or not gateways:
                gateways.append(self._nat(zone, public_subnet, [outside, *members]))
            table, members_here = self._table(f"private-{zone}", [zone], [private_subnet])
            out = aws.ec2.Route(
                f"{self.name}-private-{zone}-out",
                route_table_id=table.id,
                destination_cidr_block="0.0.0.0/0",
                nat_gateway_id=gateways[-1].id,
                opts=self.child,
            )
            tables.append(table)
            routes += [out, *members_here]
        return tables, routes

    def _table(
        self, role: str, zones: Sequence[str], subnets: Sequence[aws.ec2.Subnet]
    ) -> tuple[aws.ec2.RouteTable, list[aws.ec2.RouteTableAssociation]]:
        table = aws.ec2.RouteTable(
            f"{self.name}-{role}", vpc_id=self.vpc_id, tags={"Name": f"{self.name}-{role}"}, opts=self.child
        )
        members = [
            aws.ec2.RouteTableAssociation(
                f"{self.name}-{role if role.endswith(f'-{zone}') else f'{role}-{zone}'}",
                subnet_id=subnet.id,
                route_table_id=table.id,
                opts=self.child,
            )
            for zone, subnet in zip(zones, subnets, strict=True)
        ]
        return table, members

    def _nat(self, zone: str, subnet: aws.ec2.Subnet, outside: Sequence[Resource]) -> aws.ec2.NatGateway:
        tags = {"Name": f"{self.name}-{zone}"}
        address = aws.ec2.Eip(f"{self.name}-nat-{zone}", domain="vpc", tags=tags, opts=self.child)
        return aws.ec2.NatGateway(
            f"{self.name}-nat-{zone}",
            subnet_id=subnet.id,
            allocation_id=address.allocation_id,
            tags=tags,
            opts=ResourceOptions(parent=self, depends_on=outside),
        )

    def _endpoints(self, private: Sequence[aws.ec2.Subnet], tables: Sequence[aws.ec2.RouteTable]) -> Sequence[Resource]:
        """Make the VPC endpoints of AWS services. S3 always has one, because container images are stored there."""
        gateways: list[Resource] = [
            aws.ec2.VpcEndpoint(
                f"{self.name}-{service}",
                vpc_id=self.vpc_id,
                service_name=f"com.amazonaws.{self.args.account.region}.{service}",
                vpc_endpoint_type="Gateway",
                route_table_ids=[table.id for table in tables],
                tags={"Name": f"{self.name}-{service}"},
                opts=self.child,
            )
            for service in GATEWAY_SERVICES
            if service == "s3" or service in self.args.endpoints
        ]
        interface_services = [service for service in self.args.endpoints if service not in GATEWAY_SERVICES]
        if not interface_services:
            return gateways
        group = aws.ec2.SecurityGroup(
            f"{self.name}-endpoints",
            vpc_id=self.vpc_id,
            description="Interface endpoints: HTTPS from inside the VPC",
            tags={"Name": f"{self.name}-endpoints"},
            opts=self.child,
        )
        rule = aws.vpc.SecurityGroupIngressRule(
            f"{self.name}-endpoints-https",
            security_group_id=group.id,
            description="HTTPS from inside the VPC",
            cidr_ipv4=self.args.cidr,
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            opts=self.child,
        )
        interfaces = [
            aws.ec2.VpcEndpoint(
                f"{self.name}-{service}",
                vpc_id=self.vpc_id,
                service_name=f"com.amazonaws.{self.args.account.region}.{service}",
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=[subnet.id for subnet in private],
                security_group_ids=[group.id],
                tags={"Name": f"{self.name}-{service}"},
                opts=self.child,
            )
            for service in interface_services
        ]
        return [*gateways, rule, *interfaces]

    def _flow_log(self) -> None:
        group = self.args.logs.group("vpc-flow", days=self.args.flow_log_days, parent=self)
        role = aws.iam.Role(
            f"{self.name}-vpc-flow",
            assume_role_policy=self.args.account.id.apply(_flow_logs_trust),
            tags={"Name": f"{self.name}-vpc-flow"},
            opts=self.child,
        )
        rights = aws.iam.RolePolicy(
            f"{self.name}-vpc-flow", role=role.name, policy=group.arn.apply(_write_flow_logs), opts=self.child
        )
        aws.ec2.FlowLog(
            f"{self.name}-vpc-flow",
            vpc_id=self.vpc_id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            tags={"Name": f"{self.name}-vpc-flow"},
            opts=ResourceOptions(parent=self, depends_on=[rights]),
        )


def _flow_logs_trust(account: str) -> str:
    return service_trust("vpc-flow-logs.amazonaws.com", account)


def _write_flow_logs(group_arn: str) -> str:
    """Return the policy that flow logs need for one log group (VPC, IAM role for publishing flow logs to CloudWatch Logs)."""
    every_group = ":".join([*group_arn.split(":")[:6], "*"])
    return document(
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
            "Resource": [group_arn, f"{group_arn}:*"],
        },
        {"Effect": "Allow", "Action": ["logs:DescribeLogGroups"], "Resource": every_group},
    )
