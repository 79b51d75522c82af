"""Settings of a pipe whose data stream was there before the stack."""

from typing import Annotated

from pydantic import Field

from components.aws.kinesis.dead_letters import KinesisDeadLetterSettings
from components.section import Pattern
from components.settings_bases import ExistingPipeSettings, ExistingTopicSettings


class ExistingKinesisTopicSettings(ExistingTopicSettings, frozen=True):
    """Settings of a data stream that was there before.

    Its mode must be provisioned, because Kinesis changes the number of shards of an on-demand stream.
    """

    name: (
        Annotated[
            str,
            Field(max_length=128),
            Pattern(r"[a-zA-Z0-9_.-]+", "the name of a data stream: letters, digits, underscores, points and hyphens"),
        ]
        | None
    ) = None
    """The name of the data stream, without the ARN around it (Kinesis API, CreateStream). The default is the name of the pipe."""
    fan_out: bool = False
    """Whether the consumers use enhanced fan-out: 2 MB/s per shard only for them, at a price per shard and GB (Kinesis Data Streams,
    Enhanced fan-out consumers). Otherwise they share 2 MB/s per shard with all other readers."""
    dead_letter: KinesisDeadLetterSettings = KinesisDeadLetterSettings()
    """The handling of records that the consumers cannot process. The stream of the dead letters is made by the program; it has the names
    of the stack and the pipe with the suffix .dead-letters."""


class ExistingKinesisPipeSettings(ExistingPipeSettings, frozen=True):
    """A pipe whose data stream was there before. The program makes its dead letters, its KCL tables and its consumers."""

    topic: ExistingKinesisTopicSettings
    """The settings of the data stream."""
