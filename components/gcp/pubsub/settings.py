"""The settings of Pub/Sub."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal, cast

from typing_extensions import override

from components.gcp.pubsub.filter import MOST_BYTES, subscription_filters, too_long
from components.gcp.pubsub.topic_settings import PubSubPipeSettings
from components.section import ConfigError
from components.settings_bases import ServiceSettings, ValidationContext

SUBSCRIPTIONS = 10_000
"""The subscriptions of a project, which Google does not raise (Pub/Sub, Quotas and limits)."""


class PubSubSettings(ServiceSettings, frozen=True):
    """The streaming section of a stack file, for Pub/Sub."""

    cloud_services: ClassVar = ("pubsub",)

    service: Literal["pubsub"]
    """Always pubsub."""
    customer_managed_key: bool = False
    """Whether messages are encrypted with a Cloud KMS key of the stack's own, in place of Google's; it can be added later, and not be
    taken back (Pub/Sub, Configure message encryption)."""

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield filters that are too long, and more subscriptions than a project has room for."""
        pipes = cast("Mapping[str, PubSubPipeSettings]", context.pipes)
        for name, pipe in pipes.items():
            length = too_long(subscription_filters(pipe.topic.filter, pipe.partitions))
            if length:
                added = ", with what mode partitioned adds" if pipe.partitions else ""
                text = (
                    f"must be at most {MOST_BYTES} bytes long{added}, not {length} (Pub/Sub, Filter messages); shorten it, or let the "
                    "publishers set one attribute that says what the pipe reads"
                )
                yield ConfigError(path=("pipes", name, "topic", "filter"), text=text)
        asked = sum((pipe.partitions or 1) + pipe.topic.dead_letter.enabled for pipe in pipes.values())
        if asked > SUBSCRIPTIONS:
            text = (
                f"ask for {asked} subscriptions, and a project has room for {SUBSCRIPTIONS} (Pub/Sub, Quotas and limits); lower the "
                "parallelism of pipes in mode partitioned, or share them among stacks in several projects"
            )
            yield ConfigError(path=("pipes",), text=text)
