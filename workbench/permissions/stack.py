"""What a policy contains of a stack besides actions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Stack that a policy is made for."""

    name: str
    """The beginning of all its names in the cloud."""
    purpose: str
    """`deploy` or `preview`."""
    config: Mapping[str, Any]
    """The stack file's settings, such as `aws:region`."""
