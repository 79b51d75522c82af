"""Simulated Google Cloud: Cloud Monitoring. Times and rules are explained in kinds.py, metrics in metrics.py.

Limits are those of the discovery documents monitoring v3 (revision 20260129) and v1 (revision 20260903), read 2026-11-30.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

from workbench.cloud.gcp.metrics import duration, items, query_refusal
from workbench.cloud.gcp.resource import project_of, resource
from workbench.cloud.model import CREATED_AT, Inputs, ResourceModel, at, digits, mapping, text

_MONITORING = "common use: Cloud Monitoring answers within seconds"
_CONDITIONS = range(1, 7)
"""Conditions of a policy."""
_LONGEST_NAME, _LONGEST_TEXT = 512, 8192
_COLUMNS = 48
_CHANNELS = 16
"""Notification channels of a policy (Cloud Monitoring, Quotas and limits, an archived copy of 2019 read 2026-11-30)."""
_TILES = 100
"""Widgets of a dashboard (Cloud Monitoring, Release notes of 2 May 2025, as monitoring-dashboard-samples, issue 1004, quotes them; read
2026-11-30)."""
_LINES = 50
"""Data sets of a chart (Cloud Monitoring, Quotas and limits; not re-read)."""


def _numbered(kind: str) -> Callable[[str, Inputs], str]:
    """Generate names that Cloud Monitoring assigns, such as `projects/pipes/alertPolicies/1234567890`."""
    return lambda name, inputs: f"projects/{project_of(inputs)}/{kind}/{int(digits(name, 15), 16)}"


def _dashboard_id(name: str, inputs: Inputs) -> str:
    return f"projects/{project_of(inputs)}/dashboards/{digits(name, 32)}"


def _policy(id_: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    return {"name": id_, "creationRecords": [{"mutateTime": CREATED_AT, "mutatedBy": "simulated"}]}


def _channel(id_: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    return {"name": id_, "verificationStatus": ""}


def _error(reason: str | None) -> str | None:
    return f"googleapi: Error 400: {reason}" if reason else None


def _policy_refusal(_old: Inputs | None, new: Inputs) -> str | None:
    """Refuse invalid alert policies."""
    conditions = at(new, "conditions")
    if not isinstance(conditions, list):
        return None
    reasons: Iterator[str | None] = iter(
        (
            None if len(cast("list[Any]", conditions)) in _CONDITIONS else "A policy must have 1 to 6 conditions",
            _text_refusal(new),
            _channels_refusal(at(new, "notificationChannels")),
            *(_condition_refusal(each) for each in items(new, "conditions")),
        )
    )
    return _error(next(filter(None, reasons), None))


def _text_refusal(policy: Inputs) -> str | None:
    name, content = text(policy, "displayName", "x"), text(policy, "documentation.content", "")
    if len(name) > _LONGEST_NAME or len(content) > _LONGEST_TEXT:
        return "displayName or documentation.content is too long"
    if text(policy, "severity", "WARNING") not in {"CRITICAL", "ERROR", "WARNING"}:
        return "Invalid value for severity"
    return None


def _channels_refusal(channels: object) -> str | None:
    """Refuse too many channels, and names that are none. Names without a slash are unknown in a preview."""
    names = cast("list[object]", channels) if isinstance(channels, list) else []
    if len(names) > _CHANNELS:
        return f"Field notification_channels has {len(names)} values, the most is {_CHANNELS}"
    for name in names:
        if isinstance(name, str) and "/" in name and not re.fullmatch(r"projects/[^/]+/notificationChannels/\d+", name):
            return f"Field notification_channels has an invalid value of {name}"
    return None


def _condition_refusal(condition: Inputs) -> str | None:
    threshold, promql = at(condition, "conditionThreshold"), at(condition, "conditionPrometheusQueryLanguage")
    if isinstance(threshold, Mapping):
        return _threshold_refusal(cast("Inputs", threshold))
    return _promql_refusal(cast("Inputs", promql)) if isinstance(promql, Mapping) else None


def _threshold_refusal(threshold: Inputs) -> str | None:
    seconds = duration(threshold.get("duration"))
    if seconds is None or seconds % 60:
        return f"Field duration must be a multiple of 60 s, got {threshold.get('duration')}"
    if threshold.get("evaluationMissingData") and seconds < 60:
        return "evaluationMissingData requires a duration of at least 60 s"
    if threshold.get("comparison") not in {"COMPARISON_GT", "COMPARISON_LT"}:
        return "Only COMPARISON_LT and COMPARISON_GT are supported"
    aggregations = items(threshold, "aggregations")
    return query_refusal(text(threshold, "filter", ""), aggregations[0] if aggregations else dict[str, Any]())


def _promql_refusal(promql: Inputs) -> str | None:
    seconds, interval = duration(promql.get("duration", "0s")), duration(promql.get("evaluationInterval", "30s"))
    if seconds is None or not interval or interval % 30:
        return "duration must not be negative, and evaluationInterval must be a multiple of 30 s"
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text(promql, "alertRule", "x")):
        return "Field alert_rule must be a valid Prometheus label name"
    if promql.get("disableMetricValidation") is not True:
        return "Cannot find metric(s) of the query: no pod has sent them yet"
    return None


def _channel_type_refusal(_old: Inputs | None, new: Inputs) -> str | None:
    """Refuse an e-mail channel without an address (Cloud Monitoring, NotificationChannelDescriptor)."""
    labels = at(new, "labels")
    if text(new, "type", "") != "email" or not isinstance(labels, Mapping) or "email_address" in labels:
        return None
    return _error('Field "notification_channel.labels[email_address]" is required')


def _document(inputs: Inputs) -> Any:
    """Return the dashboard, or None if it is absent or unknown."""
    given = text(inputs, "dashboardJson", "")
    try:
        return json.loads(given) if given.startswith("{") else None
    except ValueError:
        return None


def _dashboard_refusal(_old: Inputs | None, new: Inputs) -> str | None:
    """Refuse invalid dashboards."""
    board = _document(new)
    if board is None:
        return None
    columns = at(board, "mosaicLayout.columns")
    if not board.get("displayName") or not isinstance(columns, int) or not 1 <= columns <= _COLUMNS:
        return _error(f"A dashboard must have a displayName and 1 to {_COLUMNS} columns")
    if len(items(board, "mosaicLayout.tiles")) > _TILES:
        return _error(f"A dashboard has at most {_TILES} widgets")
    reasons = (_tile_refusal(tile, columns) for tile in items(board, "mosaicLayout.tiles"))
    return _error(next(filter(None, reasons), None)) or _overlap_refusal(items(board, "mosaicLayout.tiles"))


def _tile_refusal(tile: Inputs, columns: int) -> str | None:
    if tile.get("xPos", 0) + tile.get("width", 0) > columns or tile.get("height", 0) < 1:
        return "A tile must be inside the columns and at least 1 high"
    chart = at(tile, "widget.xyChart")
    if chart is None:
        return None
    sets = items(chart, "dataSets")
    if not 1 <= len(sets) <= _LINES:
        return f"A chart must have 1 to {_LINES} data sets"
    return next(filter(None, (_line_refusal(each) for each in sets)), None)


def _line_refusal(line: Inputs) -> str | None:
    query = mapping(line, "timeSeriesQuery")
    if "prometheusQuery" in query:
        return None
    return query_refusal(text(query, "timeSeriesFilter.filter", ""), mapping(query, "timeSeriesFilter.aggregation"))


def _overlap_refusal(tiles: Iterable[Inputs]) -> str | None:
    """Refuse tiles that cover each other."""
    taken = set[tuple[int, int]]()
    for tile in tiles:
        left, top = tile.get("xPos", 0), tile.get("yPos", 0)
        own = {(left + x, top + y) for x in range(tile["width"]) for y in range(tile["height"])}
        if own & taken:
            return _error(f"The tile at column {left}, row {top} overlaps another tile")
        taken |= own
    return None


def as_answered(board: Any) -> Any:
    """Return a dashboard as the API answers: without fields that have a default value (proto3 JSON), with the keys in another order."""
    if isinstance(board, Mapping):
        fields = {key: as_answered(value) for key, value in cast("Mapping[str, Any]", board).items()}
        return {key: value for key, value in sorted(fields.items()) if value not in (0, False, "", None)}
    if isinstance(board, list):
        return [as_answered(each) for each in cast("list[Any]", board)]
    return board


def _stored(inputs: Inputs) -> Mapping[str, Any]:
    """Return the JSON that a read finds, if the provider sees a difference to the program's."""
    board = _document(inputs)
    answered = as_answered(board)
    return {} if board is None or without_added(answered, board) == board else {"dashboardJson": json.dumps(answered)}


def without_added(old: Any, new: Any) -> Any:
    """Return the old document without fields that the new one does not have (google provider, removeComputedKeys, read 2026-11-30)."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        before, after = cast("Mapping[str, Any]", old), cast("Mapping[str, Any]", new)
        return {key: without_added(value, after[key]) for key, value in before.items() if after.get(key) is not None}
    if isinstance(old, list) and isinstance(new, list):
        left, right = cast("list[Any]", old), cast("list[Any]", new)
        return [
            without_added(each, right[index]) if index < len(right) and isinstance(each, Mapping) else each
            for index, each in enumerate(left)
        ]
    return cast("object", old)


def _suppressed(old: Inputs, new: Inputs) -> frozenset[str]:
    """Return the JSON if the provider sees no difference. So it does not see that a field is removed, either."""
    before, after = _document(old), _document(new)
    same = before is not None and after is not None and without_added(before, after) == after
    return frozenset({"dashboardJson"}) if same else frozenset()


MONITORING: Mapping[str, ResourceModel] = {
    "gcp:monitoring/alertPolicy:AlertPolicy": resource(
        "projects/{project}",
        create=0.1,
        delete=0.05,
        source=_MONITORING,
        identifier=_numbered("alertPolicies"),
        outputs=_policy,
        refusal=_policy_refusal,
        defaults={"enabled": True, "documentation.mimeType": "text/markdown"},
    ),
    "gcp:monitoring/notificationChannel:NotificationChannel": resource(
        "projects/{project}",
        create=0.05,
        delete=0.05,
        source=_MONITORING,
        identifier=_numbered("notificationChannels"),
        outputs=_channel,
        refusal=_channel_type_refusal,
        defaults={"enabled": True},
    ),
    "gcp:monitoring/dashboard:Dashboard": resource(
        "projects/{project}",
        create=0.05,
        delete=0.05,
        source=_MONITORING,
        identifier=_dashboard_id,
        refusal=_dashboard_refusal,
        unseen=_suppressed,
        stored=_stored,
    ),
}
