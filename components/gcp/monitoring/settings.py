"""Settings of the alarms on GCP."""

from collections.abc import Sequence
from typing import Annotated

from typing_extensions import override

from components.monitoring.settings import MonitoringSettings
from components.section import Distinct, Pattern

ChannelName = Annotated[
    str,
    Pattern(
        r"projects/[a-z][a-z0-9:.-]*[a-z0-9]/notificationChannels/\d+",
        "the name of a notification channel, such as projects/my-project/notificationChannels/1234567890",
    ),
]


class GcpMonitoringSettings(MonitoringSettings, frozen=True):
    """Alarms and the dashboard of a stack on GCP."""

    channels: Annotated[tuple[ChannelName, ...], Distinct] = ()
    """Notification channels that get the alarms."""

    @property
    @override
    def targets(self) -> Sequence[str]:
        """Return the existing targets."""
        return self.channels
