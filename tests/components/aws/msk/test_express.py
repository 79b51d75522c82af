"""Express brokers of MSK. MSK manages their storage and replication."""

import json

import pytest

from components.aws.msk.brokers import BROKERS, partitions_error, version_error
from tests.stacks import planned

EXPRESS = {"instanceType": "express.m7g.large"}


def express(**streaming):
    return {"data-pipes:streaming": {**EXPRESS, **streaming}}


def test_express_brokers_have_no_disk_and_no_settings_that_msk_manages():
    recording = planned(express()).recording
    brokers = recording.one("aws:msk/cluster:Cluster").inputs["brokerNodeGroupInfo"]
    assert brokers["instanceType"] == "express.m7g.large"
    assert "storageInfo" not in brokers
    assert (
        recording.one("aws:msk/configuration:Configuration").inputs["serverProperties"]
        == "auto.create.topics.enable=false\n"
    )
    topic = recording.one("aws-msk-eks-orders-topic")
    assert topic.inputs["replicationFactor"] == 3
    assert json.loads(topic.inputs["configs"]) == {"retention.ms": "604800000"}


SIZES = {
    "large": 1500,
    "xlarge": 2000,
    "2xlarge": 4000,
    "4xlarge": 8000,
    "8xlarge": 16_000,
    "12xlarge": 24_000,
    "16xlarge": 32_000,
}
"""Maximum partitions of a broker (MSK quota, Express brokers)."""


def test_every_express_size_is_known():
    assert {f"express.m7g.{size}" for size in SIZES} == {name for name, broker in BROKERS.items() if broker.express}


@pytest.mark.parametrize(("size", "partitions"), SIZES.items())
def test_every_express_size_supports_the_default_version_and_its_documented_partitions(size, partitions):
    instance_type = f"express.m7g.{size}"
    assert version_error("3.9.x.kraft", instance_type) is None
    fitting = partitions - 50
    brokers = {"brokers": 3, "instance_type": instance_type, "replication": 3}
    assert partitions_error(fitting - 1, dead_letters=1, **brokers) is None
    assert partitions_error(fitting + 1, dead_letters=0, **brokers)
    assert partitions_error(fitting, dead_letters=1, **brokers)
