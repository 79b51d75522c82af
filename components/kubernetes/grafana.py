"""Grafana dashboard of a stack's consumers."""

import json
from collections.abc import Mapping
from typing import Any

from components.monitoring.rules import PANELS, Panel, PipeSeries

DATA_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
"""Data source that the reader selects on the dashboard. The first Prometheus of Grafana is the default."""

WIDTH, HEIGHT = 12, 8
"""Size of a chart. A dashboard is 24 units wide (Grafana, Dashboard JSON model; read 2026-11-30)."""


SCHEMA = 39
"""Version of the JSON model. Grafana updates older models when it loads them (Grafana, Dashboard JSON model; read 2026-11-30)."""


def dashboard(stack: str, pipes: Mapping[str, PipeSeries]) -> str:
    """Return the dashboard as JSON: one row for each pipe, with all charts of a pipe."""
    panels: list[dict[str, Any]] = []
    for pipe, series in sorted(pipes.items()):
        top = sum(panel["gridPos"]["h"] for panel in panels if panel["gridPos"]["x"] == 0)
        panels.append({"type": "row", "title": pipe, "gridPos": {"h": 1, "w": 2 * WIDTH, "x": 0, "y": top}})
        panels += [
            {
                **_chart(panel, series),
                "gridPos": {
                    "h": HEIGHT,
                    "w": WIDTH,
                    "x": number % 2 * WIDTH,
                    "y": top + 1 + number // 2 * HEIGHT,
                },
            }
            for number, panel in enumerate(PANELS)
        ]
    for number, panel in enumerate(panels, start=1):
        panel["id"] = number
    model = {
        "schemaVersion": SCHEMA,
        "uid": f"data-pipes-{stack}",
        "title": f"Data pipes: {stack}",
        "tags": ["data-pipes"],
        "time": {"from": "now-3h", "to": "now"},
        "refresh": "1m",
        "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]},
        "panels": panels,
    }
    return json.dumps(model, sort_keys=True, separators=(",", ":"))


def _chart(panel: Panel, series: PipeSeries) -> dict[str, Any]:
    return {
        "type": "timeseries",
        "title": panel.title,
        "datasource": DATA_SOURCE,
        "targets": [
            {"refId": chr(ord("A") + number), "expr": expression(series), "legendFormat": line}
            for number, (line, expression) in enumerate(panel.expressions.items())
        ],
    }
