"""Alarms of a stack: what each one means, and what to look at first. Each has an entry of the same name in docs/operations.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Severity = Literal["critical", "warning"]
"""Critical: records wait or are lost. Warning: it becomes critical if nobody acts in the next days."""


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """One kind of alarm."""

    name: str
    """Name in messages, and the anchor in the runbook."""
    severity: Severity
    meaning: str
    """What is wrong, as one sentence."""
    first: str
    """What to look at first, as one imperative sentence."""

    def title(self, subject: str) -> str:
        """Return the title for a pipe, or for the stack."""
        return f"{subject}: {self.name}"

    def description(self, subject: str, runbook: str) -> str:
        """Return the text of a notification. `runbook` is the address of the runbook."""
        return f"{subject}: {self.meaning} {self.first} Runbook: {runbook}#{self.name}"


OLD_RECORDS = Alarm(
    name="old-records",
    severity="critical",
    meaning="The oldest unread record is older than the limit of the pipe, or nobody reads.",
    first="Check that the consumers run. Then compare the rates of new and of handled records.",
)
MANY_UNREAD_RECORDS = Alarm(
    name="many-unread-records",
    severity="critical",
    meaning="More records are unread than the limit of the pipe.",
    first="Compare the rate of new records with the rate of handled records.",
)
NO_PROGRESS = Alarm(
    name="no-progress",
    severity="critical",
    meaning="Records are unread, and a consumer has handled none for 5 minutes.",
    first="Find the consumer whose consumer_handled_total stands still, and read the end of its log.",
)
MISSING_CONSUMERS = Alarm(
    name="missing-consumers",
    severity="critical",
    meaning="Fewer consumers are ready than the topic has partitions.",
    first="List the pods or tasks of the pipe and why they are not ready.",
)
PARTITION_WITHOUT_READER = Alarm(
    name="partition-without-reader",
    severity="critical",
    meaning="All consumers are ready, but a partition has no reader.",
    first="Compare the partitions of the topic with the assignments of the group.",
)
IDLE_CONSUMER = Alarm(
    name="idle-consumer",
    severity="warning",
    meaning="A ready consumer has no partition, and another one has two.",
    first="List the members of the group and their partitions.",
)
DEAD_LETTERS = Alarm(
    name="dead-letters",
    severity="warning",
    meaning="Records could not be handled and were moved to the dead letters.",
    first="Read the reason of the newest dead letter.",
)
LOST_RECORDS = Alarm(
    name="lost-records",
    severity="critical",
    meaning="Records were deleted by the retention of the topic before they were read.",
    first="Read the warning in the log of the consumer: it names the partition and the records.",
)
RESTARTS = Alarm(
    name="restarts",
    severity="warning",
    meaning="A consumer restarted more than twice in 30 minutes.",
    first="Find the pod or task that restarts, and read the last line of its previous log: it has the reason.",
)
THROTTLED = Alarm(
    name="throttled",
    severity="warning",
    meaning="The streaming service rejects or delays requests because a limit is reached.",
    first="Find out whether reads or writes are throttled, and on which topic.",
)
DISK_FULL = Alarm(
    name="disk-full",
    severity="critical",
    meaning="The disk of a broker is nearly full. A full disk stops the broker.",
    first="Find the topic with the most bytes.",
)
UNDER_REPLICATED = Alarm(
    name="under-replicated",
    severity="warning",
    meaning="Partitions have fewer copies in sync than they should have.",
    first="Find the broker that is down or slow.",
)
OFFLINE_PARTITIONS = Alarm(
    name="offline-partitions",
    severity="critical",
    meaning="Partitions have no leader. Nobody can read or write them.",
    first="Find the brokers that are down.",
)
BUSY_SERVICE = Alarm(
    name="busy-service",
    severity="warning",
    meaning="The streaming service is near the maximum of its size.",
    first="Compare the load with the size of the service (make size).",
)

ALARMS: Mapping[str, Alarm] = {
    alarm.name: alarm
    for alarm in (
        *(OLD_RECORDS, MANY_UNREAD_RECORDS, NO_PROGRESS, MISSING_CONSUMERS, PARTITION_WITHOUT_READER, IDLE_CONSUMER),
        *(DEAD_LETTERS, LOST_RECORDS, RESTARTS),
        *(THROTTLED, DISK_FULL, UNDER_REPLICATED, OFFLINE_PARTITIONS, BUSY_SERVICE),
    )
}
"""All alarms, by name: first those of a pipe, then those of a streaming service."""
