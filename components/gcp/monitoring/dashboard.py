"""Dashboards of a stack in Cloud Monitoring: a section for each pipe, and one for the streaming service.

The provider ignores fields that the API adds, but not fields that the API leaves out (google provider, monitoringDashboardDiffSuppress,
read 2026-11-30). The API leaves out fields with the default value 0 (proto3 JSON). So no field here is ever 0, false or empty.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi import Input, Output

from components.gcp.monitoring.metric import CloudMonitoringMetric
from components.monitoring.collector import Collector
from components.monitoring.pipe import WatchedPipe
from components.monitoring.rules import PANELS, Panel, PipeSeries
from components.monitoring.signals import Signal

COLUMNS = 12
"""Columns of the grid, at most 48 (Cloud Monitoring API v1, MosaicLayout; read 2026-11-30)."""
WIDTH, HEIGHT = 4, 4
"""Size of a chart in columns and rows."""

MOST_TILES = 100
"""Maximum widgets of a dashboard (Cloud Monitoring, Release notes of 2 May 2025, as monitoring-dashboard-samples, issue 1004, quotes them;
read 2026-11-30)."""

Chart = Mapping[str, Any]
Tile = Mapping[str, Any]


def dashboards(
    title: str, pipes: Mapping[str, WatchedPipe], service: Sequence[Signal[Any]], collector: Collector | None
) -> Sequence[Output[str]]:
    """Return the dashboards in the JSON of the API: as many as the tiles need. Empty if there is nothing to draw.

    Args:
        title: Title of the first dashboard. The others have their number after it.
        pipes: Pipes, by their names.
        service: Signals of the streaming service.
        collector: Collector whose series Cloud Monitoring has. None if it has none.
    """
    all_sections = {
        **{pipe: _pipe(pipe, each, collector) for pipe, each in pipes.items()},
        "Streaming service": [_signal(each) for each in service],
    }
    return [
        Output.json_dumps(
            {
                "displayName": title if number == 1 else f"{title} {number}",
                "mosaicLayout": {"columns": COLUMNS, "tiles": _tiles(sections)},
            },
            sort_keys=True,
        )
        for number, sections in enumerate(_pages(all_sections), start=1)
    ]


def _pages(sections: Mapping[str, Sequence[Chart]]) -> Sequence[Mapping[str, Sequence[Chart]]]:
    """Return the sections with charts, divided so that each page is within the maximum. A section is never divided."""
    pages: list[dict[str, Sequence[Chart]]] = []
    free = 0
    for section, charts in sections.items():
        if not charts:
            continue
        needed = 1 + len(charts)
        if needed > free:
            pages.append({})
            free = MOST_TILES
        pages[-1][section] = charts
        free -= needed
    return pages


def _pipe(name: str, pipe: WatchedPipe, collector: Collector | None) -> list[Chart]:
    """Return the charts of a pipe: the equation first, then what the service measures, then what the consumers measure."""
    measured = [_signal(each) for each in pipe.signals]
    if collector is None:
        return measured
    series = pipe.series(name, collector)
    equation, *others = (_panel(each, series) for each in PANELS)
    return [equation, *measured, *others]


def _signal(signal: Signal[CloudMonitoringMetric]) -> Chart:
    """Return the chart of a metric, with a line at the threshold of its alarm."""
    metric = signal.metric
    query = {
        "timeSeriesFilter": {
            "filter": metric.filter,
            "aggregation": {
                "alignmentPeriod": f"{metric.period}s",
                "perSeriesAligner": metric.aligner,
                "crossSeriesReducer": metric.reducer,
            },
        }
    }
    chart = _chart(signal.title, {signal.name: query})
    if signal.trigger and signal.trigger.threshold:
        chart["xyChart"]["thresholds"] = [{"value": signal.trigger.threshold}]
    return chart


def _panel(panel: Panel, series: Output[PipeSeries]) -> Chart:
    """Return the chart of PromQL expressions."""
    lines: Mapping[str, Input[str]] = {line: series.apply(expression) for line, expression in panel.expressions.items()}
    return _chart(panel.title, {line: {"prometheusQuery": query} for line, query in lines.items()})


def _chart(title: str, queries: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    lines = [
        {"legendTemplate": line, "plotType": "LINE", "targetAxis": "Y1", "timeSeriesQuery": query}
        for line, query in queries.items()
    ]
    return {"title": title, "xyChart": {"dataSets": lines}}


def _tiles(sections: Mapping[str, Sequence[Chart]]) -> list[Tile]:
    """Return the tiles: each section has a header and rows of charts."""
    tiles: list[Tile] = []
    row = 0
    for title, charts in sections.items():
        header = {"title": title, "sectionHeader": {"dividerBelow": True}}
        tiles.append(_tile(header, column=0, row=row, width=COLUMNS, height=1))
        row += 1
        for index, chart in enumerate(charts):
            down, across = divmod(index, COLUMNS // WIDTH)
            tiles.append(_tile(chart, column=across * WIDTH, row=row + down * HEIGHT, width=WIDTH, height=HEIGHT))
        row += -(-len(charts) * WIDTH // COLUMNS) * HEIGHT
    return tiles


def _tile(widget: Chart, *, column: int, row: int, width: int, height: int) -> Tile:
    place = {name: value for name, value in (("xPos", column), ("yPos", row)) if value}
    return {**place, "width": width, "height": height, "widget": widget}
