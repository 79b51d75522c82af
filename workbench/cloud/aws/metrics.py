"""Simulated AWS: metrics that services send to CloudWatch, and what CloudWatch accepts in alarms and dashboards.

The real CloudWatch accepts an alarm on a metric that does not exist, which then never fires. Here such an alarm is refused.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.cloud.model import Inputs, at, number, text
from workbench.cloud.wire import UNKNOWN
from workbench.values import is_list, is_object

_BROKER = frozenset({"Cluster Name", "Broker ID"})
_GROUP = frozenset({"Cluster Name", "Consumer Group", "Topic"})
_TOPIC = frozenset({"Cluster Name", "Topic"})
_SERVICE = frozenset({"ClusterName", "ServiceName"})
_STREAM = frozenset({"StreamName"})
_FAN_OUT = frozenset({"StreamName", "ConsumerName"})

MSK = "MSK, Metrics for monitoring Standard brokers, and Express brokers, read 2026-11-30"
MSK_SERVERLESS = "MSK, Monitor MSK Serverless clusters, read 2026-11-29"
KINESIS = "Kinesis Data Streams, Monitor with CloudWatch, read 2026-11-29"
VIDEO = "Kinesis Video Streams, Metrics, read 2026-11-30"
INSIGHTS = "CloudWatch, Container Insights metrics for ECS, read 2026-11-29"


@dataclass(frozen=True)
class Metric:
    """Metric of a service. Each of its series has all dimensions of one of the sets."""

    dimensions: tuple[frozenset[str], ...]
    source: str


METRICS: Mapping[str, Mapping[str, Metric]] = {
    "AWS/Kafka": {
        "BytesInPerSec": Metric((_BROKER | {"Topic"}, _TOPIC), f"{MSK}; {MSK_SERVERLESS}"),
        "BytesOutPerSec": Metric((_BROKER | {"Topic"}, _TOPIC), f"{MSK}; {MSK_SERVERLESS}"),
        "CpuIdle": Metric((_BROKER,), MSK),
        "EstimatedMaxTimeLag": Metric(
            (_GROUP,), f"{MSK}: two dimensions; AWS's monitoring skill and public exporters: three"
        ),
        "FetchThrottleTime": Metric((_BROKER,), MSK),
        "KafkaDataLogsDiskUsed": Metric((_BROKER,), MSK),
        "OfflinePartitionsCount": Metric((frozenset({"Cluster Name"}),), MSK),
        "ProduceThrottleTime": Metric((_BROKER,), MSK),
        "SumOffsetLag": Metric((_GROUP,), f"{MSK}; {MSK_SERVERLESS}"),
        "TrafficShaping": Metric((_BROKER,), MSK),
        "UnderMinIsrPartitionCount": Metric((_BROKER,), MSK),
        "UnderReplicatedPartitions": Metric((_BROKER,), MSK),
    },
    "AWS/Kinesis": {
        "GetRecords.IteratorAgeMilliseconds": Metric((_STREAM,), KINESIS),
        "GetRecords.Records": Metric((_STREAM,), KINESIS),
        "IncomingRecords": Metric((_STREAM,), KINESIS),
        "ReadProvisionedThroughputExceeded": Metric((_STREAM,), KINESIS),
        "SubscribeToShard.MillisBehindLatest": Metric((_FAN_OUT,), KINESIS),
        "SubscribeToShardEvent.Records": Metric((_FAN_OUT,), KINESIS),
        "WriteProvisionedThroughputExceeded": Metric((_STREAM,), KINESIS),
    },
    "AWS/KinesisVideo": {
        "GetMedia.MillisBehindNow": Metric((_STREAM,), VIDEO),
        "GetMedia.OutgoingBytes": Metric((_STREAM,), VIDEO),
        "PutMedia.IncomingBytes": Metric((_STREAM,), VIDEO),
    },
    "ECS/ContainerInsights": {
        "DesiredTaskCount": Metric((_SERVICE,), INSIGHTS),
        "RunningTaskCount": Metric((_SERVICE,), INSIGHTS),
    },
}
"""Namespace -> name -> metric. Only those that the stacks use."""

MOST_METRICS, MOST_ACTIONS, MOST_QUERIED_SECONDS = 10, 5, 3 * 3600
"""Metrics in an expression, actions, and seconds of a Metrics Insights query of an alarm (CloudWatch, Alarm data queries; botocore's
model of PutMetricAlarm; Metrics Insights quotas; read 2026-11-30)."""

MOST_WIDGETS, MOST_IN_WIDGET, MOST_IN_DASHBOARD = 500, 500, 2500
"""Widgets of a dashboard, and metrics in one and in all of them, with those that only expressions use (CloudWatch service quotas; read in
public copies, not on AWS's page)."""

LONGEST_WARM_UP = 2880
"""Minutes (CloudWatch, Alarm warm-up periods; read 2026-11-30)."""

_QUERY = re.compile(
    r'SELECT (?:AVG|COUNT|MAX|MIN|SUM)\("(?P<name>[^"]+)"\) FROM "(?P<namespace>[^"]+)" WHERE (?P<limits>"[^"]+" = \'[^\']*\''
    r"(?: AND \"[^\"]+\" = '[^']*')*)"
)
"""The part of the language that the program uses (CloudWatch, Metrics Insights query components and syntax; read 2026-11-30)."""


_OPERAND = r"(?:[a-z]\w*|FILL\([a-z]\w*, REPEAT\))(?: / [1-9]\d*)?"
_FUNCTION = re.compile(rf"(?:MAX|SUM)\(\[{_OPERAND}(?:, {_OPERAND})*\]\)")
"""The functions that the program uses (CloudWatch, Using metric math). CloudWatch refuses a number in a list of series."""


def metric_error(namespace: str, name: str, dimensions: Iterable[str], *, all_of_them: bool = True) -> str | None:
    """Return an error if no series of the metric has exactly these dimensions or, for a query, at least these."""
    if UNKNOWN in (namespace, name):
        return None
    given = frozenset(dimensions)
    metric = METRICS.get(namespace, {}).get(name)
    if metric is None:
        return f"the metric {namespace} {name} is not in workbench/cloud/aws/metrics.py"
    if any(given == each or (not all_of_them and given <= each) for each in metric.dimensions):
        return None
    return f"the metric {namespace} {name} has no series with the dimensions {', '.join(sorted(given))}"


def expression_error(expression: str, ids: Iterable[str]) -> str | None:
    """Return an error in an expression: a query, or a function of other lines."""
    if expression == UNKNOWN:
        return None
    query = _QUERY.fullmatch(expression)
    if query:
        labels = re.findall(r'"([^"]+)" =', query["limits"])
        return metric_error(query["namespace"], query["name"], labels, all_of_them=False)
    if not _FUNCTION.fullmatch(expression):
        return f"the expression is not known to the simulation: {expression}"
    unknown = set(re.findall(r"\b[a-z]\w*", expression)) - set(ids)
    return f"the expression refers to unknown ids: {', '.join(sorted(unknown))}" if unknown else None


def alarm_refusal(_old: Inputs | None, new: Inputs) -> str | None:
    """Return CloudWatch's refusal of an alarm (botocore's model of PutMetricAlarm)."""
    error = next(_alarm_errors(new), None)
    return None if error is None else f"ValidationError: {error}"


def _alarm_errors(alarm: Inputs) -> Iterator[str]:
    queries = alarm.get("metricQueries")
    seconds = [number(alarm, "period", 60)]
    if is_list(queries):
        seconds = [number(each, path, 60) for each in queries for path in ("period", "metric.period") if at(each, path)]
        yield from _query_errors([each for each in queries if is_object(each)])
        if len(set(seconds)) > 1:
            yield "the metrics of an expression must have one period"
    elif isinstance(alarm.get("metricName"), str):
        dimensions = alarm.get("dimensions")
        error = metric_error(
            text(alarm, "namespace", ""), str(alarm["metricName"]), dimensions if is_object(dimensions) else ()
        )
        if error:
            yield error
    for period in seconds:
        if period not in (10, 20, 30) and period % 60:
            yield f"Period must be 10, 20, 30 or a multiple of 60, got {period}"
    periods = number(alarm, "evaluationPeriods", 1)
    insights = is_list(queries) and any("SELECT" in text(each, "expression", "") for each in queries)
    longest = MOST_QUERIED_SECONDS if insights else 86_400 if max(seconds) < 3600 else 604_800
    if max(seconds) * periods > longest:
        yield f"the evaluation must be at most {longest} seconds, got {max(seconds)} x {periods}"
    if number(alarm, "datapointsToAlarm", periods) > periods:
        yield "DatapointsToAlarm must be at most EvaluationPeriods"
    yield from _limit_errors(alarm)


def _limit_errors(alarm: Inputs) -> Iterator[str]:
    if not 1 <= number(alarm, "warmUpConfiguration.warmUpPeriodDurationInMinutes", 1) <= LONGEST_WARM_UP:
        yield f"WarmUpPeriodDurationInMinutes must be 1 to {LONGEST_WARM_UP}"
    if len(text(alarm, "alarmDescription", "")) > 1024:
        yield "AlarmDescription must have at most 1024 characters"
    for actions in ("alarmActions", "okActions"):
        listed = alarm.get(actions)
        if is_list(listed) and len(listed) > MOST_ACTIONS:
            yield f"{actions} must have at most {MOST_ACTIONS} entries, got {len(listed)}"


def _query_errors(queries: list[Mapping[str, Any]]) -> Iterator[str]:
    ids = [text(each, "id", "") for each in queries]
    if sum(each.get("returnData") is True for each in queries) != 1:
        yield "exactly one of the metrics must have ReturnData true"
    if len([each for each in queries if is_object(each.get("metric"))]) > MOST_METRICS:
        yield f"an expression must have at most {MOST_METRICS} metrics"
    for each in queries:
        metric = each.get("metric")
        error = (
            metric_error(text(metric, "namespace", ""), text(metric, "metricName", ""), metric.get("dimensions") or ())
            if is_object(metric)
            else expression_error(text(each, "expression", ""), ids)
        )
        if error:
            yield error


def dashboard_refusal(_old: Inputs | None, new: Inputs) -> str | None:
    """Return CloudWatch's refusal of a dashboard (CloudWatch, Dashboard body structure and syntax)."""
    given = text(new, "dashboardBody", "{}")
    if not given.startswith("{"):
        return None  # unknown in a preview
    widgets = json.loads(given).get("widgets", ())
    errors = [error for widget in widgets for error in _widget_errors(widget)]
    metrics = [len([line for line in each["properties"]["metrics"] if len(line) > 1]) for each in widgets]
    for got, most, what in (
        (len(widgets), MOST_WIDGETS, "widgets"),
        (max(metrics, default=0), MOST_IN_WIDGET, "metrics in a widget"),
        (sum(metrics), MOST_IN_DASHBOARD, "metrics"),
    ):
        if got > most:
            errors.append(f"a dashboard must have at most {most} {what}, got {got}")
    return f"InvalidParameterInput: {errors[0]}" if errors else None


def _widget_errors(widget: Mapping[str, Any]) -> Iterator[str]:
    properties = widget["properties"]
    if widget["x"] + widget["width"] > 24:
        yield f"the widget {properties['title']} must end at column 24"
    if not properties.get("region"):
        yield f"the widget {properties['title']} must have a region"
    options = [line[-1] for line in properties["metrics"]]
    ids = [each["id"] for each in options]
    if len(ids) != len(set(ids)):
        yield f"the ids of the widget {properties['title']} must be different, got {', '.join(ids)}"
    if sum("SELECT" in each.get("expression", "") for each in options) > 1:
        yield f"the widget {properties['title']} must have at most one Metrics Insights query"
    for line, option in zip(properties["metrics"], options, strict=True):
        namespace, name, *dimensions = line[:-1] or ("", "")
        error = (
            expression_error(option["expression"], ids)
            if "expression" in option
            else metric_error(namespace, name, dimensions[::2])
        )
        if error:
            yield error
