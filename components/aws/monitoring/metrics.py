"""What CloudWatch measures: the values that an alarm evaluates and a dashboard draws."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import pulumi_aws as aws
from pulumi import Input, Output
from typing_extensions import override

MOST_METRICS = 10
"""Maximum number of metrics in the expression of an alarm (CloudWatch, Alarm data queries; read 2026-11-30)."""

ItemT = TypeVar("ItemT")


class Measurement(ABC):
    """One series of values."""

    @property
    @abstractmethod
    def seconds(self) -> int:
        """Return the seconds of each value."""

    @abstractmethod
    def alarm_inputs(self) -> Mapping[str, Any]:
        """Return the arguments of a MetricAlarm that select the series."""

    @abstractmethod
    def lines(self, prefix: str) -> Sequence[Any]:
        """Return the `metrics` of a dashboard's chart (CloudWatch, Dashboard body structure). `prefix` makes their ids unique."""


@dataclass(frozen=True, kw_only=True)
class CloudWatchMetric(Measurement):
    """One metric."""

    namespace: str
    name: str
    dimensions: Mapping[str, Input[str]]
    """All dimensions of the metric. CloudWatch finds no value if one is missing."""
    statistic: Literal["Maximum", "Sum"]
    period: int = 60

    @property
    @override
    def seconds(self) -> int:
        return self.period

    @override
    def alarm_inputs(self) -> Mapping[str, Any]:
        return {
            "namespace": self.namespace,
            "metric_name": self.name,
            "dimensions": self.dimensions,
            "statistic": self.statistic,
            "period": self.period,
        }

    @override
    def lines(self, prefix: str) -> Sequence[Any]:
        return [self._line({"id": prefix})]

    def hidden(self, metric_id: str) -> Sequence[Any]:
        """Return the metric as an operand of an expression, which is drawn instead."""
        return self._line({"id": metric_id, "visible": False})

    def _line(self, options: Mapping[str, Any]) -> Sequence[Any]:
        dimensions = [part for dimension in self.dimensions.items() for part in dimension]
        own = {"stat": self.statistic, "period": self.period}
        return [self.namespace, self.name, *dimensions, {**own, **options}]


@dataclass(frozen=True, kw_only=True)
class Expression(Measurement):
    """Expression over at most MOST_METRICS metrics of one period."""

    metrics: Sequence[CloudWatchMetric]

    @property
    @abstractmethod
    def label(self) -> str:
        """Return the name of the line."""

    @abstractmethod
    def expression(self, ids: Sequence[str]) -> str:
        """Return the expression. `ids` are those of the metrics."""

    @property
    @override
    def seconds(self) -> int:
        return self.metrics[0].period

    def _named(self, prefix: str) -> Mapping[str, CloudWatchMetric]:
        return {f"{prefix}m{number}": metric for number, metric in enumerate(self.metrics)}

    @override
    def alarm_inputs(self) -> Mapping[str, Any]:
        named = self._named("")
        value = aws.cloudwatch.MetricAlarmMetricQueryArgs(
            id="value", expression=self.expression(list(named)), label=self.label, return_data=True
        )
        operands = [
            aws.cloudwatch.MetricAlarmMetricQueryArgs(
                id=metric_id,
                metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
                    namespace=metric.namespace,
                    metric_name=metric.name,
                    dimensions=metric.dimensions,
                    stat=metric.statistic,
                    period=metric.period,
                ),
            )
            for metric_id, metric in named.items()
        ]
        return {"metric_queries": [value, *operands]}

    @override
    def lines(self, prefix: str) -> Sequence[Any]:
        named = self._named(prefix)
        value = {"id": prefix, "expression": self.expression(list(named)), "label": self.label}
        return [[value], *(metric.hidden(metric_id) for metric_id, metric in named.items())]


@dataclass(frozen=True, kw_only=True)
class Combined(Expression):
    """Sum or maximum of metrics. Metrics without a value are left out."""

    function: Literal["MAX", "SUM"]

    @property
    @override
    def label(self) -> str:
        return self.metrics[0].name

    @override
    def expression(self, ids: Sequence[str]) -> str:
        return f"{self.function}([{', '.join(ids)}])"


@dataclass(frozen=True, kw_only=True)
class LimitShare(Expression):
    """Highest share of its limit that a metric has. Above 1, at least one metric is beyond its limit.

    A gap has the value before it, and a metric without a value is left out. If a gap were 0, the alarm would rarely fire: the newest
    value is often late (CloudWatch, Using metric math: FILL in alarms; not re-read).
    """

    limits: Sequence[int]
    """Limit of each metric, in its unit."""

    @property
    @override
    def label(self) -> str:
        return "Share of the limit"

    @override
    def expression(self, ids: Sequence[str]) -> str:
        shares = [f"FILL({each}, REPEAT) / {limit}" for each, limit in zip(ids, self.limits, strict=True)]
        return f"MAX([{', '.join(shares)}])"


@dataclass(frozen=True, kw_only=True)
class Across(Measurement):
    """Metrics Insights query: one value over all metrics with the given dimensions, such as the highest of all brokers.

    Metrics that appear later, such as those of a new broker, are included. A chart can have one query. An alarm evaluates at most three
    hours, and a region has at most 200 such alarms (CloudWatch, Metrics Insights quotas; read 2026-11-30).
    """

    function: Literal["MAX", "MIN", "SUM"]
    namespace: str
    name: str
    dimensions: Mapping[str, Input[str]]
    """Some dimensions of the metrics, without quotes in their values."""
    period: int = 60

    @property
    @override
    def seconds(self) -> int:
        return self.period

    @property
    def query(self) -> Output[str]:
        """Return the query (CloudWatch, Metrics Insights query components and syntax; read 2026-11-30)."""

        def render(values: Mapping[str, str]) -> str:
            limits = " AND ".join(f"\"{name}\" = '{value}'" for name, value in values.items())
            return f'SELECT {self.function}("{self.name}") FROM "{self.namespace}" WHERE {limits}'  # noqa: S608  no database: names of the stack

        return Output.all(**self.dimensions).apply(render)

    @override
    def alarm_inputs(self) -> Mapping[str, Any]:
        value = aws.cloudwatch.MetricAlarmMetricQueryArgs(
            id="value", expression=self.query, label=self.name, period=self.period, return_data=True
        )
        return {"metric_queries": [value]}

    @override
    def lines(self, prefix: str) -> Sequence[Any]:
        return [[{"id": prefix, "expression": self.query, "label": self.name, "period": self.period}]]


def combined(function: Literal["MAX", "SUM"], metrics: Sequence[CloudWatchMetric]) -> Measurement:
    """Return the sum or maximum of metrics. A single one needs no expression."""
    return metrics[0] if len(metrics) == 1 else Combined(function=function, metrics=metrics)


def groups(items: Sequence[ItemT]) -> Mapping[str, Sequence[ItemT]]:
    """Return the items in groups for one alarm each, by the suffix of the alarm's name. The first group has none."""
    starts = range(0, len(items), MOST_METRICS)
    return {f"-{start}" if start else "": items[start : start + MOST_METRICS] for start in starts}
