"""Simulated AWS: Kinesis Data Streams. Times and rules are explained in kinds.py."""

from collections.abc import Mapping

from workbench.cloud.aws import existing_streams
from workbench.cloud.aws.outputs import arn
from workbench.cloud.model import COMMON, CREATED_AT, Inputs, ResourceModel, at, digits, joined, number, text


def _stream_id(name: str, inputs: Inputs) -> str:
    """Return a stream's id: its ARN."""
    return arn("kinesis", f"stream/{text(inputs, 'name', name)}", inputs)


def _stream_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """Refuse to more than double or halve the shards (Kinesis API, UpdateShardCount), and a shard count in on-demand mode."""
    shards = number(new, "shardCount", 0)
    if at(new, "streamModeDetails.streamMode") == "ON_DEMAND":
        return "shard_count must not be set when stream_mode is ON_DEMAND" if shards else None
    open_shards = number(old or {}, "shardCount", 0)
    if not open_shards or open_shards / 2 <= shards <= open_shards * 2:
        return None
    how = "up over double" if shards > open_shards else "down below half"
    return (
        f"LimitExceededException: UpdateShardCount cannot scale {how} your current open shard count. "
        f"Current open shard count: {open_shards}, Target shard count: {shards}"
    )


def _consumer_id(name: str, inputs: Inputs) -> str:
    """Return a consumer's id: its ARN, with the stream's ARN, its name and the second of its registration."""
    stream = text(inputs, "streamArn", _stream_id(name, {}))
    return f"{stream}/consumer/{text(inputs, 'name', name)}:{moment(name)}"


def moment(name: str) -> int:
    """Return a reproducible number instead of the time that services append to names."""
    return 1767225600 + int(digits(name, 5), 16)


KINESIS: Mapping[str, ResourceModel] = {
    "aws:kinesis/stream:Stream": ResourceModel(
        holds_data=True,
        create_minutes=0.5,
        delete_minutes=0.7,
        update_minutes=2,
        source="common use: 10 s to 1 min by the provider's polling, a little more to delete; resharding takes minutes "
        "(Kinesis developer guide)",
        identifier=_stream_id,
        outputs=lambda id_, _name, _inputs: {"arn": id_},
        existing=existing_streams.kinesis_stream,
        replace_on=frozenset({"name"}),
        refusal=_stream_refusal,
        unique=("name",),
        name_property="name",
        release="enforceConsumerDeletion",
    ),
    "aws:kinesis/streamConsumer:StreamConsumer": ResourceModel(
        create_minutes=0.5,
        delete_minutes=0.5,
        source="common use: about half a minute by the provider's polling",
        identifier=_consumer_id,
        outputs=lambda id_, _name, _inputs: {"arn": id_, "creationTimestamp": CREATED_AT},
        replace_on=frozenset({"name", "streamArn"}),
        unique=("streamArn", "name"),
        name_property="name",
    ),
    "aws:kinesis/resourcePolicy:ResourcePolicy": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=joined("", "resourceArn"),
        replace_on=frozenset({"resourceArn"}),
        unique=("resourceArn",),
    ),
}
