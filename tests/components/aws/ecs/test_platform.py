"""ECS cluster on Fargate: resources and refused settings."""

import json

import pytest

from components.settings import SettingsError
from tests.stacks import planned, settings, shipped

STACK = "aws-msk-ecs"
SERVICE = "aws:ecs/service:Service"
TASK = "aws:ecs/taskDefinition:TaskDefinition"


def ecs(platform=None, consumer=None, **changes):
    """Plan the stack with changed settings of the platform and of its consumer."""
    wanted = {"data-pipes:platform": platform or {}, "data-pipes:pipes": {"orders": {"consumer": consumer or {}}}}
    return planned({**wanted, **changes}, stack=STACK).recording


def test_the_cluster_runs_only_on_fargate_with_enhanced_container_insights():
    recording = shipped(STACK).recording
    cluster = recording.one("aws:ecs/cluster:Cluster")
    assert cluster.inputs["name"] == "aws-msk-ecs"
    assert cluster.inputs["settings"] == [{"name": "containerInsights", "value": "enhanced"}]
    capacity = recording.one("aws:ecs/clusterCapacityProviders:ClusterCapacityProviders")
    assert capacity.inputs["capacityProviders"] == ["FARGATE", "FARGATE_SPOT"]
    assert recording.outputs["clusterName"] == "aws-msk-ecs"


def test_container_insights_can_be_less_detailed():
    cluster = ecs({"containerInsights": "enabled"}).one("aws:ecs/cluster:Cluster")
    assert cluster.inputs["settings"] == [{"name": "containerInsights", "value": "enabled"}]


def test_the_cluster_and_its_key_are_protected_until_protect_is_false():
    for recording, protect in ((shipped(STACK).recording, True), (ecs(**{"data-pipes:protect": False}), False)):
        assert recording.one("aws:ecs/cluster:Cluster").protect is protect
        assert recording.one("aws-msk-ecs-ecs-key").protect is protect
        assert recording.one(SERVICE).protect is False, "it holds no data"


def test_the_performance_log_is_made_before_ecs_makes_one_without_key_and_expiry():
    recording = shipped(STACK).recording
    group = recording.one("aws-msk-ecs-ecs-logs")
    assert group.inputs["name"] == "/aws/ecs/containerinsights/aws-msk-ecs/performance"
    assert group.inputs["retentionInDays"] == 90
    assert group.urn in recording.requirements(recording.one("aws:ecs/cluster:Cluster"))
    key = recording.one("aws-msk-ecs-ecs-key")
    assert key.urn in recording.requirements(group)
    owner, logs = json.loads(key.inputs["policy"])["Statement"]
    assert owner["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert logs["Principal"] == {"Service": "logs.eu-west-1.amazonaws.com"}
    path = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/ecs/containerinsights/aws-msk-ecs/performance"
    assert logs["Condition"] == {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": [path]}}


def test_starting_tasks_needs_only_vpc_endpoints():
    recording = shipped(STACK).recording
    endpoints = {each.inputs["serviceName"] for each in recording.of_type("aws:ec2/vpcEndpoint:VpcEndpoint")}
    names = ("ecr.api", "ecr.dkr", "logs", "secretsmanager", "s3")
    assert endpoints == {f"com.amazonaws.eu-west-1.{name}" for name in names}


def test_tasks_have_the_architecture_in_the_settings():
    platform = shipped(STACK).recording.one(TASK).inputs["runtimePlatform"]
    assert platform == {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"}
    assert ecs({"architecture": "ARM64"}).one(TASK).input("runtimePlatform.cpuArchitecture") == "ARM64"


@pytest.mark.parametrize(("spot", "provider"), [(False, "FARGATE"), (True, "FARGATE_SPOT")])
def test_spot_selects_the_capacity_provider(spot, provider):
    service = ecs({"spot": spot}).one(SERVICE)
    assert service.inputs["capacityProviderStrategies"] == [{"capacityProvider": provider, "weight": 1}]
    assert "launchType" not in service.inputs


def test_a_deployment_waits_for_steady_state_unless_disabled():
    assert shipped(STACK).recording.one(SERVICE).inputs["waitForSteadyState"] is True
    assert ecs({"waitForSteadyState": False}).one(SERVICE).inputs["waitForSteadyState"] is False


def test_log_days_sets_the_retention_of_logs():
    recording = ecs({"logDays": 7})
    for group in ("aws-msk-ecs-ecs-logs", "aws-msk-ecs-pipe-orders-logs"):
        assert recording.one(group).inputs["retentionInDays"] == 7


@pytest.mark.parametrize(
    ("cpu", "memory", "size"),
    [("250m", "512Mi", ("256", "512")), ("1", "8Gi", ("1024", "8192")), ("16", "120Gi", ("16384", "122880"))],
)
def test_a_task_has_the_size_of_its_consumer(cpu, memory, size):
    task = ecs(consumer={"cpu": cpu, "memory": memory}).one(TASK)
    assert (task.inputs["cpu"], task.inputs["memory"]) == size


def refusals(consumer=None, parallelism=3):
    """Return the error lines of the stack with changed settings of its consumer."""
    pipe = {"orders": {"parallelism": parallelism, "consumer": consumer or {}}}
    with pytest.raises(SettingsError) as error:
        settings({"data-pipes:pipes": pipe, "data-pipes:streaming": {"brokers": 60}}, stack=STACK)
    return str(error.value).splitlines()


FILE = "stacks/Pulumi.aws-msk-ecs.yaml: pipes.orders"


@pytest.mark.parametrize(
    ("consumer", "message"),
    [
        (
            {"memory": "512Mi"},
            "memory: must be 1Gi to 4Gi in steps of 1Gi with cpu 500m on Fargate, got 512Mi (ECS, Task size). "
            "Use such a memory, or keep 512Mi with cpu 250m.",
        ),
        (
            {"cpu": "3"},
            "cpu: must be 250m, 500m, 1, 2, 4, 8, 16 or 32 on Fargate, got 3 (ECS, Task size). Use one of these values.",
        ),
        (
            {"nodeSelector": {"disk": "ssd"}},
            "nodeSelector: is not available on ECS (Fargate has no nodes to select). Remove it.",
        ),
        (
            {"gracePeriodSeconds": 121},
            "gracePeriodSeconds: must be at most 120 on Fargate, got 121 (Fargate then stops the container: ECS, stopTimeout). Lower it.",
        ),
        (
            {"files": {"/etc/token": "ordersToken"}},
            "files./etc/token: must be in a separate directory, got /etc (Fargate mounts whole directories, so the mount would hide "
            "the other files there). Use a path such as /etc/consumer/token.",
        ),
    ],
)
def test_consumer_settings_that_fargate_does_not_support_are_refused_with_a_fix(consumer, message):
    assert refusals(consumer) == [f"{FILE}.consumer.{message}"]


@pytest.mark.parametrize(
    "path",
    [
        *("/token", "/usr/bin/token", "/tmp/token", "/var/run/token", "/etc/ssl/certs/ca.pem"),
        *("/dev/shm/token", "/proc/self/token", "/sys/fs/token"),
    ],
)
def test_a_file_cannot_replace_a_directory_of_the_image(path):
    [line] = refusals({"files": {path: "ordersToken"}})
    assert line.startswith(f"{FILE}.consumer.files.{path}: must be in a separate directory, got ")


@pytest.mark.parametrize("path", ["/etc/consumer/tls/key", "/opt/consumer/key", "/device/key", "/var/lib/consumer/key"])
def test_a_file_in_a_separate_directory_is_accepted(path):
    assert (
        path
        in settings({"data-pipes:pipes": {"orders": {"consumer": {"files": {path: "ordersToken"}}}}}, stack=STACK)
        .pipes["orders"]
        .consumer.files
    )


def test_the_longest_grace_period_of_fargate_is_accepted():
    [consumer, _] = json.loads(ecs(consumer={"gracePeriodSeconds": 120}).one(TASK).inputs["containerDefinitions"])
    assert consumer["stopTimeout"] == 120


def test_the_task_quota_of_a_service_is_accepted_but_not_exceeded():
    assert refusals(parallelism=5001) == [
        f"{FILE}.parallelism: must be at most 5000 (the tasks of one ECS service: ECS, Service quotas), got 5001. "
        "Lower it, or split the pipe."
    ]
    most = {"data-pipes:pipes": {"orders": {"parallelism": 5000}}, "data-pipes:streaming": {"brokers": 60}}
    assert settings(most, stack=STACK).pipes["orders"].parallelism == 5000


@pytest.mark.parametrize(
    ("platform", "message"),
    [
        (
            {"architecture": "arm"},
            "architecture: must be 'X86_64' or 'ARM64', got \"arm\".",
        ),
        ({"containerInsights": "disabled"}, "containerInsights: must be 'enhanced' or 'enabled', got \"disabled\"."),
        ({"launchType": "EC2"}, "launchType: unknown key"),
    ],
)
def test_an_invalid_platform_setting_is_refused(platform, message):
    with pytest.raises(SettingsError) as error:
        settings({"data-pipes:platform": platform}, stack=STACK)
    assert str(error.value).startswith(f"stacks/Pulumi.aws-msk-ecs.yaml: platform.{message}")
