"""Settings of an existing MSK cluster."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal, cast

from typing_extensions import override

from components.aws.account import AwsSettings, partition_of
from components.aws.msk.brokers import VERSIONS
from components.aws.msk.topic import MskPipeSettings
from components.aws.network.network import AwsNetworkSettings
from components.consumer_group import group_errors
from components.kafka.config import pipe_config_errors
from components.section import ConfigError, Pattern, SettingsModel
from components.settings_bases import ServiceSettings, ValidationContext

CLUSTER_ARN = ("streaming", "existing", "clusterArn")


class ExistingMskCluster(SettingsModel, frozen=True):
    """An existing MSK cluster. Its owner manages its brokers, versions and settings."""

    cluster_arn: Annotated[
        str, Pattern(r"arn:[a-z-]+:kafka:[a-z0-9-]+:\d{12}:cluster/[^/]+/[^/]+", "the ARN of an MSK cluster")
    ]
    """The ARN of the cluster. It must accept IAM authentication."""
    open_security_group: bool | None = None
    """Whether the program adds a rule for the consumers to the first security group of the brokers. By default, it does if the consumers
    have a security group of the stack. On an existing EKS cluster they have the group of its nodes, which may have a rule already: then the
    preview warns if there is none. Set it to false if the rules are managed elsewhere, or if the VPC of the consumers is not peered."""


class ExistingMskSettings(ServiceSettings, frozen=True):
    """Streaming section for an existing MSK cluster. Consumers authenticate with their IAM role."""

    counts_unread: ClassVar = True

    service: Literal["msk"]
    """Always msk."""
    existing: ExistingMskCluster
    """The existing cluster. The program makes topics on it and changes nothing of it."""

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield errors about the region of the cluster, a network without a route to it, and topic settings."""
        pipes = cast("Mapping[str, MskPipeSettings]", context.made)
        yield from pipe_config_errors({name: pipe.topic.config for name, pipe in pipes.items()}, VERSIONS.default)
        yield from group_errors(context.pipes)
        yield from arn_errors(self.existing.cluster_arn, context)
        if is_serverless(self.existing.cluster_arn):
            text = "must be the ARN of a cluster with brokers, got that of a serverless cluster. Set streaming.service to msk-serverless."
            yield ConfigError(path=CLUSTER_ARN, text=text)


def is_serverless(arn: str) -> bool:
    """Return whether a cluster is serverless. Its ARN ends in -s and a number (MSK Serverless, Create an IAM role: examples of ARNs)."""
    kind = arn.rpartition("-")[2]
    return kind.startswith("s") and kind[1:].isdigit()


def arn_errors(arn: str, context: ValidationContext) -> Iterator[ConfigError]:
    """Yield errors about a cluster in another partition, region or account, and about a new network, which has no route to the brokers."""
    _, partition, _, region, account, _ = arn.split(":", 5)
    settings = context.account
    if partition != partition_of(region):
        text = f"must be in {partition_of(region)}, the partition of {region}, got {partition}. Copy the ARN: aws kafka list-clusters-v2 prints it."
        yield ConfigError(path=CLUSTER_ARN, text=text)
    if isinstance(settings, AwsSettings) and settings.region != region:
        text = f"must be in {settings.region}, the region of the stack (aws:region), got {region}. Use a cluster there, or set aws:region to {region}."
        yield ConfigError(path=CLUSTER_ARN, text=text)
    if (
        isinstance(settings, AwsSettings)
        and settings.allowed_account_ids
        and account not in settings.allowed_account_ids
    ):
        allowed = ", ".join(settings.allowed_account_ids)
        text = f"must be in the account of the stack (aws:allowedAccountIds: {allowed}), got {account}. Use a cluster of that account."
        yield ConfigError(path=CLUSTER_ARN, text=text)
    if isinstance(context.network, AwsNetworkSettings) and context.network.existing is None:
        text = (
            "is required with streaming.existing (a new VPC has no route to the brokers). Set it to the VPC of the cluster, or to one that is "
            "connected with it."
        )
        yield ConfigError(path=("network", "existing"), text=text)
