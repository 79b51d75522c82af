"""Brokers without the newer group protocol although the environment selects it: the consumer uses the classic one."""

from pathlib import Path

from tests.dataplane.conftest import NEWER, make_pipe_on
from workbench.servers.kafka_broker import MISSED_SOON, KafkaCluster


def test_the_classic_protocol_is_used_if_the_brokers_do_not_support_the_newer_one(tmp_path: Path):
    settings = {**MISSED_SOON, "group.coordinator.rebalance.protocols": "classic"}
    with KafkaCluster(print, settings=settings) as kafka:
        pipe = make_pipe_on(kafka, tmp_path, 2, NEWER, {})
        with pipe.replicas:
            pipe.writer.fill(2, 100)
            pipe.replicas.start(0, 1)
            owners = pipe.topic.wait_for_owners(1, 1)
            assert sorted(owners.values()) == [(0,), (1,)]
            pipe.wait_until_handled()
            assert not pipe.tally().problems
            assert "using the classic protocol" in pipe.replicas.running[0].log(lines=50)
