"""Settings of alarms: of the stack (data-pipes:monitoring) and of a pipe (alarms)."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from components.section import Distinct, Pattern, SettingsModel

Collector = Literal["managed", "operator", "none"]
"""What collects the consumers' metrics."""

Email = Annotated[
    str,
    Pattern(
        r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{4,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}",
        "an e-mail address, such as oncall@example.com",
    ),
]

RunbookUrl = Annotated[
    str, Pattern(r"(https?://[^\s#]+|[A-Za-z0-9._/-]+)", "an address or path without #, such as https://example.com/x")
]

UNREAD_PER_PARTITION = 10_000
"""Unread records per partition that are an alarm if no load is expected. A choice, not a limit of a service: 15 minutes at 11 records
per second."""


class AlarmSettings(SettingsModel, frozen=True):
    """Limits of a pipe's alarms."""

    age_minutes: Annotated[int, Field(ge=1, le=10_080)] = 15
    """Age of the oldest unread record that is an alarm, in minutes."""
    unread_records: Annotated[int, Field(ge=1)] | None = None
    """Number of unread records that is an alarm, if the service does not report their age. The default is what `expect` sends in
    ageMinutes, or 10,000 for each partition if nothing is expected."""


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

    @model_validator(mode="after")
    def _refuse_ignored_keys(self) -> "MonitoringSettings":
        if not self.enabled and self.model_fields_set - {"enabled"}:
            raise ValueError("has keys that are ignored when enabled is false. Remove them, or set enabled to true.")
        return self
