"""The job that reads and replays the dead letters of a pipe, with rights that its consumers do not have."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pulumi import Input

from components.contracts import Connection, Grant

COMMAND = ("python", "-m", "consumer.redrive")
"""Program of the job, in the image of the consumers."""

ARGUMENTS = ("list",)
"""Arguments if the operator gives no others: the job then changes nothing."""

LONGEST, DIGITS = 50, 6
"""Maximum length of a name, and of its hash. An IAM role name has at most 64 characters (IAM, quotas): the rest is for a role's suffix
of 6 characters and Pulumi's suffix."""


def redrive_name(pipe: str) -> str:
    """Return the name of the job's resources. `pipe` begins with the name of the stack. A long name gets a hash."""
    name = f"{pipe}-redrive"
    if len(name) <= LONGEST:
        return name
    return f"{name[: LONGEST - DIGITS - 1]}-{hashlib.sha256(name.encode()).hexdigest()[:DIGITS]}"


def redrive_group(group: str) -> str:
    """Return the Kafka group in which the job marks handled dead letters (consumer/redrive/kafka.py)."""
    return f"{group}.redrive"


def redrive_connection(
    consumers: Connection, grants: Sequence[Grant], settings: Mapping[str, Input[str]] | None = None
) -> Connection:
    """Return the connection of the job: that of the consumers, with other grants and more settings."""
    return replace(consumers, settings={**consumers.settings, **(settings or {})}, grants=grants, partition_settings={})
