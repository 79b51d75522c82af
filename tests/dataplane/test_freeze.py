"""Replica that is frozen for longer than its session timeout: it gets its partition back, and nothing is lost."""

import os
import signal
from collections.abc import Mapping

import pytest

from tests.dataplane.conftest import PROTOCOLS, MakePipe, Pipe
from workbench.prove.replicas import wait_until

FREEZES = 3


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_records_written_after_a_lost_partition_was_reassigned_are_handled(
    make_pipe: MakePipe, protocol: Mapping[str, str]
):
    pipe = make_pipe(1, protocol)
    pipe.replicas.start(0)
    pipe.topic.wait_for_owners(1)
    for _ in range(FREEZES):
        pipe.writer.fill(1, 3)
        pipe.wait_until_handled()
        times_owned = owned(pipe)
        process = pipe.replicas.running[0].process
        os.kill(process.pid, signal.SIGSTOP)
        try:
            wait_until(lambda: pipe.topic.owners() == {}, "the group has removed it")
        finally:
            os.kill(process.pid, signal.SIGCONT)
        wait_until(lambda times=times_owned: owned(pipe) > times, "the partition is assigned to it again")
        pipe.writer.fill(1, 3)
        pipe.wait_until_handled()
    assert pipe.tally().problems == ()


def owned(pipe: Pipe) -> int:
    """Return how often the replica was assigned its partition."""
    return pipe.replicas.running[0].log(lines=1000).count("assigned partitions: [0]")
