"""Refused changes of topic settings that Confluent Cloud or its provider cannot make."""

from collections.abc import Mapping
from typing import Any, cast

CLEANUP = "cleanup.policy"

DEFAULTS: Mapping[str, str] = {
    CLEANUP: "delete",
    "delete.retention.ms": "86400000",
    "max.compaction.lag.ms": "9223372036854775807",
    "max.message.bytes": "2097164",
    "message.timestamp.after.max.ms": "9223372036854775807",
    "message.timestamp.before.max.ms": "9223372036854775807",
    "message.timestamp.type": "CreateTime",
    "min.compaction.lag.ms": "0",
    "retention.bytes": "-1",
    "segment.bytes": "104857600",
    "segment.ms": "604800000",
}
"""Defaults of the topic settings that a pipe may set (pulumi_confluentcloud 2, KafkaTopic)."""


def refuse_config_change(present: object, wanted: object) -> str | None:
    """Refuse removed settings, and a direct change of cleanup.policy from delete to both values."""
    before, after = _settings(present), _settings(wanted)
    removed = sorted(before.keys() - after.keys())
    return _removal(removed[0]) if removed else _cleanup_change(before, after)


def _removal(name: str) -> str:
    """Return the refusal: the provider never resets a setting to its default (Confluent provider, confluent_kafka_topic; its issue 601)."""
    fact = f"{name} cannot be removed (Confluent's provider never resets a topic setting)."
    if name in DEFAULTS:
        return f'{fact} Set it to its default, "{DEFAULTS[name]}", instead of removing it.'
    return f"{fact} Reset it with Confluent's REST API (Reset Topic Config), then run pulumi refresh."


def _cleanup_change(before: Mapping[str, str], after: Mapping[str, str]) -> str | None:
    """Refuse only a change from delete to compact and delete (Confluent Cloud, Configuration Reference for Topics; read 2026-11-29)."""
    present, wanted = (set(each.get(CLEANUP, DEFAULTS[CLEANUP]).split(",")) for each in (before, after))
    if present != {"delete"} or wanted != {"compact", "delete"}:
        return None
    return (
        f"{CLEANUP} cannot be changed from delete to {after[CLEANUP]} in one step. Set it to compact, deploy, then set it to {after[CLEANUP]}. "
        "The first step deletes records without a key."
    )


def _settings(config: object) -> Mapping[str, str]:
    return cast("Mapping[str, Any]", config) if isinstance(config, Mapping) else {}
