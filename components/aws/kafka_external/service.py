"""Any Kafka that was there before the stack, and the consumers' way to it from a VPC."""

import pulumi_aws as aws
from pulumi import ResourceOptions

from components.arguments import StreamingArgs
from components.aws.network.network import Network
from components.kafka.external.service import KafkaExternal
from components.kafka.external.settings import KafkaExternalSettings
from components.kubernetes.platform import KubernetesPlatform


def kafka_external(
    name: str,
    args: StreamingArgs[KafkaExternalSettings, Network, KubernetesPlatform],
    opts: ResourceOptions | None = None,
) -> KafkaExternal:
    """Open the consumers' security group for the brokers. It allows only HTTPS and the VPC."""
    service = KafkaExternal(name, args, opts)
    for cidr in args.settings.broker_cidrs:
        for port in args.settings.ports:
            aws.vpc.SecurityGroupEgressRule(
                f"{name}-brokers-{cidr.replace('/', '-')}-{port}",
                security_group_id=args.network.consumers_security_group_id,
                description="To the brokers",
                cidr_ipv4=cidr,
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                opts=ResourceOptions(parent=service),
            )
    return service
