"""Settings of an existing Event Hubs namespace."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, cast

from typing_extensions import override

from components.azure.event_hubs.topic_settings import EventHubsPipeSettings
from components.azure.existing import GroupName
from components.consumer_group import group_errors
from components.section import ConfigError, Pattern, SettingsModel
from components.settings_bases import ServiceSettings, ValidationContext


class ExistingNamespace(SettingsModel, frozen=True):
    """An existing Event Hubs namespace. Its owner manages its tier, capacity and network access."""

    namespace: Annotated[
        str,
        Pattern(r"[A-Za-z][A-Za-z0-9-]{4,48}[A-Za-z0-9]", "the name of an Event Hubs namespace, without .servicebus"),
    ]
    """The name of the namespace. It must have a Kafka endpoint, so its tier is standard, premium or dedicated."""
    resource_group: GroupName
    """The resource group of the namespace, in the stack's subscription."""


class ExistingEventHubsSettings(ServiceSettings, frozen=True):
    """Streaming section for an existing Event Hubs namespace. Consumers sign in with Entra."""

    service: Literal["event-hubs"]
    """Always event-hubs."""
    existing: ExistingNamespace
    """The existing namespace. The program makes event hubs on it, with grants for the consumers."""

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield errors about consumer groups, and about capture, which needs the identity and the network of a new namespace."""
        yield from group_errors(context.pipes)
        for name, pipe in cast("Mapping[str, EventHubsPipeSettings]", context.made).items():
            if pipe.topic.capture:
                text = (
                    "is not available with streaming.existing (the namespace's identity and network belong to its owner). Remove it, or capture "
                    "the event hub outside this program."
                )
                yield ConfigError(path=("pipes", name, "topic", "capture"), text=text)
