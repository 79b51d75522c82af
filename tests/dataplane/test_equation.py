"""Equal numbers of replicas and partitions: each reads exactly one.

Fewer: some read two. More: some are idle and ready.
"""

from collections import defaultdict
from collections.abc import Mapping

import pytest

from tests.dataplane.conftest import PROTOCOLS, MakePipe
from workbench.prove.replicas import Replica, wait_until


def partitions_of(replica: Replica) -> str:
    """Return the number of assigned partitions in a replica's metrics."""
    status, text = replica.ask("/metrics")
    assert status == 200
    (line,) = (line for line in text.splitlines() if line.startswith("consumer_partitions "))
    return line.split()[1]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_each_replica_reads_exactly_one_partition_and_each_message_is_handled_once(
    make_pipe: MakePipe, protocol: Mapping[str, str]
):
    pipe = make_pipe(3, protocol)
    pipe.replicas.start(0, 1, 2)
    owners = pipe.topic.wait_for_owners(1, 1, 1)
    assert sorted(owners) == ["orders-0", "orders-1", "orders-2"]
    assert sorted(owners.values()) == [(0,), (1,), (2,)]
    assert {partitions_of(replica) for replica in pipe.replicas.running.values()} == {"1.0"}

    pipe.writer.fill(3, 300)
    pipe.wait_until_handled()
    read = defaultdict[str, set[int]](set)
    for each in pipe.replicas.handled():
        read[each.replica].add(each.partition)
    assert read == {name: set(owned) for name, owned in owners.items()}, "each handled its own partition and no other"
    assert pipe.tally().problems == ()
    assert pipe.tally().again == 0
    assert pipe.replicas.stop(0, 1, 2) == [0, 0, 0]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_with_one_replica_less_one_owns_two_partitions_and_an_extra_one_is_idle_and_ready(
    make_pipe: MakePipe, protocol: Mapping[str, str]
):
    pipe = make_pipe(3, protocol)
    pipe.replicas.start(0, 1)
    owners = pipe.topic.wait_for_owners(1, 2)
    assert sorted(map(len, owners.values())) == [1, 2]

    pipe.replicas.start(2, 3)
    owners = pipe.topic.wait_for_owners(1, 1, 1, 0)
    assert sorted(owners.values()) == [(), (0,), (1,), (2,)]
    for replica in pipe.replicas.running.values():
        own = len(owners[replica.name])
        wait_until(lambda replica=replica, own=own: partitions_of(replica) == f"{own}.0", f"{replica.name} says {own}")
        assert replica.ready, "an idle replica is a healthy one"
