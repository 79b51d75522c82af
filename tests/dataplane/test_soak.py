"""Short soak: random faults on real brokers and consumers, and every record is counted."""

import pytest

from tests.dataplane.conftest import MakePipe
from workbench.prove.replicas import ProveError
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
    assert result.dead_letters == result.faults.get("poison records", 0)


def test_the_writer_finds_the_messages_whose_offset_the_brokers_did_not_return(make_pipe: MakePipe):
    """A broker that fails after it has written a message does not return the offset, and the next one cannot."""
    writer = make_pipe(2).writer
    writer.fill(2, 5)
    written = sorted(writer.written)
    writer.written.remove((1, 3))
    writer._unplaced[1] = 1
    writer.fill(1, 1)
    assert sorted(writer.written) == sorted([*written, (0, 5)])
    writer._unplaced[1] = 1
    with pytest.raises(ProveError, match="1 acknowledged messages must be in partition 1, found 0"):
        writer.fill(1, 1)
