"""Short soak: random faults on real brokers and consumers, and every record is counted."""

import pytest

from workbench.prove.soak import soak_on
from workbench.prove.stack import PlannedTopic
from workbench.servers.kafka_broker import KafkaCluster

SEED, SECONDS = 4, 12


class Quiet:
    def done(self, text: str) -> None:
        print(text)  # noqa: T201 - the faults, if the test fails

    def now(self, text: str) -> None:
        pass


@pytest.mark.parametrize("newer", [True, False], ids=["KIP-848", "cooperative-sticky"])
def test_random_faults_lose_nothing_and_keep_the_order(three_brokers: KafkaCluster, newer: bool):
    planned = PlannedTopic(stack="test", pipe="orders", partitions=3, config={"min.insync.replicas": "2"}, newer=newer)
    result = soak_on(three_brokers, planned, Quiet(), seconds=SECONDS, seed=SEED)
    assert result.problems == []
    assert sum(result.faults.values()) >= 2
    assert result.tally.written > 1000
    assert result.dead_letters == result.poison
