"""Metrics of Azure Monitor that alarms and charts can use.

Source: Azure Monitor, Supported metrics with Azure Monitor (MicrosoftDocs/azure-reference-other; read 2026-11-30). Only resource types
that the stacks measure are listed, without deprecated metrics. All are measured each minute.
"""

from collections.abc import Mapping
from dataclasses import dataclass

_RANGE = frozenset({"Average", "Maximum", "Minimum"})
_SUM = frozenset({"Total"})
_HUB = frozenset({"EntityName"})
_REQUEST = frozenset({"EntityName", "OperationResult"})


@dataclass(frozen=True)
class Metric:
    """What Azure measures of a resource type."""

    aggregations: frozenset[str]
    dimensions: frozenset[str] = frozenset()


METRICS: Mapping[str, Mapping[str, Metric]] = {
    "microsoft.eventhub/namespaces": {
        "ActiveConnections": Metric(_RANGE),
        "CaptureBacklog": Metric(_SUM, _HUB),
        "CapturedBytes": Metric(_SUM, _HUB),
        "CapturedMessages": Metric(_SUM, _HUB),
        "ConnectionsClosed": Metric(frozenset({"Maximum"}), _HUB),
        "ConnectionsOpened": Metric(frozenset({"Maximum"}), _HUB),
        "IncomingBytes": Metric(_SUM, _HUB),
        "IncomingMessages": Metric(_SUM, _HUB),
        "IncomingRequests": Metric(_SUM, _HUB),
        "NamespaceCpuUsage": Metric(_RANGE, frozenset({"Replica"})),
        "NamespaceMemoryUsage": Metric(_RANGE, frozenset({"Replica"})),
        "OutgoingBytes": Metric(_SUM, _HUB),
        "OutgoingMessages": Metric(_SUM, _HUB),
        "QuotaExceededErrors": Metric(_SUM, _REQUEST),
        "ServerErrors": Metric(_SUM, _REQUEST),
        "Size": Metric(_RANGE, _HUB),
        "SuccessfulRequests": Metric(_SUM, _REQUEST),
        "ThrottledRequests": Metric(_SUM, _REQUEST),
        "UserErrors": Metric(_SUM, _REQUEST),
    },
}
"""Resource type in lower case -> name in the REST API -> metric. Azure compares resource types without case."""


def refusal(resource_type: str, name: str, aggregation: str, dimensions: frozenset[str]) -> str | None:
    """Return why Azure cannot evaluate or draw a metric in this way. None if it can."""
    metric = METRICS.get(resource_type.lower(), {}).get(name)
    if metric is None:
        return f"Couldn't find a metric named {name}. Metric namespace: {resource_type}."
    if aggregation not in metric.aggregations:
        return f"Metric {name} does not support the aggregation {aggregation}: {', '.join(sorted(metric.aggregations))}"
    if unknown := sorted(dimensions - metric.dimensions):
        return f"Metric {name} has no dimension {', '.join(unknown)}"
    return None
