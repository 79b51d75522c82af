"""Streaming settings for Pub/Sub."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal, cast

from typing_extensions import override

from components.consumer_group import no_group
from components.gcp.pubsub.filter import MOST_BYTES, subscription_filters, too_long
from components.gcp.pubsub.signals import AGE_RESOLUTION
from components.gcp.pubsub.topic_settings import PubSubPipeSettings
from components.section import ConfigError
from components.settings_bases import ServiceSettings, ValidationContext

SUBSCRIPTIONS = 10_000
"""Most subscriptions in a project. Google does not raise this limit (Pub/Sub, Quotas and limits)."""


class PubSubSettings(ServiceSettings, frozen=True):
    """Streaming settings for Pub/Sub."""

    cloud_services: ClassVar = ("pubsub",)
    age_resolution: ClassVar = AGE_RESOLUTION

    service: Literal["pubsub"]
    """Always pubsub."""
    customer_managed_key: bool = False
    """Whether messages are encrypted with the stack's Cloud KMS key instead of a Google-managed key. It can be turned on later, but not
    turned off again (Pub/Sub, Configure message encryption)."""

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield consumer groups, filters that are too long, and more subscriptions than a project can have."""
        yield from no_group(context.pipes, "consumers share the subscriptions of the pipe")
        pipes = cast("Mapping[str, PubSubPipeSettings]", context.made)
        for name, pipe in pipes.items():
            length = too_long(subscription_filters(pipe.topic.filter, pipe.partitions))
            if length:
                added = " including the partition condition that mode partitioned adds" if pipe.partitions else ""
                text = (
                    f"must be at most {MOST_BYTES} bytes long{added}, got {length} (Pub/Sub, Filter messages). Shorten it, or have the "
                    "publishers set a single attribute that the filter can match."
                )
                yield ConfigError(path=("pipes", name, "topic", "filter"), text=text)
        asked = sum((pipe.partitions or 1) + pipe.topic.dead_letter.enabled for pipe in pipes.values())
        if asked > SUBSCRIPTIONS:
            text = (
                f"must use at most {SUBSCRIPTIONS} subscriptions in total, got {asked} (Pub/Sub, Quotas and limits). Lower the "
                "parallelism of pipes in mode partitioned, or split the pipes between stacks in different projects."
            )
            yield ConfigError(path=("pipes",), text=text)
