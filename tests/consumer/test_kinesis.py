"""A batch is handed over record by record, and a consumer that gets on with a long one is seen to live."""

from types import SimpleNamespace
from typing import Any

from consumer.delivery import Delivery
from consumer.kinesis import Reading
from consumer.kinesis_member import Holding
from consumer.kinesis_shards import Batch, KinesisRecord
from consumer.status import LIVE_SECONDS, Status


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def batch(*positions: str) -> Batch:
    return Batch(
        records=[
            KinesisRecord(topic="orders", partition="shard-0", position=each, key=b"key", value=b"", timestamp=0.0)
            for each in positions
        ],
        behind_seconds=0.0,
        ended=False,
    )


def test_a_batch_that_takes_longer_than_a_stuck_consumer_is_given_lives_as_long_as_each_record_does_not():
    clock, lived = Clock(), []
    holding = Holding(shard="shard-0", position="TRIM_HORIZON", noted="TRIM_HORIZON", renewed=0.0)
    delivery: Delivery

    def handle(_: object) -> None:
        clock.now += 0.8 * LIVE_SECONDS
        lived.append(delivery.status.live)
        if len(lived) == 3:
            delivery.stopping.set()

    delivery = Delivery(handle=handle, tries=5, dead_letters=None, status=Status(clock=clock))
    member: Any = SimpleNamespace(
        holdings=lambda: [holding], holds=lambda _: True, note=lambda _: None, shared_out=True
    )
    reader: Any = SimpleNamespace(read=lambda: batch("1", "2", "3"), close=lambda: None)
    Reading(member, delivery, lambda _shard, _position: reader).run()
    assert lived == [True, True, True]
    assert holding.position == "3"
