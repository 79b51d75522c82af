"""Any Kafka that was there before the stack, and the consumers' way to it from a VPC."""

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
    """Open the consumers' security group for the brokers: it allows only HTTPS and the VPC. That of an existing cluster stays as it is."""
    service = KafkaExternal(name, args, opts)
    for cidr in args.settings.broker_cidrs:
        for port in args.settings.ports:
            args.network.egress(
                f"{name}-brokers-{cidr.replace('/', '-')}-{port}",
                description="To the brokers",
                port=port,
                cidr=cidr,
                opts=ResourceOptions(parent=service),
            )
    return service
