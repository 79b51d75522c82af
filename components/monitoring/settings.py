"""Settings of the alarms of a stack (data-pipes:monitoring)."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import model_validator
from pydantic.alias_generators import to_camel

from components.section import ConfigError, Distinct, Pattern, SettingsModel
from components.settings_bases import AccountSettings

Collector = Literal["managed", "operator", "none"]
"""What collects the consumers' metrics."""

Email = Annotated[
    str,
    Pattern(
        r"(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?=.{4,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}",
        "an e-mail address, such as oncall@example.com",
    ),
]

RunbookUrl = Annotated[
    str,
    Pattern(
        r"https?://[A-Za-z0-9._~:/?@!&'()*+,;=%-]{1,400}|[A-Za-z0-9._/-]{1,400}",
        "an address or path of at most 400 characters without #, $ and braces, such as https://example.com/runbook",
    ),
]


class MonitoringSettings(SettingsModel, ABC, frozen=True):
    """Alarms and the dashboard of a stack. Each cloud adds the IDs of its own notification targets."""

    enabled: bool = True
    """Whether the stack has alarms and a dashboard."""
    collector: Collector | None = None
    """What collects the consumers' metrics: the cloud's managed Prometheus, the Prometheus operator of your cluster, or nothing. The
    default is managed on Azure and GCP. On AWS, where a managed collector is billed by the hour, it is managed only on EKS with a service
    that does not report unread records to CloudWatch."""
    emails: Annotated[tuple[Email, ...], Distinct] = ()
    """E-mail addresses that get the alarms. Some clouds ask each address to confirm first."""
    runbook: RunbookUrl = "docs/operations.md"
    """Address of the runbook in the text of each alarm. `#` and the name of the alarm are added. Set it to where your team reads this
    repository."""

    @property
    @abstractmethod
    def targets(self) -> Sequence[str]:
        """Return the IDs of existing notification targets of the cloud."""

    def config_errors(self, account: AccountSettings | None) -> Iterator[ConfigError]:
        """Yield errors between this section and the account. Paths start below monitoring. The default yields none."""
        _ = account
        yield from ()

    @model_validator(mode="after")
    def _refuse_ignored_keys(self) -> "MonitoringSettings":
        ignored = sorted(to_camel(name) for name in self.model_fields_set - {"enabled"})
        if not self.enabled and ignored:
            raise ValueError(
                f"must have no other keys while enabled is false, got {', '.join(ignored)} (there is no alarm). Remove them, or set enabled to true."
            )
        return self
