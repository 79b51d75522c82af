"""Settings of an existing serverless MSK cluster."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from typing_extensions import override

from components.aws.msk.existing_settings import CLUSTER_ARN, ExistingMskCluster, arn_errors, is_serverless
from components.aws.msk_serverless.settings import topic_errors
from components.consumer import Image
from components.section import ConfigError
from components.settings_bases import ServiceSettings, ValidationContext


class ExistingMskServerlessSettings(ServiceSettings, frozen=True):
    """Streaming section for an existing serverless MSK cluster. Consumers authenticate with their IAM role."""

    counts_unread: ClassVar = True

    service: Literal["msk-serverless"]
    """Always msk-serverless."""
    existing: ExistingMskCluster
    """The existing cluster. The program makes topics on it and changes nothing of it."""
    topic_image: Image = ":topic-1.0.0"
    """The container image that creates and checks the topics, built from topic/. The default is in the stack's own registry."""

    @property
    @override
    def images(self) -> Sequence[str]:
        """The image that creates and checks the topics."""
        return (self.topic_image,)

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield errors about the region of the cluster, a network without a route to it, and topics."""
        yield from topic_errors(context)
        yield from arn_errors(self.existing.cluster_arn, context)
        if not is_serverless(self.existing.cluster_arn):
            text = "must be the ARN of a serverless cluster, got that of a cluster with brokers. Set streaming.service to msk."
            yield ConfigError(path=CLUSTER_ARN, text=text)
