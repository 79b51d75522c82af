"""Body of the dashboard of a stack (CloudWatch, Dashboard body structure and syntax; read 2026-11-30)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi import Output

from components.aws.monitoring.metrics import Measurement
from components.monitoring.signals import Signal

ACROSS, DOWN, COLUMNS = 6, 6, 24
"""Width and height of a chart, and the width of a dashboard."""

MOST_CHARTS, MOST_METRICS = 500, 2500
"""Maximum number of widgets of a dashboard, and of metrics in all of them, with those that only expressions use (CloudWatch service quotas;
read in public copies, not on AWS's page)."""

MOST_LINES = 10
"""Signals in a chart. A choice: a pipe with 100 video streams has 10 signals for each measurement, each with 10 metrics."""

Sections = Sequence[tuple[str, Sequence[Signal[Measurement]]]]
"""Signals of the streaming service and of each pipe, with the name that their titles begin with."""


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """Charts that CloudWatch accepts on one dashboard."""

    charts: Sequence[Mapping[str, Any]]
    left_out: Sequence[str]
    """Sections with charts for which the dashboard has no room. Their alarms exist."""

    @property
    def body(self) -> Output[str]:
        """Return the body in JSON."""
        return Output.json_dumps({"widgets": self.charts})


def dashboard(region: str, sections: Sections) -> Dashboard:
    """Draw each section in its own rows, as long as there is room. Signals with the same title share a chart."""
    widgets: list[Mapping[str, Any]] = []
    left_out: list[str] = []
    row, metrics = 0, 0
    for subject, signals in sections:
        by_title = defaultdict[str, list[Signal[Measurement]]](list)
        for signal in signals:
            by_title[signal.title].append(signal)
        drawn = [_chart(f"{subject}: {title}", region, each) for title, each in by_title.items()]
        needed = sum(len(chart["metrics"]) for chart in drawn)
        if len(widgets) + len(drawn) > MOST_CHARTS or metrics + needed > MOST_METRICS:
            left_out.append(subject)
            continue
        metrics += needed
        for number, chart in enumerate(drawn):
            line, column = divmod(number, COLUMNS // ACROSS)
            place = {"x": column * ACROSS, "y": row + line * DOWN, "width": ACROSS, "height": DOWN}
            widgets.append({"type": "metric", **place, "properties": chart})
        row += DOWN * -(-len(drawn) * ACROSS // COLUMNS)
    return Dashboard(charts=widgets, left_out=left_out)


def _chart(title: str, region: str, signals: Sequence[Signal[Measurement]]) -> Mapping[str, Any]:
    drawn = signals[:MOST_LINES]
    lines = [line for number, signal in enumerate(drawn) for line in signal.metric.lines(f"s{number}")]
    limits = [
        {"label": signal.trigger.alarm.name, "value": signal.trigger.threshold} for signal in drawn if signal.trigger
    ]
    return {
        "title": title if len(drawn) == len(signals) else f"{title} ({len(drawn)} of {len(signals)} lines)",
        "view": "timeSeries",
        "region": region,
        "metrics": lines,
        "yAxis": {"left": {"min": 0}},
        **({"annotations": {"horizontal": limits}} if limits else {}),
    }
