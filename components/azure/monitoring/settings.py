"""Settings of the alarms on Azure."""

from collections.abc import Sequence
from typing import Annotated

from typing_extensions import override

from components.monitoring.settings import MonitoringSettings
from components.section import Distinct, Pattern

ActionGroupId = Annotated[
    str,
    Pattern(
        r"/subscriptions/[0-9a-fA-F-]{36}/resource[gG]roups/[^/]+/providers/[mM]icrosoft\.[iI]nsights/action[gG]roups/[^/]+",
        "the ID of an action group, such as /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/ops/providers/Microsoft.Insights/actionGroups/oncall",
    ),
]


class AzureMonitoringSettings(MonitoringSettings, frozen=True):
    """Alarms and the dashboard of a stack on Azure."""

    action_group_ids: Annotated[tuple[ActionGroupId, ...], Distinct] = ()
    """Action groups that get the alarms."""

    @property
    @override
    def targets(self) -> Sequence[str]:
        """Return the existing targets."""
        return self.action_group_ids
