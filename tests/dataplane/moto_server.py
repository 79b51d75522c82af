"""moto's server in its own process: simulated Kinesis and DynamoDB, with IAM enforced.

Missing behaviour of moto's Kinesis is added here. After a reshard, a closed shard keeps its records and ends after
them, and new records go to its children. A shorter retention deletes all records except the newest of each shard, as if
they were old.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

import boto3

from workbench.servers import moto_server as plain

REGION = "eu-west-1"


@dataclass(frozen=True)
class MotoServer:
    """Running server, with the keys of an administrator."""

    url: str
    keys: dict[str, str]

    def client(self, service: str) -> Any:
        return _client(service, self.url, self.keys)

    def user(self, name: str, actions: Sequence[str]) -> dict[str, str]:
        """Create a user with permission for these actions only. Return its keys as variables.

        moto checks actions, but neither resources nor conditions.
        """
        return _user(self.client("iam"), name, actions)


@contextmanager
def moto_server() -> Iterator[MotoServer]:
    """Run a server on a free port."""
    with plain.moto_server(os.environ, "tests.dataplane.moto_server") as url:
        anybody = {"AWS_ACCESS_KEY_ID": os.urandom(8).hex(), "AWS_SECRET_ACCESS_KEY": os.urandom(16).hex()}
        keys = _user(_client("iam", url, anybody), "tests", ["*"])
        in_force = Request(
            f"{url}/moto-api/reset-auth", data=b"0", headers={"Content-Type": "text/plain"}, method="POST"
        )
        with urlopen(in_force, timeout=60):
            yield MotoServer(url, keys)


def _client(service: str, url: str, keys: dict[str, str]) -> Any:
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
    )


def _user(iam: Any, name: str, actions: Sequence[str]) -> dict[str, str]:
    iam.create_user(UserName=name)
    allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


def _close_shards_as_kinesis_does() -> None:
    from moto.kinesis import models as kinesis  # noqa: PLC0415 - needed only in the server's process

    models: Any = kinesis  # uses and replaces private attributes
    split, merge, records = models.Stream.split_shard, models.Stream.merge_shards, models.KinesisBackend.get_records

    def closing(change: Any) -> Any:
        def changed(stream: Any, *args: Any) -> None:
            kept = {name: dict(shard.records) for name, shard in stream.shards.items()}
            change(stream, *args)
            for name, shard in stream.shards.items():
                shard.records.clear()
                shard.records.update(kept.get(name, {}))

        return changed

    def open_shard_for_key(stream: Any, partition_key: str, explicit_hash_key: str) -> Any:
        place = int(
            explicit_hash_key or models.md5_hash(partition_key.encode()).hexdigest(), 10 if explicit_hash_key else 16
        )
        return next(
            each for each in stream.shards.values() if each.is_open and each.starting_hash <= place <= each.ending_hash
        )

    def get_records(backend: Any, stream_arn: str | None, shard_iterator: str, limit: int | None) -> Any:
        following, found, behind = records(backend, stream_arn, shard_iterator, limit)
        name, shard_id, last = models.decompose_shard_iterator(following)
        shard = backend.describe_stream(None, name).get_shard(shard_id)
        ended = not shard.is_open and int(last) >= shard.get_max_sequence_number()
        return (None if ended else following), found, behind

    models.Stream.split_shard = closing(split)
    models.Stream.merge_shards = closing(merge)
    models.Stream.get_shard_for_key = open_shard_for_key
    models.KinesisBackend.get_records = get_records


def _delete_records_as_kinesis_does() -> None:
    from moto.kinesis.models import KinesisBackend  # noqa: PLC0415 - needed only in the server's process

    backend: Any = KinesisBackend
    decrease = backend.decrease_stream_retention_period

    def decreasing(self: Any, stream_arn: str | None, stream_name: str | None, retention_period_hours: int) -> None:
        decrease(self, stream_arn, stream_name, retention_period_hours)
        for shard in self.describe_stream(stream_arn, stream_name).shards.values():
            for number in list(shard.records)[:-1]:
                del shard.records[number]

    backend.decrease_stream_retention_period = decreasing


if __name__ == "__main__":
    _close_shards_as_kinesis_does()
    _delete_records_as_kinesis_does()
    plain.serve()
