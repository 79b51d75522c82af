"""Metrics of Azure Monitor, as alarms and charts use them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pulumi import Input

Aggregation = Literal["Average", "Maximum", "Minimum", "Total"]


@dataclass(frozen=True, kw_only=True)
class AzureMetric:
    """Metric that Azure measures of a resource each minute, without a collector."""

    resource_id: Input[str]
    namespace: str
    """Type of the resource, such as Microsoft.EventHub/namespaces."""
    name: str
    """Name in the REST API."""
    aggregation: Aggregation
    """How the values of a window become one value."""
    dimensions: Mapping[str, str] = field(default_factory=dict[str, str])
    """Dimension -> its only value. A dimension that is left out is summed up or averaged."""
