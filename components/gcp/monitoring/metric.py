"""Metrics of Cloud Monitoring, and the filters that select their time series."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pulumi import Input, Output

PERIOD = 60
"""Shortest alignment period in seconds (Cloud Monitoring API v3, Aggregation; read 2026-11-30)."""


@dataclass(frozen=True, kw_only=True)
class CloudMonitoringMetric:
    """Metric of a Google Cloud service, reduced to one time series."""

    type: str
    """Metric type, such as pubsub.googleapis.com/subscription/num_undelivered_messages."""
    resource: str
    """Type of the monitored resource."""
    labels: Mapping[str, Input[str]] = field(default_factory=dict[str, Input[str]])
    """Labels of the monitored resource, with their values."""
    patterns: Mapping[str, Input[str]] = field(default_factory=dict[str, Input[str]])
    """Labels of the monitored resource, with RE2 expressions that match the whole value."""
    aligner: str
    """How the points of one time series are combined in a period, such as ALIGN_MAX."""
    reducer: str
    """How all time series are combined into one, such as REDUCE_SUM."""
    period: int = PERIOD
    """Alignment period in seconds."""

    @property
    def filter(self) -> Output[str]:
        """Return the filter of the time series (Cloud Monitoring, Monitoring filters)."""
        terms: list[Input[str]] = [
            f'metric.type = "{self.type}" AND resource.type = "{self.resource}"',
            *(Output.concat(f' AND resource.labels.{label} = "', value, '"') for label, value in self.labels.items()),
            *(
                Output.concat(f' AND resource.labels.{label} = monitoring.regex.full_match("', value, '")')
                for label, value in self.patterns.items()
            ),
        ]
        return Output.concat(*terms)
