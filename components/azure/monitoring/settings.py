"""Settings of the alarms on Azure."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field
from typing_extensions import override

from components.monitoring.settings import MonitoringSettings
from components.section import Pattern

MOST_GROUPS = 5
"""Maximum action groups of an alert rule (Microsoft's course text on action groups; read 2026-11-30)."""

ActionGroupId = Annotated[
    str,
    Pattern(
        r"/subscriptions/[0-9a-fA-F-]{36}/resource[gG]roups/[^/]+/providers/[mM]icrosoft\.[iI]nsights/action[gG]roups/[^/]+",
        "the ID of an action group, such as /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/ops/providers/Microsoft.Insights/actionGroups/oncall",
    ),
]


def _distinct(ids: tuple[str, ...]) -> tuple[str, ...]:
    """Return the IDs. Raise ValueError if two differ only in their case, which Azure ignores."""
    twice = sorted({each for each in ids if [other.lower() for other in ids].count(each.lower()) > 1})
    if twice:
        raise ValueError(
            f"must not contain duplicates, got {', '.join(twice)} (Azure ignores the case of IDs). Remove the duplicates."
        )
    return ids


class AzureMonitoringSettings(MonitoringSettings, frozen=True):
    """Alarms and the dashboard of a stack on Azure."""

    action_group_ids: Annotated[
        tuple[ActionGroupId, ...], Field(max_length=MOST_GROUPS - 1), AfterValidator(_distinct)
    ] = ()
    """Action groups that get the alarms, at most 4. A rule accepts 5, and the addresses in emails are one."""

    @property
    @override
    def targets(self) -> Sequence[str]:
        """Return the existing targets."""
        return self.action_group_ids
