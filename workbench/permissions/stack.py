"""Properties of a stack that limit the resources of a policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.recording.records import RecordedResource


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Stack of a policy."""

    name: str
    """The beginning of all its names in the cloud."""
    purpose: str
    """`deploy` or `preview`."""
    config: Mapping[str, Any]
    """The stack file's settings, such as `aws:region`."""
    made: Sequence[RecordedResource]
    """The resources of the plan that the stack makes."""
