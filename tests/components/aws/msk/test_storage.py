"""Storage autoscaling and tiered storage of MSK."""

import json

from tests.stacks import planned, shipped

CLUSTER = "aws:msk/cluster:Cluster"
VOLUME_SIZE = "brokerNodeGroupInfo.storageInfo.ebsStorageInfo.volumeSize"


def scaling(**streaming):
    return {"data-pipes:streaming": streaming}


def tiered(topic, *, tier=True):
    return {"data-pipes:streaming": {"tieredStorage": tier}, "data-pipes:pipes": {"orders": {"topic": topic}}}


def test_storage_autoscaling_grows_disks_to_the_maximum_and_never_shrinks_them():
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


def test_volume_size_changes_are_ignored_only_with_storage_autoscaling():
    assert shipped().recording.one(CLUSTER).ignore_changes == ()
    plan = planned(scaling(storageAutoscaling={"maxSize": 1000, "targetUtilization": 75}))
    assert plan.recording.one(CLUSTER).ignore_changes == (VOLUME_SIZE,)
    assert plan.recording.one(CLUSTER).input(VOLUME_SIZE) == 100
    policy = plan.recording.one("aws:appautoscaling/policy:Policy")
    assert policy.input("targetTrackingScalingPolicyConfiguration.targetValue") == 75


def test_local_retention_hours_sets_when_records_move_to_the_tier():
    recording = planned(tiered({"retentionHours": 720, "localRetentionHours": 24})).recording
    assert recording.one(CLUSTER).inputs["storageMode"] == "TIERED"
    assert json.loads(recording.one("aws-msk-eks-orders-topic").inputs["configs"]) == {
        "local.retention.ms": "86400000",
        "min.insync.replicas": "2",
        "remote.storage.enable": "true",
        "retention.ms": "2592000000",
    }


def test_a_topic_without_local_retention_hours_does_not_use_the_tier():
    recording = planned(tiered({})).recording
    assert "remote.storage.enable" not in recording.one("aws-msk-eks-orders-topic").inputs["configs"]
    assert shipped().recording.one(CLUSTER).inputs["storageMode"] == "LOCAL", (
        "without the mode, disabling the tier would be no change"
    )
