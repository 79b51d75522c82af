"""Settings of the alarms on GCP."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from typing_extensions import override

from components.gcp.account import GcpSettings
from components.monitoring.settings import MonitoringSettings
from components.section import ConfigError, Distinct, Pattern
from components.settings_bases import AccountSettings

MOST_CHANNELS = 16
"""Maximum notification channels of an alert policy (Cloud Monitoring, Quotas and limits; an archived copy of 2019 read 2026-11-30)."""

ChannelName = Annotated[
    str,
    Pattern(
        r"projects/([a-z][a-z0-9:.-]*[a-z0-9]|\d+)/notificationChannels/\d+",
        "the name of a notification channel, such as projects/my-project/notificationChannels/1234567890",
    ),
]


class GcpMonitoringSettings(MonitoringSettings, frozen=True):
    """Alarms and the dashboard of a stack on GCP."""

    channels: Annotated[tuple[ChannelName, ...], Distinct] = ()
    """Notification channels that get the alarms. They are in the stack's project."""

    @property
    @override
    def targets(self) -> Sequence[str]:
        """Return the existing targets."""
        return self.channels

    @override
    def config_errors(self, account: AccountSettings | None) -> Iterator[ConfigError]:
        """Yield errors of channels in other projects, and of too many channels.

        Cloud Monitoring does not find a channel of another project (terraform-provider-google, issue 25878, read 2026-11-30). The program
        does not know the project's number before a preview, so it accepts every number.
        """
        count = len(self.channels) + len(self.emails)
        if count > MOST_CHANNELS:
            text = (
                f"must have at most {MOST_CHANNELS} entries together with emails, got {count} (each address becomes a channel, and an alert "
                "policy accepts no more). Remove some."
            )
            yield ConfigError(path=("channels",), text=text)
        for number, channel in enumerate(self.channels):
            project = channel.split("/")[1]
            if isinstance(account, GcpSettings) and not project.isdigit() and project != account.project:
                text = (
                    f"must be a channel of the project {account.project}, got one of {project} (alert policies use only channels of their own "
                    "project). Create a channel there."
                )
                yield ConfigError(path=("channels", number), text=text)
