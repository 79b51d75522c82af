"""Kinesis data streams: one for each pipe, with as many shards as its parallelism."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, Generic, Literal, TypeVar, cast

import pulumi_aws as aws
from pulumi import CustomTimeouts, Output, ResourceOptions
from pydantic import Field
from typing_extensions import override

from components.aws.kinesis.access import consumer_grants, resource_policy, write_grants
from components.aws.kinesis.dead_letters import DeadLetters, DeadLettersArgs, KinesisDeadLetterSettings
from components.aws.kinesis.existing_settings import ExistingKinesisPipeSettings
from components.aws.kinesis.leases import LeaseTables, LeaseTablesArgs
from components.aws.kinesis.signals import stream_signals
from components.aws.network.network import Network
from components.changes import guard
from components.contracts import SHARED, Connection, Topic
from components.redrive import redrive_connection
from components.section import Distinct, Pattern, SettingsModel
from components.settings_bases import PipeSettings

UPDATES_PER_DAY = 10
"""Maximum number of shard updates of a stream in 24 hours (Kinesis API, UpdateShardCount)."""

Principals = Annotated[
    tuple[
        Annotated[
            str,
            Pattern(
                r"arn:[a-z-]+:iam::\d{12}:(root|(role|user)/[A-Za-z0-9_+=,.@/-]+)",
                "the ARN of an IAM role, user or account without a wildcard, such as arn:aws:iam::123456789012:role/producer",
            ),
        ],
        ...,
    ],
    Distinct,
]

ShardMetric = Literal[
    "IncomingBytes",
    "IncomingRecords",
    "IteratorAgeMilliseconds",
    "OutgoingBytes",
    "OutgoingRecords",
    "ReadProvisionedThroughputExceeded",
    "WriteProvisionedThroughputExceeded",
]
"""Shard-level metrics, without ALL, which means these seven (Kinesis API, EnableEnhancedMonitoring)."""


class KinesisTopicSettings(SettingsModel, frozen=True):
    """Data stream settings of a pipe."""

    retention_hours: Annotated[int, Field(ge=24, le=8760)] = 168
    """The hours that records are kept, whether they were read or not (Kinesis API, IncreaseStreamRetentionPeriod). Lowering it
    deletes older records."""
    fan_out: bool = False
    """Whether the consumers use enhanced fan-out: 2 MB/s per shard only for them, at a price per shard and GB (Kinesis Data Streams,
    Enhanced fan-out consumers). Otherwise they share 2 MB/s per shard with all other readers."""
    shard_metrics: Annotated[tuple[ShardMetric, ...], Distinct] = (
        "IteratorAgeMilliseconds",
        "ReadProvisionedThroughputExceeded",
        "WriteProvisionedThroughputExceeded",
    )
    """The shard-level metrics in CloudWatch, which bills them by shard and metric. The default metrics show how far reading lags
    behind and how often reads and writes were throttled."""
    dead_letter: KinesisDeadLetterSettings = KinesisDeadLetterSettings()
    """The handling of records that the consumers cannot process."""
    producers: Principals = ()
    """The ARNs of the IAM roles, users or accounts that may write to the stream. Principals of other accounts also need the
    permission in their own account."""
    readers: Principals = ()
    """The ARNs of the IAM roles, users or accounts that may read the stream, in addition to the pipe's consumers. Principals of
    other accounts also need the permission in their own account."""


class KinesisPipeSettings(PipeSettings, frozen=True):
    """Pipe on Kinesis Data Streams."""

    topic: KinesisTopicSettings = KinesisTopicSettings()
    """The settings of the data stream."""

    @property
    @override
    def kept_minutes(self) -> int:
        """Return the minutes that the stream keeps records."""
        return self.topic.retention_hours * 60


def shard_steps(present: int, wanted: int) -> list[int]:
    """Return the shard counts of the updates to the wanted count. One update at most doubles or halves it (Kinesis API, UpdateShardCount)."""
    steps: list[int] = []
    while present != wanted:
        present = min(wanted, 2 * present) if wanted > present else max(wanted, (present + 1) // 2)
        steps.append(present)
    return steps


def refuse_wide_reshard(present: int, wanted: int) -> str | None:
    """Refuse a change that needs more than one update (Kinesis API, UpdateShardCount)."""
    first, *later = shard_steps(present, wanted) or [wanted]
    if not later:
        return None
    way = "doubles" if wanted > present else "halves"
    return (
        f"Kinesis at most {way} the shards of a stream in one update. Set parallelism to {first} first, then to "
        f"{', then to '.join(map(str, later))}, and deploy after each step. "
        f"Each takes some minutes, and a stream accepts {UPDATES_PER_DAY} updates in 24 hours."
    )


KinesisPipeT = TypeVar("KinesisPipeT", KinesisPipeSettings, ExistingKinesisPipeSettings)


@dataclass(frozen=True, kw_only=True)
class KinesisStreamArgs(Generic[KinesisPipeT]):
    """Arguments of KinesisStream and ExistingKinesisStream."""

    pipe_name: str
    application: str
    """The name of the KCL application, with the names of the stack and the pipe. A stream that the program makes has the same name."""
    pipe: KinesisPipeT
    network: Network
    key: aws.kms.Key
    """The stack's KMS key. It encrypts the streams that the program makes."""
    protect: bool


class ReadStream(Topic, ABC, Generic[KinesisPipeT]):
    """A data stream that consumers read, their KCL tables and their dead letters.

    Both kinds of streams have one type token, so tables and dead letters stay if a pipe changes from one kind to the other.
    """

    def __init__(self, name: str, args: KinesisStreamArgs[KinesisPipeT], opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:KinesisStream", name, None, opts)
        self.name = name
        self.args = args
        settings, region = args.pipe.topic, args.network.account.region
        self.stream = self._source()
        # Each pipe has its own application, also if two pipes read one existing stream: their workers would share the leases.
        tables = LeaseTables(
            name,
            LeaseTablesArgs(application=args.application, protect=args.protect),
            ResourceOptions(parent=self),
        )
        fan_out = self._fan_out() if settings.fan_out else None
        fan_out_arn = fan_out.arn if fan_out else None
        key_arn = self._key_arn()
        dead_letters = self._dead_letters() if settings.dead_letter.enabled else None
        self.topic_name = self.stream.name
        self.partitions = cast("Output[int]", self.stream.shard_count)  # None only for an on-demand stream
        connection = Connection(
            settings={
                "AWS_REGION": region,
                "STREAM_SERVICE": "kinesis",
                "STREAM_TOPIC": self.stream.name,
                "STREAM_GROUP": tables.application,
                **({"STREAM_CONSUMER_ARN": fan_out_arn} if fan_out_arn else {}),
                **(dead_letters.variables if dead_letters else {}),
            },
            secrets={},
            files={},
            grants=[
                *consumer_grants(
                    region=region,
                    stream_arn=self.stream.arn,
                    key_arn=key_arn,
                    fan_out_arn=fan_out_arn,
                    tables=tables,
                ),
                *(dead_letters.grants if dead_letters else ()),
            ],
            egress_rules=[],
        )
        self.connections = {SHARED: connection}
        if dead_letters and settings.dead_letter.redrive:
            grants = [*dead_letters.read_grants, *write_grants(self.stream.arn, key_arn, region)]
            self.redrive = redrive_connection(connection, grants)
        self.signals = [
            *stream_signals(
                args.pipe.alarms.age_minutes, stream=self.stream.name, fan_out=fan_out.name if fan_out else None
            ),
            *(dead_letters.signals if dead_letters else ()),
        ]
        self.register_outputs({"topicName": self.topic_name, "partitions": self.partitions})

    @abstractmethod
    def _source(self) -> aws.kinesis.Stream:
        """Make or read the stream."""

    @abstractmethod
    def _key_arn(self) -> Output[str]:
        """Return the ARN of the key that encrypts the records."""

    def _dead_letters(self) -> DeadLetters:
        return DeadLetters(
            f"{self.name}-dead-letters",
            DeadLettersArgs(
                topic_name=self.args.application,
                settings=self.args.pipe.topic.dead_letter,
                region=self.args.network.account.region,
                key=self.args.key,
                protect=self.args.protect,
            ),
            ResourceOptions(parent=self),
        )

    def _fan_out(self) -> aws.kinesis.StreamConsumer:
        """Register the consumers for enhanced fan-out under the name that KCL expects."""
        return aws.kinesis.StreamConsumer(
            f"{self.name}-fan-out",
            name=self.args.application,
            stream_arn=self.stream.arn,
            tags={"Name": self.args.application},
            opts=ResourceOptions(parent=self),
        )


class KinesisStream(ReadStream[KinesisPipeSettings]):
    """Encrypted data stream with a fixed number of shards."""

    @override
    def _source(self) -> aws.kinesis.Stream:
        args, name = self.args, f"{self.name}-stream"
        settings = args.pipe.topic
        stream = aws.kinesis.Stream(
            name,
            name=args.application,
            shard_count=args.pipe.parallelism,
            stream_mode_details=aws.kinesis.StreamStreamModeDetailsArgs(stream_mode="PROVISIONED"),
            retention_period=settings.retention_hours,
            encryption_type="KMS",
            kms_key_id=args.key.key_id,
            shard_level_metrics=sorted(settings.shard_metrics),
            enforce_consumer_deletion=True,
            tags={"Name": args.application},
            opts=ResourceOptions(
                parent=self,
                protect=args.protect,
                hooks=guard(name, f"pipes.{args.pipe_name}.parallelism", "shardCount", refuse_wide_reshard),
                custom_timeouts=CustomTimeouts(create="30m"),
            ),
        )
        if settings.producers or settings.readers:
            self._policy(stream.arn)
        return stream

    @override
    def _key_arn(self) -> Output[str]:
        return self.args.key.arn

    def _policy(self, stream_arn: Output[str]) -> None:
        """Make the resource policy for the producers and readers in the pipe's settings."""
        settings = self.args.pipe.topic

        def policy(arn: str) -> str:
            return resource_policy(arn, producers=settings.producers, readers=settings.readers)

        aws.kinesis.ResourcePolicy(
            f"{self.name}-policy",
            resource_arn=stream_arn,
            policy=stream_arn.apply(policy),
            opts=ResourceOptions(parent=self),
        )
