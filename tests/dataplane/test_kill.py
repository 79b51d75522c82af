"""Killed replica: no message is lost, and uncommitted messages are handled again in order."""

from collections.abc import Mapping

import pytest

from tests.dataplane.conftest import FORMS, PROTOCOLS, MakePipe


@pytest.mark.parametrize("program", FORMS)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_killed_replica_loses_no_message_and_keeps_their_order(
    make_pipe: MakePipe, protocol: Mapping[str, str], program: str
):
    pipe = make_pipe(3, protocol, program)
    pipe.writer.fill(3, 3000)
    pipe.replicas.start(0, 1, 2)
    owners = pipe.topic.wait_for_owners(1, 1, 1)
    (orphan,) = owners["orders-1"]
    with pipe.writer.writing(3, per_second=600):
        pipe.wait_for(4500)  # it now reads and commits in large batches
        pipe.replicas.kill(1)
        left = pipe.topic.wait_for_owners(1, 2)
        assert any(orphan in owned for owned in left.values()), "the others take over what it read"
        for number in (0, 2):
            pipe.replicas.start(number + 10)
            pipe.wait_for(1500)
            pipe.replicas.kill(number)
    pipe.replicas.start(1)
    pipe.topic.wait_for_owners(1, 1, 1)
    pipe.wait_until_handled()
    assert pipe.tally().problems == ()
    assert pipe.tally().again > 0, "it was killed in the middle of a batch"


def test_a_killed_static_member_gets_its_partition_back(make_pipe: MakePipe):
    pipe = make_pipe(3)
    pipe.writer.fill(3, 2500)
    for number in range(3):
        pipe.replicas.start(number, KAFKA_GROUP_INSTANCE_ID=f"orders-{number}")
    owners = pipe.topic.wait_for_owners(1, 1, 1)
    pipe.wait_for(4500)  # it now reads and commits in large batches
    pipe.replicas.kill(1)
    pipe.replicas.start(1, KAFKA_GROUP_INSTANCE_ID="orders-1")
    assert pipe.topic.wait_for_owners(1, 1, 1) == owners
    pipe.wait_until_handled()
    assert pipe.tally().problems == ()
