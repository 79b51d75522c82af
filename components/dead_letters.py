"""Dead letters of services whose consumers write them: settings and environment variables."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, cast

from pulumi import Input
from pydantic import Field, model_validator

from components.section import ConfigError, SettingsModel
from components.settings_bases import PipeSettings

SUFFIX = ".dead-letters"
"""Suffix of the name of a dead-letter topic."""


class DeadLetterSettings(SettingsModel, frozen=True):
    """Dead-letter settings: what happens to records that the consumer cannot handle."""

    enabled: bool = True
    """Whether consumers move a record that they cannot handle to a dead-letter topic. If false, they stop at the record, restart and
    try it again. The later records of its partition wait until it can be handled or its retention ends."""
    max_delivery_attempts: Annotated[int, Field(ge=1, le=100)] = 5
    """Number of times that the handler gets a record before it is moved to the dead-letter topic."""
    redrive: bool = False
    """Whether the stack has a job that reads and replays the dead letters, with rights that the consumers do not have. It runs only when
    an operator starts it (docs/procedures.md, As a job of the stack). The image must contain the consumer of this repository."""

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


def redrive_errors(pipes: Mapping[str, PipeSettings]) -> Iterator[ConfigError]:
    """Yield pipes whose redrive job would have the names of the resources of another pipe."""
    for name, pipe in pipes.items():
        if cast("Any", pipe).topic.dead_letter.redrive and f"{name}-redrive" in pipes:
            text = (
                f"must be false if there is a pipe {name}-redrive, got true (the names of their resources would be equal). "
                "Rename that pipe, or remove redrive."
            )
            yield ConfigError(path=("pipes", name, "topic", "deadLetter", "redrive"), text=text)


def no_redrive(pipes: Mapping[str, PipeSettings], reason: str) -> Iterator[ConfigError]:
    """Yield pipes with a redrive job, where the service cannot have one. `reason` says why."""
    for name, pipe in pipes.items():
        if cast("Any", pipe).topic.dead_letter.redrive:
            text = f"must be false here, got true ({reason}). Remove it."
            yield ConfigError(path=("pipes", name, "topic", "deadLetter", "redrive"), text=text)
