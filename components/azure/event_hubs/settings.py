"""The streaming section of a stack file for Event Hubs, and what must fit together in it."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal, cast

from pydantic import Field
from typing_extensions import override

from components.azure.event_hubs.tiers import TIERS, Tier, TierName
from components.azure.event_hubs.topic import EventHubsPipeSettings
from components.azure.names import resource_id
from components.section import ConfigError, SettingsModel
from components.settings_bases import ServiceSettings, ValidationContext

SOURCE = "(Event Hubs, Quotas and limits)"


class AutoInflateSettings(SettingsModel, frozen=True):
    """How a namespace gets more throughput units by itself; it never gives one back."""

    maximum_units: Annotated[int, Field(ge=1, le=40)]
    """The most throughput units that the namespace may get, more than capacity (Event Hubs, Auto-inflate)."""


class EventHubsSettings(ServiceSettings, frozen=True):
    """The streaming section of a stack file, for Event Hubs."""

    cloud_services: ClassVar = ("blob", "servicebus", "vault")

    service: Literal["event-hubs"]
    """Always event-hubs."""
    tier: TierName = "premium"
    """The tier of the namespace: standard, premium, or dedicated for a namespace on a cluster of your own. On standard the
    partitions of an event hub can never change, and there are fewer of everything (Event Hubs, Compare tiers)."""
    capacity: Annotated[int, Field(ge=1, le=40)] = 1
    """The units of the namespace: 1 to 40 throughput units on standard; 1, 2, 4, 6, 8, 10, 12 or 16 processing units on premium
    (Event Hubs, Quotas and limits). With autoInflate, those that it begins with."""
    auto_inflate: AutoInflateSettings | None = None
    """How throughput units are added when the load needs them, on standard only; by default capacity stays as it is."""
    cluster_id: (
        Annotated[str, resource_id("Microsoft.EventHub/clusters/{}", "a dedicated cluster of Event Hubs")] | None
    ) = None
    """The id of the dedicated cluster that the namespace is made on, in the region of the stack; for the tier dedicated only."""
    customer_managed_key: bool = False
    """Whether records are encrypted with a key of the stack's own too, in a vault of its own; not on standard, and fixed with the
    namespace (Event Hubs, Configure customer-managed keys)."""

    @property
    def limits(self) -> Tier:
        """What the tier has room for."""
        return TIERS[self.tier]

    @property
    @override
    def can_grow(self) -> bool:
        """Whether an event hub can get more partitions after it was made: on every tier but standard."""
        return self.limits.grows

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield what the tier lacks, and pipes that it has no room for."""
        pipes = cast("Mapping[str, EventHubsPipeSettings]", context.pipes)
        own = (*self._capacity(), *self._features(), *self._room(pipes))
        yield from (error.under("streaming") for error in own)
        for name, pipe in pipes.items():
            yield from (error.under("pipes", name) for error in self._pipe(name, pipe))

    def _capacity(self) -> Iterator[ConfigError]:
        numbers = self.limits.capacities
        if self.tier == "dedicated" and self.capacity not in numbers:
            text = f"is the cluster's own on the tier dedicated, so {self.capacity} would have no effect; remove it"
            yield ConfigError(path=("capacity",), text=text)
        elif self.capacity not in numbers:
            text = (
                f"must be {', '.join(map(str, numbers[:-1]))} or {numbers[-1]} {self.limits.unit} on the tier {self.tier}, not {self.capacity} "
                f"{SOURCE}; set one of them"
            )
            yield ConfigError(path=("capacity",), text=text)
        inflates = self.auto_inflate
        if inflates and self.tier != "standard":
            text = self._only_on("standard", "the number of units changes by capacity alone")
            yield ConfigError(path=("autoInflate",), text=text)
        elif inflates and inflates.maximum_units <= self.capacity:
            text = (
                f"must be more than capacity, which is {self.capacity}, not {inflates.maximum_units}: there would be no unit to add; "
                "raise it, or remove autoInflate"
            )
            yield ConfigError(path=("autoInflate", "maximumUnits"), text=text)

    def _features(self) -> Iterator[ConfigError]:
        if self.tier == "dedicated" and self.cluster_id is None:
            text = (
                "is missing: on the tier dedicated the namespace is made on a cluster that is there already; "
                "write its id here, or set tier to premium"
            )
            yield ConfigError(path=("clusterId",), text=text)
        if self.cluster_id is not None and self.tier != "dedicated":
            text = self._only_on("dedicated", "Azure itself chooses where the namespace runs")
            yield ConfigError(path=("clusterId",), text=text)
        if self.customer_managed_key and self.tier == "standard":
            text = (
                "is not to be had on the tier standard (Event Hubs, Configure customer-managed keys): there Microsoft's keys encrypt the "
                "records; remove it, or set tier to premium"
            )
            yield ConfigError(path=("customerManagedKey",), text=text)

    def _only_on(self, tier: str, reason: str) -> str:
        return f"is for the tier {tier} only, and on {self.tier} {reason}; remove it, or set tier to {tier}"

    def _room(self, pipes: Mapping[str, EventHubsPipeSettings]) -> Iterator[ConfigError]:
        """More event hubs, partitions or schema groups than a namespace of the tier has room for."""
        limits = self.limits
        units = self.capacity if limits.unit_partitions else 1
        dead_letters = sum(pipe.topic.dead_letter.enabled for pipe in pipes.values())
        partitions = sum(pipe.parallelism for pipe in pipes.values()) + dead_letters
        schema_groups = sum(pipe.topic.schema_group is not None for pipe in pipes.values())
        asked = [
            (len(pipes) + dead_letters, limits.hubs * units, "event hubs"),
            (schema_groups, limits.schema_groups, "schema groups"),
        ]
        if limits.unit_partitions:
            asked.append((partitions, limits.unit_partitions * units, "partitions"))
        way = "raise capacity, or ask for less" if limits.unit_partitions else "ask for less, or set tier to premium"
        for count, room, things in asked:
            if count > room:
                counted = (
                    f", {dead_letters} of them for dead letters" if things != "schema groups" and dead_letters else ""
                )
                text = f"{self.tier} has room for {room} {things}, and {count} are asked for{counted} {SOURCE}; {way}"
                yield ConfigError(path=("tier",), text=text)

    def _pipe(self, name: str, pipe: EventHubsPipeSettings) -> Iterator[ConfigError]:
        limits = self.limits
        if pipe.parallelism > limits.hub_partitions:
            text = (
                f"must be at most {limits.hub_partitions}, not {pipe.parallelism}: an event hub has no more partitions on the tier "
                f"{self.tier} {SOURCE}; lower it, or {self._larger(pipe.parallelism)}"
            )
            yield ConfigError(path=("parallelism",), text=text)
        if not pipe.topic.compaction:
            yield from self._retention(pipe.topic.retention_hours, "topic")
        yield from self._retention(pipe.topic.dead_letter.retention_hours, "topic", "deadLetter")
        groups = len(pipe.topic.consumer_groups)
        if groups >= limits.consumer_groups:
            text = (
                f"must name at most {limits.consumer_groups - 1}, not {groups}: with $Default an event hub has {limits.consumer_groups} on the "
                f"tier {self.tier} {SOURCE}; remove some"
            )
            yield ConfigError(path=("topic", "consumerGroups"), text=text)
        if pipe.topic.capture and "--" in name:
            text = (
                "cannot go with two hyphens in a row in the pipe's name, which is in that of a storage container (Storage, Naming containers); "
                "remove it, or choose another name for the pipe"
            )
            yield ConfigError(path=("topic", "capture"), text=text)

    def _retention(self, hours: int, *section: str) -> Iterator[ConfigError]:
        days = self.limits.retention_days
        if hours > days * 24:
            text = (
                f"must be at most {days * 24}, not {hours}: the tier {self.tier} keeps records for {days} days {SOURCE}; "
                "lower it, or set streaming.tier to premium"
            )
            yield ConfigError(path=(*section, "retentionHours"), text=text)

    def _larger(self, parallelism: int) -> str:
        fitting = [name for name, tier in TIERS.items() if tier.hub_partitions >= parallelism]
        return f"set streaming.tier to {fitting[0]}" if fitting else "share the records among several pipes"
