"""What becomes of a record that a pipe's consumers cannot handle, where they set it aside themselves."""

from typing import Annotated

from pulumi import Input
from pydantic import Field, model_validator

from components.section import SettingsModel

SUFFIX = ".dead-letters"
"""What the name of a topic's dead letters adds to its own."""


class DeadLetterSettings(SettingsModel, frozen=True):
    """What becomes of a record that the consumers cannot handle."""

    enabled: bool = True
    """Whether consumers may set such a record aside, in a topic of its own; without, they end at it and start again with it, until it
    can be handled or its retention ends, and what comes after it in its partition waits."""
    max_delivery_attempts: Annotated[int, Field(ge=1, le=100)] = 5
    """How often a record is handed to the consumer's handler before it is set aside."""

    @model_validator(mode="after")
    def _something_to_say(self) -> "DeadLetterSettings":
        said = sorted(self.model_fields_set - {"enabled"})
        if not self.enabled and said:
            raise ValueError("has keys that say nothing while enabled is false; remove them, or enabled")
        return self

    def variables(self, topic: Input[str]) -> dict[str, Input[str]]:
        """What consumers are told: the topic of the dead letters, and after how many tries a record goes there."""
        if not self.enabled:
            return {}
        return {"STREAM_DEAD_LETTERS": topic, "STREAM_MAX_DELIVERY_ATTEMPTS": str(self.max_delivery_attempts)}
