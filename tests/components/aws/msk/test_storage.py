"""The disks of MSK's brokers that grow by themselves, and the low-cost tier behind them."""

import json

from tests.stacks import planned, shipped

CLUSTER = "aws:msk/cluster:Cluster"
VOLUME_SIZE = "brokerNodeGroupInfo.storageInfo.ebsStorageInfo.volumeSize"


def scaling(**streaming):
    return {"data-pipes:streaming": streaming}


def tiered(topic, *, tier=True):
    return {"data-pipes:streaming": {"tieredStorage": tier}, "data-pipes:pipes": {"orders": {"topic": topic}}}


def test_disks_grow_by_themselves_up_to_a_size_and_never_shrink():
    recording = planned(scaling(storageAutoscaling={"maxSize": 1000})).recording
    target = recording.one("aws:appautoscaling/target:Target")
    assert target.inputs["resourceId"].startswith("arn:aws:kafka:eu-west-1:123456789012:cluster/aws-msk-eks/")
    assert target.inputs["serviceNamespace"] == "kafka"
    assert target.inputs["scalableDimension"] == "kafka:broker-storage:VolumeSize"
    assert (target.inputs["minCapacity"], target.inputs["maxCapacity"]) == (1, 1000)
    policy = recording.one("aws:appautoscaling/policy:Policy")
    assert policy.input("targetTrackingScalingPolicyConfiguration") == {
        "disableScaleIn": True,
        "predefinedMetricSpecification": {"predefinedMetricType": "KafkaBrokerStorageUtilization"},
        "targetValue": 60,
    }
    assert target.urn in recording.requirements(policy)


def test_the_size_that_disks_grew_to_is_left_alone_then_and_only_then():
    assert shipped().recording.one(CLUSTER).ignore_changes == ()
    plan = planned(scaling(storageAutoscaling={"maxSize": 1000, "targetUtilization": 75}))
    assert plan.recording.one(CLUSTER).ignore_changes == (VOLUME_SIZE,)
    assert plan.recording.one(CLUSTER).input(VOLUME_SIZE) == 100
    policy = plan.recording.one("aws:appautoscaling/policy:Policy")
    assert policy.input("targetTrackingScalingPolicyConfiguration.targetValue") == 75


def test_records_move_to_the_tier_after_the_hours_that_their_topic_says():
    recording = planned(tiered({"retentionHours": 720, "localRetentionHours": 24})).recording
    assert recording.one(CLUSTER).inputs["storageMode"] == "TIERED"
    assert json.loads(recording.one("aws-msk-eks-orders-topic").inputs["configs"]) == {
        "local.retention.ms": "86400000",
        "min.insync.replicas": "2",
        "remote.storage.enable": "true",
        "retention.ms": "2592000000",
    }


def test_a_topic_that_says_nothing_of_the_tier_stays_on_the_disks():
    recording = planned(tiered({})).recording
    assert "remote.storage.enable" not in recording.one("aws-msk-eks-orders-topic").inputs["configs"]
    assert shipped().recording.one(CLUSTER).inputs["storageMode"] == "LOCAL", (
        "left out, the way back would be no change"
    )
