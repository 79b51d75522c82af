"""Limits of the alarms of a pipe."""

from typing import Annotated

from pydantic import Field

from components.section import SettingsModel

UNREAD_PER_PARTITION = 10_000
"""Unread records per partition that are an alarm if no load is expected. A choice, not a limit of a service: 15 minutes at 11 records
per second."""


class AlarmSettings(SettingsModel, frozen=True):
    """Limits of a pipe's alarms."""

    age_minutes: Annotated[int, Field(ge=1, le=10_080)] = 15
    """Age of the oldest unread record that is an alarm, in minutes."""
    unread_records: Annotated[int, Field(ge=1)] | None = None
    """Number of unread records that is an alarm, on services that report a number (MSK, MSK Serverless, Managed Kafka). The default
    is what `expect` sends in ageMinutes, or 10,000 for each partition if nothing is expected."""
