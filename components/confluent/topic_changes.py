"""Changes of a topic's settings that Confluent Cloud or its provider refuses, refused while they are still a preview."""

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
"""The defaults of the settings that a pipe may choose (pulumi_confluentcloud 2, KafkaTopic)."""


def config_change(present: object, wanted: object) -> str | None:
    """The rule for all settings of a topic: none is removed, and cleanup.policy goes from delete to both values in two steps."""
    before, after = _settings(present), _settings(wanted)
    removed = sorted(before.keys() - after.keys())
    return _kept(removed[0]) if removed else _cleanup(before, after)


def _kept(name: str) -> str:
    """The provider resets no setting to its default (Confluent provider, confluent_kafka_topic; its issue 601)."""
    fact = f"{name} cannot be removed, since Confluent's provider resets no setting of a topic."
    if name in DEFAULTS:
        return f'{fact} Set it to its default, "{DEFAULTS[name]}", and keep the line.'
    return f"{fact} Reset it with Confluent's REST API (Reset Topic Config), then run pulumi refresh."


def _cleanup(before: Mapping[str, str], after: Mapping[str, str]) -> str | None:
    """No step from delete to compact and delete (Confluent Cloud, Configuration Reference for Topics; read 2026-11-29).

    All other steps are allowed.
    """
    present, wanted = (set(each.get(CLEANUP, DEFAULTS[CLEANUP]).split(",")) for each in (before, after))
    if present != {"delete"} or wanted != {"compact", "delete"}:
        return None
    return (
        f"{CLEANUP} cannot go from delete to {after[CLEANUP]} at once. Set it to compact, deploy, then set it to {after[CLEANUP]}. "
        "Records without a key are lost in the first step."
    )


def _settings(config: object) -> Mapping[str, str]:
    return cast("Mapping[str, Any]", config) if isinstance(config, Mapping) else {}
