"""Express brokers of MSK, whose storage and replication are MSK's own."""

import json

import pytest

from components.aws.msk_brokers import BROKERS, partitions_mistake, version_mistake
from tests.stacks import planned

EXPRESS = {"instanceType": "express.m7g.large"}


def express(**streaming):
    return {"data-pipes:streaming": {**EXPRESS, **streaming}}


def test_express_brokers_are_given_no_disk_and_no_setting_that_is_msk_s_own():
    recording = planned(express()).recording
    brokers = recording.one("aws:msk/cluster:Cluster").inputs["brokerNodeGroupInfo"]
    assert brokers["instanceType"] == "express.m7g.large"
    assert "storageInfo" not in brokers
    assert (
        recording.one("aws:msk/configuration:Configuration").inputs["serverProperties"]
        == "auto.create.topics.enable=false\n"
    )
    topic = recording.one("aws:msk/topic:Topic")
    assert topic.inputs["replicationFactor"] == 3
    assert json.loads(topic.inputs["configs"]) == {"retention.ms": "604800000"}


@pytest.mark.parametrize("size", [size for size, broker in BROKERS.items() if broker.express])
def test_every_express_size_runs_the_default_version_and_holds_what_msk_says(size):
    assert version_mistake("3.9.x.kraft", size) is None
    fitting = BROKERS[size].partitions - 50
    assert partitions_mistake(fitting, brokers=3, instance_type=size, replication=3) is None
    assert partitions_mistake(fitting + 1, brokers=3, instance_type=size, replication=3)
