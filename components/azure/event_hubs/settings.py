"""Settings of Event Hubs and their validation."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal, cast

from pydantic import Field
from typing_extensions import override

from components.azure.event_hubs.limits import SOURCE, dead_letter_errors, pipe_errors, set_tier
from components.azure.event_hubs.tiers import TIERS, Tier, TierName
from components.azure.event_hubs.topic_settings import EventHubsPipeSettings, ExistingEventHubsPipeSettings
from components.azure.names import resource_id
from components.consumer_group import group_errors
from components.section import ConfigError, SettingsModel
from components.settings_bases import ServiceSettings, ValidationContext, adopted


class AutoInflateSettings(SettingsModel, frozen=True):
    """Auto-inflate settings. Event Hubs adds throughput units and does not remove them."""

    maximum_units: Annotated[int, Field(ge=1, le=40)]
    """Maximum throughput units of the namespace, more than capacity (Event Hubs, Auto-inflate)."""


class EventHubsSettings(ServiceSettings, frozen=True):
    """Streaming settings for Event Hubs."""

    cloud_services: ClassVar = ("blob", "servicebus", "vault")

    service: Literal["event-hubs"]
    """Always event-hubs."""
    tier: TierName = "premium"
    """Tier of the namespace: standard, premium, or dedicated (a namespace on your dedicated cluster). On standard, the number of
    partitions of an event hub cannot change and all limits are lower (Event Hubs, Compare tiers)."""
    capacity: Annotated[int, Field(ge=1, le=40)] = 1
    """Capacity units of the namespace: 1 to 40 throughput units on standard; 1, 2, 4, 6, 8, 10, 12 or 16 processing units on premium
    (Event Hubs, Quotas and limits). With autoInflate, the initial number."""
    auto_inflate: AutoInflateSettings | None = None
    """Automatic increase of throughput units with the load, on standard only. By default capacity is fixed."""
    cluster_id: (
        Annotated[str, resource_id("Microsoft.EventHub/clusters/{}", "a dedicated cluster of Event Hubs")] | None
    ) = None
    """ID of the dedicated cluster for the namespace, in the stack's region. Only for tier dedicated."""
    customer_managed_key: bool = False
    """Whether to also encrypt records with a key in the stack's key vault. It is not available on standard and cannot be changed after
    the namespace is created (Event Hubs, Configure customer-managed keys)."""

    @property
    def limits(self) -> Tier:
        """Limits of the tier."""
        return TIERS[self.tier]

    @property
    @override
    def can_grow(self) -> bool:
        """Whether partitions can be added to an existing event hub. Only standard does not support this."""
        return self.limits.grows

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield errors about features that the tier does not support and limits that the pipes exceed."""
        pipes = cast("Mapping[str, EventHubsPipeSettings]", context.made)
        own = (*self._capacity(), *self._features(), *self._limit_errors(pipes))
        yield from (error.under("streaming") for error in own)
        yield from group_errors(context.pipes)
        for name, pipe in pipes.items():
            yield from (error.under("pipes", name) for error in pipe_errors(name, pipe, self.tier, set_tier))
        for name, pipe in adopted(context.pipes).items():
            found = dead_letter_errors(cast("ExistingEventHubsPipeSettings", pipe), self.tier, set_tier)
            yield from (error.under("pipes", name) for error in found)

    def _capacity(self) -> Iterator[ConfigError]:
        numbers = self.limits.capacities
        if self.tier == "dedicated" and self.capacity not in numbers:
            text = (
                f"is not available on tier dedicated (the cluster sets the capacity), got {self.capacity}. Remove it."
            )
            yield ConfigError(path=("capacity",), text=text)
        elif self.capacity not in numbers:
            text = (
                f"must be {', '.join(map(str, numbers[:-1]))} or {numbers[-1]} {self.limits.unit} on tier {self.tier}, got {self.capacity} "
                f"{SOURCE}. Use one of these numbers."
            )
            yield ConfigError(path=("capacity",), text=text)
        inflates = self.auto_inflate
        if inflates and self.tier != "standard":
            text = self._only_on("standard", "on other tiers the number of units changes only with capacity")
            yield ConfigError(path=("autoInflate",), text=text)
        elif inflates and inflates.maximum_units <= self.capacity:
            text = (
                f"must be more than capacity ({self.capacity}), got {inflates.maximum_units} (no units could be added). "
                "Raise it or remove autoInflate."
            )
            yield ConfigError(path=("autoInflate", "maximumUnits"), text=text)

    def _features(self) -> Iterator[ConfigError]:
        if self.tier == "dedicated" and self.cluster_id is None:
            text = (
                "is required on tier dedicated (the namespace is created on an existing dedicated cluster). "
                "Set it to the cluster's ID, or set tier to premium."
            )
            yield ConfigError(path=("clusterId",), text=text)
        if self.cluster_id is not None and self.tier != "dedicated":
            text = self._only_on("dedicated", "on other tiers Azure chooses where the namespace runs")
            yield ConfigError(path=("clusterId",), text=text)
        if self.customer_managed_key and self.tier == "standard":
            text = (
                "is not available on tier standard, which uses Microsoft-managed keys (Event Hubs, Configure customer-managed keys). "
                "Remove it, or set tier to premium."
            )
            yield ConfigError(path=("customerManagedKey",), text=text)

    def _only_on(self, tier: str, reason: str) -> str:
        return f"is available only on tier {tier}, got tier {self.tier} ({reason}). Remove it, or set tier to {tier}."

    def _limit_errors(self, pipes: Mapping[str, EventHubsPipeSettings]) -> Iterator[ConfigError]:
        """Yield an error for each limit of the namespace that the pipes exceed: event hubs, partitions and schema groups."""
        limits = self.limits
        units = self.capacity if limits.unit_partitions else 1
        dead_letters = sum(pipe.topic.dead_letter.enabled for pipe in pipes.values())
        partitions = sum(pipe.parallelism for pipe in pipes.values()) + dead_letters
        schema_groups = sum(pipe.topic.schema_group is not None for pipe in pipes.values())
        usage = [
            (len(pipes) + dead_letters, limits.hubs * units, "event hubs"),
            (schema_groups, limits.schema_groups, "schema groups"),
        ]
        if limits.unit_partitions:
            usage.append((partitions, limits.unit_partitions * units, "partitions"))
        for count, limit, things in usage:
            if count > limit:
                with_dead_letters = things != "schema groups" and dead_letters
                counted = f", {dead_letters} of them for dead letters" if with_dead_letters else ""
                fix = (
                    f"Raise capacity or use fewer {things}."
                    if limits.unit_partitions
                    else f"Use fewer {things}, or set tier to premium."
                )
                named = things.removesuffix("s") if limit == 1 else things
                text = f"{self.tier} supports at most {limit} {named}, got {count}{counted} {SOURCE}. {fix}"
                yield ConfigError(path=("tier",), text=text)
