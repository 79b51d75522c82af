"""Items of an Azure workbook: texts, charts of Azure's metrics and charts of PromQL.

PromQL is a data source of workbooks (Azure Monitor, Query Prometheus metrics using Azure workbooks; read 2026-11-30). Microsoft does not
document the format of the content. It is the one that the portal exports (public repositories, read 2026-11-30).
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from pulumi import Input, Output

from components.azure.monitoring.metric import Aggregation, AzureMetric
from components.monitoring.rules import Panel, PipeSeries
from components.monitoring.signals import Signal

Item = Mapping[str, Any]

AGGREGATIONS: Mapping[Aggregation, int] = {"Total": 1, "Minimum": 2, "Maximum": 3, "Average": 4}
"""Numbers of the aggregations in a workbook."""

TIME_RANGE = "TimeRange"
"""Parameter of the workbook that all charts use."""

HOURS = (1, 4, 12, 24, 168, 720)
"""Choices of the time range. The first is the default."""

PROMETHEUS = 16
"""Number of the query type for PromQL."""


def workbook(items: Sequence[Item]) -> Output[str]:
    """Return the content of a workbook as JSON. All charts have the time range that is chosen at the top."""
    return Output.json_dumps({"version": "Notebook/1.0", "items": [_time_range(), *items]})


def heading(name: str, text: str) -> Item:
    """Return a heading in Markdown."""
    return {"type": 1, "name": name, "content": {"json": f"## {text}"}}


def metric_chart(name: str, signal: Signal[AzureMetric]) -> Item:
    """Return the chart of a metric of Azure."""
    metric = signal.metric
    kind = metric.namespace.lower()
    filters = [
        {"id": str(number), "key": dimension, "operator": 0, "values": [value]}
        for number, (dimension, value) in enumerate(metric.dimensions.items(), start=1)
    ]
    content = {
        "chartId": name,
        "version": "MetricsItem/2.0",
        "size": 0,
        "chartType": 2,
        "title": signal.title,
        "resourceType": kind,
        "metricScope": 0,
        "resourceIds": [metric.resource_id],
        "timeContextFromParameter": TIME_RANGE,
        "metrics": [
            {
                "namespace": kind,
                "metric": f"{kind}--{metric.name}",
                "aggregation": AGGREGATIONS[metric.aggregation],
                "splitBy": None,
            }
        ],
        "filters": filters,
        "gridSettings": {"rowLimit": 10000},
    }
    return {"type": 10, "name": name, "customWidth": "50", "content": content}


def promql_chart(name: str, panel: Panel, series: Output[PipeSeries], workspace_id: Input[str]) -> Item:
    """Return the chart of a panel over the metrics in an Azure Monitor workspace."""
    query = {
        "version": "PrometheusQueryProvider/1.0",
        "customEndpoint": False,
        "queryText": series.apply(lambda found: one_query(panel, found)),
        "type": "query_range",
    }
    content = {
        "version": "KqlItem/1.0",
        "title": panel.title,
        "query": Output.json_dumps(query),
        "size": 0,
        "timeContextFromParameter": TIME_RANGE,
        "queryType": PROMETHEUS,
        "resourceType": "microsoft.monitor/accounts",
        "crossComponentResources": [workspace_id],
        "visualization": "timechart",
    }
    return {"type": 3, "name": name, "customWidth": "50", "content": content}


def one_query(panel: Panel, series: PipeSeries) -> str:
    """Return the lines of a panel as one query: a chart has only one. The label `line` has the name of each line."""
    lines = (
        f'label_replace({expression(series)}, "line", "{name}", "", "")'
        for name, expression in panel.expressions.items()
    )
    return " or ".join(lines)


def _time_range() -> Item:
    milliseconds = [hours * 3_600_000 for hours in HOURS]
    parameter = {
        "id": str(uuid5(NAMESPACE_OID, TIME_RANGE)),
        "version": "KqlParameterItem/1.0",
        "name": TIME_RANGE,
        "label": "Time range",
        "type": 4,
        "isRequired": True,
        "value": {"durationMs": milliseconds[0]},
        "typeSettings": {"selectableValues": [{"durationMs": each} for each in milliseconds], "allowCustom": True},
    }
    content = {"version": "KqlParameterItem/1.0", "parameters": [parameter], "style": "pills"}
    return {"type": 9, "name": "time-range", "content": content}
