"""Partitions and replicas grow while messages are written: none is lost, and each partition stays in order."""

from collections.abc import Mapping

import pytest

from tests.dataplane.conftest import FORMS, PROTOCOLS, MakePipe


@pytest.mark.parametrize("program", FORMS)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_growth_from_3_to_6_while_messages_are_written_loses_none(
    make_pipe: MakePipe, protocol: Mapping[str, str], program: str
):
    pipe = make_pipe(3, protocol, program)
    pipe.replicas.start(0, 1, 2)
    pipe.topic.wait_for_owners(1, 1, 1)
    with pipe.writer.writing(3, per_second=300):
        pipe.wait_for(200)
        pipe.topic.grow(6)
        pipe.writer.grow(6)
        pipe.replicas.start(3, 4, 5)
        owners = pipe.topic.wait_for_owners(1, 1, 1, 1, 1, 1)
        assert sorted(owners.values()) == [(0,), (1,), (2,), (3,), (4,), (5,)], "each replica reads one of the six"
        pipe.wait_for(300)
    pipe.wait_until_handled()
    assert {partition for partition, _ in pipe.writer.written} == {0, 1, 2, 3, 4, 5}
    assert pipe.tally().problems == ()


def test_fewer_replicas_than_partitions_leave_no_partition_unread(make_pipe: MakePipe):
    pipe = make_pipe(3)
    pipe.replicas.start(0, 1, 2)
    pipe.topic.wait_for_owners(1, 1, 1)
    with pipe.writer.writing(3, per_second=200):
        pipe.wait_for(100)
        assert pipe.replicas.stop(1, 2) == [0, 0]
        assert pipe.topic.wait_for_owners(3) == {"orders-0": (0, 1, 2)}
        pipe.wait_for(100)
    pipe.wait_until_handled()
    assert pipe.tally().problems == ()
