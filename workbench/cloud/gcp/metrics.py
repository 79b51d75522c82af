"""Simulated Google Cloud: metrics of Cloud Monitoring, and the rules of queries on them.

A name or label that is not in this table is refused, because no source says that the cloud has it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from workbench.cloud.model import Inputs, at, text

_PUBSUB = frozenset({"project_id", "subscription_id"})
_ALIGNERS: Mapping[str, frozenset[str]] = {
    "GAUGE": frozenset({"ALIGN_MAX", "ALIGN_MEAN", "ALIGN_MIN", "ALIGN_NEXT_OLDER", "ALIGN_SUM"}),
    "DELTA": frozenset({"ALIGN_DELTA", "ALIGN_RATE", "ALIGN_SUM"}),
}
"""Kind -> aligners that the API accepts, as far as this table needs them (Cloud Monitoring API v3, Aggregation; read 2026-11-30)."""
_REDUCERS = frozenset({"REDUCE_MAX", "REDUCE_MEAN", "REDUCE_MIN", "REDUCE_SUM"})


@dataclass(frozen=True, kw_only=True)
class Metric:
    """Metric of a Google Cloud service."""

    kind: Literal["GAUGE", "DELTA"]
    resource: str
    labels: frozenset[str]
    """Labels of the monitored resource."""
    unit: str
    seconds: int | None = None
    """Sampling period. None if no source has it."""
    visible: int | None = None
    """Longest time in seconds until a sample is visible. None if no source has it."""
    source: str


def _subscription(kind: Literal["GAUGE", "DELTA"], unit: str, visible: int | None, source: str) -> Metric:
    return Metric(
        kind=kind,
        resource="pubsub_subscription",
        labels=_PUBSUB,
        unit=unit,
        seconds=60 if visible else None,
        visible=visible,
        source=source,
    )


_LISTED = (
    "Cloud Monitoring, Google Cloud metrics: P through Z, generated 2026-04-10 (read 2026-11-30). The labels of the resource are those of public "
    "charts and alert policies"
)
_CONFIRMED = (
    "a public dashboard that says it charts only metrics that carried points: name, resource, cluster_id, topic_id, consumer_group_id "
    "(read 2026-11-30). Its chart of offset_lag does not use cluster_id; Google's list of the metrics was not read"
)

METRICS: Mapping[str, Metric] = {
    "pubsub.googleapis.com/subscription/num_undelivered_messages": _subscription("GAUGE", "1", 120, _LISTED),
    "pubsub.googleapis.com/subscription/oldest_unacked_message_age": _subscription("GAUGE", "s", 120, _LISTED),
    "pubsub.googleapis.com/subscription/ack_message_count": _subscription("DELTA", "1", 181, _LISTED),
    "pubsub.googleapis.com/subscription/dead_letter_message_count": _subscription("DELTA", "1", 240, _LISTED),
    # Deprecated: the list advises to count the values of topic/message_sizes.
    "pubsub.googleapis.com/topic/send_message_operation_count": Metric(
        kind="DELTA", resource="pubsub_topic", labels=frozenset({"project_id", "topic_id"}), unit="1", source=_LISTED
    ),
    "managedkafka.googleapis.com/message_in_count": Metric(
        kind="DELTA",
        resource="managedkafka.googleapis.com/Topic",
        labels=frozenset({"cluster_id", "topic_id"}),
        unit="1",
        source=_CONFIRMED,
    ),
    "managedkafka.googleapis.com/offset_lag": Metric(
        kind="GAUGE",
        resource="managedkafka.googleapis.com/TopicPartitionConsumerGroup",
        labels=frozenset({"cluster_id", "topic_id", "consumer_group_id"}),
        unit="1",
        source=_CONFIRMED,
    ),
}

_VALUE = r'(?:"[^"]*"|monitoring\.regex\.full_match\("[^"]*"\))'
_TERM = re.compile(rf"(metric\.type|resource\.type|resource\.labels\.(\w+)) = ({_VALUE})")
LONGEST_FILTER = 2048
"""Characters of a filter (Cloud Monitoring API v3, MetricThreshold; read 2026-11-30)."""


def duration(value: object) -> float | None:
    """Return the seconds of a duration such as `60s`, or None if it is absent or unknown."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)s", value) if isinstance(value, str) else None
    return float(found[1]) if found else None


def query_refusal(filter_: str, aggregation: Inputs) -> str | None:
    """Return why the API refuses a filter and the aggregation of its time series, or None."""
    if len(filter_) > LONGEST_FILTER:
        return f"Field filter has {len(filter_)} characters, the most is {LONGEST_FILTER}"
    terms = [_TERM.fullmatch(term) for term in filter_.split(" AND ")]
    if None in terms:
        return f"Field filter could not be parsed: {filter_}"
    found = {match[1]: match[3].strip('"') for match in terms if match}
    name = found.get("metric.type", "")
    metric = METRICS.get(name)
    if metric is None:
        return f'Cannot find metric(s) that match type = "{name}"'
    return _metric_refusal(name, metric, found.get("resource.type"), _labels(found)) or _aggregation_refusal(
        metric, aggregation
    )


def _labels(terms: Iterable[str]) -> list[str]:
    return [term.rsplit(".", 1)[-1] for term in terms if term.startswith("resource.labels.")]


def _metric_refusal(name: str, metric: Metric, resource: str | None, labels: Iterable[str]) -> str | None:
    if resource != metric.resource:
        return f"The metric {name} is written for the resource {metric.resource}, not for {resource}"
    unknown = sorted({*labels} - metric.labels)
    return f"Unrecognized resource label {unknown[0]} of {metric.resource}" if unknown else None


def _aggregation_refusal(metric: Metric, aggregation: Inputs) -> str | None:
    aligner, reducer = text(aggregation, "perSeriesAligner", ""), text(aggregation, "crossSeriesReducer", "")
    period = duration(at(aggregation, "alignmentPeriod"))
    if aligner not in _ALIGNERS[metric.kind]:
        return f"Field aggregation.perSeriesAligner had an invalid value of {aligner}: the metric kind is {metric.kind}"
    if reducer not in _REDUCERS:
        return f"Field aggregation.crossSeriesReducer had an invalid value of {reducer}"
    if period is None or period < 60:
        return f"Field aggregation.alignmentPeriod must be at least 60 s, got {period}"
    return None


def items(inputs: Any, path: str) -> list[Inputs]:
    """Return the mappings of the list at a path. Empty if it is absent or unknown."""
    found = at(inputs, path)
    given = cast("list[object]", found) if isinstance(found, list) else []
    return [cast("Inputs", each) for each in given if isinstance(each, Mapping)]
