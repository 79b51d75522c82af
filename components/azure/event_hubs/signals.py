"""Measurements of Event Hubs, and their alarms. Event Hubs does not measure how far a consumer group is behind.

Metrics are from "Supported metrics for Microsoft.EventHub/Namespaces" (Azure Monitor; read 2026-11-30).
"""

from collections.abc import Sequence

from pulumi import Input

from components.azure.event_hubs.tiers import TierName
from components.azure.monitoring.metric import Aggregation, AzureMetric
from components.monitoring.alarms import BUSY_SERVICE, DEAD_LETTERS, THROTTLED
from components.monitoring.signals import Signal, Trigger

NAMESPACE = "Microsoft.EventHub/namespaces"
HUB = "EntityName"
"""Dimension with the name of the event hub."""

MINUTES = 15
"""Minutes that an alarm looks back."""

BUSY_PERCENT = 80
"""CPU usage of a namespace that is an alarm. A choice, not a limit of Event Hubs."""


def topic_signals(namespace_id: Input[str], hub: str, dead_letters: str | None) -> Sequence[Signal[AzureMetric]]:
    """Return the measurements of an event hub, and of the event hub with its dead letters, if there is one."""

    def metric(name: str, entity: str) -> AzureMetric:
        return _metric(namespace_id, name, "Total", entity)

    return [
        Signal(name="incoming", title="New records each minute", metric=metric("IncomingMessages", hub)),
        Signal(name="outgoing", title="Read records each minute", metric=metric("OutgoingMessages", hub)),
        *(
            [
                Signal(
                    name="dead-letters",
                    title="New dead letters each minute",
                    metric=metric("IncomingMessages", dead_letters),
                    trigger=Trigger(alarm=DEAD_LETTERS, threshold=0, minutes=MINUTES),
                )
            ]
            if dead_letters
            else []
        ),
    ]


def service_signals(namespace_id: Input[str], tier: TierName) -> Sequence[Signal[AzureMetric]]:
    """Return the measurements of a namespace. Only tier premium measures the CPU of the namespace."""
    refused = Trigger(alarm=THROTTLED, threshold=0, minutes=MINUTES)
    return [
        Signal(
            name="throttled",
            title="Throttled requests each minute",
            metric=_metric(namespace_id, "ThrottledRequests", "Total"),
            trigger=refused,
        ),
        Signal(
            name="quota-exceeded",
            title="Requests refused by a quota each minute",
            metric=_metric(namespace_id, "QuotaExceededErrors", "Total"),
            trigger=refused,
        ),
        *(
            [
                Signal(
                    name="busy-service",
                    title="CPU of the namespace in percent",
                    metric=_metric(namespace_id, "NamespaceCpuUsage", "Average"),
                    trigger=Trigger(alarm=BUSY_SERVICE, threshold=BUSY_PERCENT, minutes=MINUTES),
                )
            ]
            if tier == "premium"
            else []
        ),
    ]


def _metric(namespace_id: Input[str], name: str, aggregation: Aggregation, hub: str | None = None) -> AzureMetric:
    return AzureMetric(
        resource_id=namespace_id,
        namespace=NAMESPACE,
        name=name,
        aggregation=aggregation,
        dimensions={HUB: hub} if hub else {},
    )
