"""Two examples of a choice, with their arithmetic."""

from collections.abc import Iterator
from math import ceil

from components.aws.kinesis.sizing import SHARD_RECORDS
from components.azure.event_hubs.tiers import TIERS as HUBS
from components.azure.hdinsight.settings import KAFKA_VERSION
from components.confluent.tiers import TIERS as CONFLUENT
from components.load import UTILISATION, rounded


def partitions(rate: float, milliseconds: float) -> int:
    """Return the partitions for a rate in messages per second, if one message takes that many milliseconds."""
    return rounded(rate * milliseconds / 1000 / UTILISATION)


def lines() -> Iterator[str]:
    """Yield the paragraphs and tables as Markdown."""
    yield from _move_to_azure(rate=50_000, milliseconds=8)
    yield ""
    yield from _new_on_aws(rate=2_000)


def _move_to_azure(*, rate: int, milliseconds: int) -> Iterator[str]:
    count, faster = partitions(rate, milliseconds), partitions(rate, 1)
    confluent = CONFLUENT["standard"]
    fits = {
        **{f"`event-hubs`, `{name}`": _fits(count, tier.hub_partitions) for name, tier in HUBS.items()},
        "`kafka`": "yes, with every feature of Kafka; your team runs it",
        "`confluent`, `standard`": f"yes: {ceil(count / confluent.unit_partitions)} of {confluent.most_units} {confluent.unit} for the partitions",
        "`hdinsight`": f"yes, but with Kafka {KAFKA_VERSION}",
    }
    yield f"**{rate:,} messages/s of 1 KB, {milliseconds} ms each, Azure, Kafka on premises.** Questions 1, 2, 6, 7, 9, 10."
    yield (
        f"N = {rate:,} * {milliseconds / 1000} / {UTILISATION} = {count}. Choose `confluent` with `tier: standard`, or `kafka` if your team runs "
        "the brokers. Kafka clients and their features stay in both."
    )
    yield from ("", f"| service | {count} partitions |", "|---|---|")
    yield from (f"| {service} | {answer} |" for service, answer in fits.items())
    yield ""
    yield (
        f"Before you choose, look at the {milliseconds} ms. With 1 ms, N is {faster}, and `event-hubs` with `tier: premium` fits too. "
        f"{count} consumers also need many nodes ([sizing.md](sizing.md)). [migration.md](migration.md) has the steps of the move."
    )


def _fits(count: int, most: int) -> str:
    return f"{'yes' if count <= most else 'no'}: {most:,} an event hub"


def _new_on_aws(*, rate: int) -> Iterator[str]:
    least = ceil(rate / SHARD_RECORDS)
    yield f"**{rate:,} messages/s, AWS, new project.** Questions 1, 2, 3, 5."
    yield (
        f"Choose `kinesis` on `ecs` and copy `stacks/Pulumi.aws-kinesis-ecs.yaml`. A shard takes {SHARD_RECORDS:,} records/s, so N is at "
        f"least {least}:"
    )
    yield from ("", "| time of one message | `parallelism` |", "|---|---|")
    for milliseconds in (1, 8, 50):
        yield f"| {milliseconds} ms | {max(partitions(rate, milliseconds), least)} |"
