"""Dead letters of services whose consumers write them: settings and environment variables."""

from typing import Annotated

from pulumi import Input
from pydantic import Field, model_validator

from components.section import SettingsModel

SUFFIX = ".dead-letters"
"""Suffix of the name of a dead-letter topic."""


class DeadLetterSettings(SettingsModel, frozen=True):
    """Dead-letter settings: what happens to records that the consumer cannot handle."""

    enabled: bool = True
    """Whether consumers move a record that they cannot handle to a dead-letter topic. If false, they stop at the record, restart and
    try it again. The later records of its partition wait until it can be handled or its retention ends."""
    max_delivery_attempts: Annotated[int, Field(ge=1, le=100)] = 5
    """Number of times that the handler gets a record before it is moved to the dead-letter topic."""

    @model_validator(mode="after")
    def _refuse_ignored_keys(self) -> "DeadLetterSettings":
        if not self.enabled and self.model_fields_set - {"enabled"}:
            raise ValueError("has keys that are ignored when enabled is false. Remove them, or set enabled to true.")
        return self

    def variables(self, topic: Input[str]) -> dict[str, Input[str]]:
        """Return the environment variables of consumers: the dead-letter topic, and the number of attempts."""
        if not self.enabled:
            return {}
        return {"STREAM_DEAD_LETTERS": topic, "STREAM_MAX_DELIVERY_ATTEMPTS": str(self.max_delivery_attempts)}
