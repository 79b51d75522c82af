"""Body of the dashboard of a stack (CloudWatch, Dashboard body structure and syntax; read 2026-11-30)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pulumi import Output

from components.aws.monitoring.metrics import Measurement
from components.monitoring.signals import Signal

ACROSS, DOWN, COLUMNS = 6, 6, 24
"""Width and height of a chart, and the width of a dashboard."""

MOST_CHARTS = 500
"""Maximum number of widgets of a dashboard, also of metrics in one (CloudWatch service quotas, not re-read). Signals of further pipes
have alarms but are not drawn."""


def body(region: str, sections: Mapping[str, Sequence[Signal[Measurement]]]) -> Output[str]:
    """Return the body in JSON."""
    return Output.json_dumps({"widgets": charts(region, sections)})


def charts(region: str, sections: Mapping[str, Sequence[Signal[Measurement]]]) -> list[Mapping[str, Any]]:
    """Return the charts, each section in its own rows. Signals with the same title share a chart."""
    widgets: list[Mapping[str, Any]] = []
    row = 0
    for subject, signals in sections.items():
        by_title = defaultdict[str, list[Signal[Measurement]]](list)
        for signal in signals:
            by_title[signal.title].append(signal)
        for number, (title, drawn) in enumerate(by_title.items()):
            line, column = divmod(number, COLUMNS // ACROSS)
            place = {"x": column * ACROSS, "y": row + line * DOWN, "width": ACROSS, "height": DOWN}
            widgets.append({"type": "metric", **place, "properties": _chart(f"{subject}: {title}", region, drawn)})
        row += DOWN * -(-len(by_title) * ACROSS // COLUMNS)
    return widgets[:MOST_CHARTS]


def _chart(title: str, region: str, signals: Sequence[Signal[Measurement]]) -> Mapping[str, Any]:
    lines = [line for number, signal in enumerate(signals) for line in signal.metric.lines(f"s{number}")]
    limits = [
        {"label": signal.trigger.alarm.name, "value": signal.trigger.threshold} for signal in signals if signal.trigger
    ]
    return {
        "title": title,
        "view": "timeSeries",
        "region": region,
        "metrics": lines[:MOST_CHARTS],
        "yAxis": {"left": {"min": 0}},
        **({"annotations": {"horizontal": limits}} if limits else {}),
    }
