"""Kinesis Data Streams for `dev`: moto's server on this machine."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, cast

import boto3  # pyright: ignore[reportMissingTypeStubs]
from botocore.exceptions import BotoCoreError, ClientError  # pyright: ignore[reportMissingTypeStubs]

from components.aws.account import AwsSettings
from components.aws.kinesis.existing_settings import ExistingKinesisPipeSettings
from components.aws.kinesis.stream import KinesisPipeSettings
from components.dead_letters import SUFFIX
from consumer.errors import ConsumerError
from consumer.kinesis.leases import WORKERS, LeaseTable
from consumer.kinesis.positions import is_covered
from consumer.redrive.kinesis import letter_of
from workbench.dev.lines import Line
from workbench.dev.requests import RefusedError, RequestWriter
from workbench.dev.service import DeadLetter, ServerError, consumer_variables, partitions_of
from workbench.output import FlagError
from workbench.plan import Plan
from workbench.prove.stack import first_pipe
from workbench.servers.moto_server import moto_server
from workbench.stack_file import read_settings

KEYS = {"AWS_ACCESS_KEY_ID": "dev", "AWS_SECRET_ACCESS_KEY": "dev"}
"""Credentials for moto, which accepts any."""
OWN_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_PROFILE")
"""Variables that name credentials of the user. The handler may need them for its own calls, so they are kept."""
SHORTEST_RETENTION_HOURS = 24
"""Retention of a new stream (Kinesis API, CreateStream)."""


def dev_pipe(plan: Plan) -> KinesisPipe:
    """Return the first pipe of a stack."""
    pipe, (stream, *_) = first_pipe(plan)
    settings = read_settings(plan.stack_file)
    return KinesisPipe(
        stack=plan.stack_file.stack,
        pipe=pipe.pipe,
        planned=pipe.partitions,
        stream=str({**stream.state, **stream.inputs}["name"]),
        retention_hours=stream.inputs.get("retentionPeriod"),
        region=cast("AwsSettings", settings.account).region,
        settings=cast("KinesisPipeSettings | ExistingKinesisPipeSettings", settings.pipes[pipe.pipe]),
    )


@dataclass(frozen=True, kw_only=True)
class KinesisPipe:
    """A pipe on Kinesis Data Streams."""

    stack: str
    pipe: str
    planned: int
    stream: str
    """Name of the stream, of its application and of its lease table."""
    retention_hours: int | None
    """None if the stream was there before: its owner sets it."""
    region: str
    settings: KinesisPipeSettings | ExistingKinesisPipeSettings

    @property
    def config(self) -> Mapping[str, str]:
        """Settings of the stream."""
        return {"retentionHours": str(self.retention_hours)} if self.retention_hours else {}

    def check(self, lines: Sequence[Line]) -> None:
        """Refuse tombstones and headers: a Kinesis record has neither."""
        for what, found in (
            ("a value that is not null", sum(line.value is None for line in lines)),
            ("no headers", sum(bool(line.headers) for line in lines)),
        ):
            if found:
                raise FlagError(
                    f"--produce: each record must have {what}, got {found} others (a Kinesis record has a key and a value). "
                    "Change these records."
                )

    @contextmanager
    def server(self, environment: Mapping[str, str], report: Callable[[str], None]) -> Generator[KinesisServer]:
        """Start moto's server while the block runs. Raises MotoServerError."""
        _ = report
        with moto_server(environment) as url:
            yield KinesisServer(self, url, {} if any(map(environment.get, OWN_CREDENTIALS)) else KEYS)


class KinesisServer:
    """moto's server for one pipe."""

    def __init__(self, pipe: KinesisPipe, url: str, keys: Mapping[str, str]) -> None:
        self._pipe = pipe
        self._url = url
        letters = pipe.settings.topic.dead_letter.variables(f"{pipe.stream}{SUFFIX}")
        self.variables: Mapping[str, str] = {
            **consumer_variables(pipe.settings.consumer.variables),
            **keys,
            "AWS_REGION": pipe.region,
            # Only these two: the handler's own calls of other services are not redirected.
            "AWS_ENDPOINT_URL_KINESIS": url,
            "AWS_ENDPOINT_URL_DYNAMODB": url,
            "STREAM_SERVICE": "kinesis",
            "STREAM_TOPIC": pipe.stream,
            "STREAM_GROUP": pipe.stream,
            **{name: str(value) for name, value in letters.items()},
        }
        shards = partitions_of(pipe)
        self.introduction = [f"stream {pipe.stream} with {shards} shards on {url} (moto, simulated Kinesis)"]
        if pipe.settings.topic.fan_out:
            self.introduction.append("The consumers poll here. Enhanced fan-out is not simulated.")

    def variables_of(self, number: int) -> Mapping[str, str]:
        """Return no variables: the consumers share the shards themselves."""
        _ = number
        return {}

    @contextmanager
    def topic(self) -> Generator[KinesisTopic]:
        """Create the stream, its dead letters and the tables of its application. They end with the server."""
        pipe = self._pipe
        try:
            yield KinesisTopic(pipe, *(_client(service, pipe.region, self._url) for service in ("kinesis", "dynamodb")))
        except (BotoCoreError, ClientError) as error:
            raise ServerError(f"{pipe.stream}: moto returned an error: {' '.join(str(error).split())}") from None


class KinesisTopic:
    """A stream, its lease table and its dead letters."""

    def __init__(self, pipe: KinesisPipe, kinesis: Any, dynamodb: Any) -> None:
        """Create them."""
        self.name = pipe.stream
        self.owners: Mapping[str, tuple[int, ...]] = {}
        self.lag: Mapping[int, int] = {}
        self._shards = partitions_of(pipe)
        self._kinesis = kinesis
        self._leases = LeaseTable(dynamodb, pipe.stream, "dev")
        kinesis.create_stream(StreamName=self.name, ShardCount=self._shards)
        hours = pipe.retention_hours
        if hours and hours > SHORTEST_RETENTION_HOURS:
            kinesis.increase_stream_retention_period(StreamName=self.name, RetentionPeriodHours=hours)
        for suffix, key in (("", "leaseKey"), (WORKERS, "wid")):
            dynamodb.create_table(
                TableName=f"{self.name}{suffix}",
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            )
        self._letters: ShardReader | None = None
        if pipe.settings.topic.dead_letter.enabled:
            letters = f"{self.name}{SUFFIX}"
            kinesis.create_stream(StreamName=letters, ShardCount=1)
            (shard,) = kinesis.list_shards(StreamName=letters)["Shards"]
            self._letters = ShardReader(kinesis, letters, shard["ShardId"])
        shards = [each["ShardId"] for each in kinesis.list_shards(StreamName=self.name)["Shards"]]
        self._readers = {shard: ShardReader(kinesis, self.name, shard) for shard in shards}
        self._waiting: dict[str, list[str]] = {shard: [] for shard in shards}
        """Sequence numbers of the records after the checkpoint."""

    def refresh(self) -> None:
        """Read the leases, and the records after the checkpoints: Kinesis does not count them."""
        with suppress(ConsumerError, BotoCoreError, ClientError):
            leases = self._leases.leases()
            owners: dict[str, tuple[int, ...]] = {}
            for shard, lease in sorted(leases.items()):
                if lease.owner:
                    name, _, _ = lease.owner.rpartition("-")
                    owners[name] = (*owners.get(name, ()), number_of(shard))
            for shard, reader in self._readers.items():
                found = [*self._waiting[shard], *(each["SequenceNumber"] for each in reader.read())]
                lease = leases.get(shard)
                self._waiting[shard] = [each for each in found if not lease or not is_covered(each, lease.checkpoint)]
            self.owners = owners or self.owners  # nobody owns a shard after the stop
            self.lag = {number_of(shard): len(waiting) for shard, waiting in self._waiting.items()}

    def is_shared_by(self, names: Sequence[str]) -> bool:
        """Return whether each of these consumers has a shard."""
        return all(self.owners.get(name) for name in names)

    def dead_letters(self, *, to_the_end: bool = False) -> Iterator[DeadLetter]:
        """Yield the dead letters that have arrived since the last call. One call always reads to the end."""
        _ = to_the_end
        for record in self._letters.read() if self._letters else ():
            letter = letter_of(record["SequenceNumber"], record["Data"])
            yield DeadLetter(
                partition=number_of(letter.partition),
                offset=letter.origin,
                key=(letter.key or b"").decode(errors="replace"),
                reason=letter.reason,
                attempts=int(letter.tries),
            )

    def writer(self) -> RequestWriter:
        """Return a writer. Keys decide the shards. A record without a key gets a key of its own."""
        count = 0

        def send(lines: Sequence[Line]) -> Sequence[str]:
            nonlocal count
            records: list[Mapping[str, Any]] = []
            for line in lines:
                count += 1
                key = f"record-{count}" if line.key is None else line.key.decode()
                records.append({"PartitionKey": key, "Data": line.value})
            try:
                answer = self._kinesis.put_records(StreamName=self.name, Records=records)
            except (BotoCoreError, ClientError) as error:
                raise RefusedError(" ".join(str(error).split())) from None
            return [each["ErrorMessage"] for each in answer["Records"] if each.get("ErrorCode")]

        return RequestWriter(send)


class ShardReader:
    """Reads one shard from its beginning."""

    def __init__(self, kinesis: Any, stream: str, shard: str) -> None:
        self._kinesis = kinesis
        start = {"StreamName": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
        self._iterator: str = kinesis.get_shard_iterator(**start)["ShardIterator"]

    def read(self) -> list[Mapping[str, Any]]:
        """Return the records that have arrived since the last call."""
        found: list[Mapping[str, Any]] = []
        while True:
            answer = self._kinesis.get_records(ShardIterator=self._iterator)
            self._iterator = answer["NextShardIterator"]
            found += answer["Records"]
            if not answer["Records"]:
                return found


def number_of(shard: str) -> int:
    """Return the number in a shard ID such as shardId-000000000002."""
    return int(shard.rpartition("-")[2])


def _client(service: str, region: str, url: str) -> Any:
    return cast("Any", boto3).client(
        service,
        region_name=region,
        endpoint_url=url,
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )
