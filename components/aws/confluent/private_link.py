"""AWS PrivateLink connection from a VPC to a private Confluent Cloud cluster."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
import pulumi_confluentcloud as confluentcloud
from pulumi import Output, Resource, ResourceOptions
from pulumi_confluentcloud.outputs import PrivateLinkAttachmentAw

from components.aws.network.network import Network
from components.confluent.home import KAFKA_PORT, PrivateLink, PrivateLinkArgs

TTL = 60
"""TTL of the DNS records in seconds (Confluent Cloud, AWS PrivateLink, Set up DNS records)."""


@dataclass(frozen=True, kw_only=True)
class ConfluentLinkArgs:
    """Arguments of ConfluentLink."""

    network: Network
    link: PrivateLinkArgs


class ConfluentLink(PrivateLink):
    """VPC endpoint in the private subnets, its private DNS zone, and its registration with Confluent.

    Only consumers can reach the brokers. The whole VPC can reach the REST API over HTTPS, because topics are made through it with an
    API key. One wildcard DNS record is enough for all brokers in the region (Confluent Cloud, AWS PrivateLink for serverless products).
    """

    def __init__(self, name: str, args: ConfluentLinkArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:ConfluentLink", name, None, opts)
        self.name = name
        self.args = args
        network, link = args.network, args.link
        group, rules = self._security_group()
        endpoint = aws.ec2.VpcEndpoint(
            f"{name}-endpoint",
            vpc_id=network.vpc_id,
            service_name=link.attachment.aws.apply(_service),
            vpc_endpoint_type="Interface",
            private_dns_enabled=False,
            subnet_ids=network.private_subnet_ids,
            security_group_ids=[group.id],
            tags={"Name": name},
            opts=ResourceOptions(parent=self),
        )
        connection = confluentcloud.PrivateLinkAttachmentConnection(
            f"{name}-connection",
            display_name=name,
            environment=confluentcloud.PrivateLinkAttachmentConnectionEnvironmentArgs(id=link.environment_id),
            aws=confluentcloud.PrivateLinkAttachmentConnectionAwsArgs(vpc_endpoint_id=endpoint.id),
            private_link_attachment=confluentcloud.PrivateLinkAttachmentConnectionPrivateLinkAttachmentArgs(
                id=link.attachment.id
            ),
            opts=ResourceOptions(parent=self),
        )
        self.ready = [connection, self._names(endpoint), *rules]
        self.register_outputs({"endpointId": endpoint.id})

    def _security_group(self) -> tuple[aws.ec2.SecurityGroup, Sequence[Resource]]:
        """Make the endpoint's security group and its ingress rules."""
        child = ResourceOptions(parent=self)
        group = aws.ec2.SecurityGroup(
            f"{self.name}-endpoint",
            vpc_id=self.args.network.vpc_id,
            description="Endpoint of Confluent Cloud: the consumers, and HTTPS from inside the VPC",
            tags={"Name": self.name},
            opts=child,
        )
        brokers = aws.vpc.SecurityGroupIngressRule(
            f"{self.name}-brokers",
            security_group_id=group.id,
            referenced_security_group_id=self.args.network.consumers_security_group_id,
            description="Consumers, authenticated by Confluent Cloud",
            ip_protocol="tcp",
            from_port=KAFKA_PORT,
            to_port=KAFKA_PORT,
            opts=child,
        )
        https = aws.vpc.SecurityGroupIngressRule(
            f"{self.name}-https",
            security_group_id=group.id,
            cidr_ipv4=self.args.network.cidr,
            description="HTTPS from inside the VPC, authenticated by Confluent Cloud",
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            opts=child,
        )
        return group, [brokers, https]

    def _names(self, endpoint: aws.ec2.VpcEndpoint) -> aws.route53.Record:
        """Make a private DNS zone with a wildcard record for the attachment's domain."""
        zone = aws.route53.Zone(
            f"{self.name}-zone",
            name=self.args.link.attachment.dns_domain,
            comment=f"Private link of {self.name} to Confluent Cloud",
            vpcs=[aws.route53.ZoneVpcArgs(vpc_id=self.args.network.vpc_id)],
            tags={"Name": self.name},
            opts=ResourceOptions(parent=self),
        )
        return aws.route53.Record(
            f"{self.name}-names",
            zone_id=zone.zone_id,
            name=Output.concat("*.", zone.name),
            type=aws.route53.RecordType.CNAME,
            ttl=TTL,
            records=[endpoint.dns_entries.apply(lambda entries: entries[0].dns_name or "")],
            opts=ResourceOptions(parent=self),
        )


def _service(offered: Sequence[PrivateLinkAttachmentAw]) -> str:
    """Return the name of Confluent's endpoint service. An attachment on AWS has exactly one."""
    return offered[0].vpc_endpoint_service_name or ""
