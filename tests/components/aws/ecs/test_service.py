"""Consumers of a pipe on ECS: number of tasks, permissions and secrets."""

import json
from pathlib import PurePosixPath

import pytest
from pulumi import Output, ResourceOptions

from components.arguments import NetworkArgs, PlatformArgs, RegistryArgs
from components.aws.account import aws_provider
from components.aws.ecs.platform import Ecs
from components.aws.network.network import Network
from components.aws.registry import EcrRegistry
from components.changes import ChangeRefusedError
from components.contracts import Connection, Grant, Workload
from components.settings_bases import SystemWorkloads
from tests.hooks import before_update
from tests.stacks import REMOVED, planned, settings, shipped
from workbench.recording.recorder import record
from workbench.values import SECRET

STACK = "aws-msk-ecs"
SERVICE = "aws:ecs/service:Service"
TASK = "aws:ecs/taskDefinition:TaskDefinition"
TOPIC = "aws-msk-ecs-orders-topic"
POLICY = "aws:iam/rolePolicy:RolePolicy"


def orders(**pipe):
    return planned({"data-pipes:pipes": {"orders": pipe}}, stack=STACK)


def named(recording, type_token, name):
    """Return the resource with this type and name."""
    [found] = [each for each in recording.of_type(type_token) if each.name == name]
    return found


def statements(recording, name):
    """Return the actions and resources that a role policy allows."""
    document = json.loads(named(recording, POLICY, name).inputs["policy"])
    return {tuple(each["Action"]): each["Resource"] for each in document["Statement"]}


def containers(task):
    return {each["name"]: each for each in json.loads(task.inputs["containerDefinitions"])}


@pytest.mark.parametrize("parallelism", [1, 3, 7])
def test_the_desired_count_is_the_number_of_partitions(parallelism):
    plan = orders(parallelism=parallelism)
    service = plan.recording.one(SERVICE)
    assert service.inputs["desiredCount"] == parallelism
    assert plan.recording.one(TOPIC).urn in service.property_dependencies["desiredCount"]
    assert [str(pipe).count(f"{parallelism} ") for pipe in plan.pipes] == [2]
    assert plan.problems == ()


@pytest.mark.parametrize("preview", [False, True])
def test_the_number_of_tasks_is_known_in_a_preview(preview):
    plan = planned(stack=STACK, preview=preview)
    assert plan.problems == ()
    assert plan.recording.one(SERVICE).inputs["desiredCount"] == 3


def test_a_rollout_never_runs_more_tasks_than_partitions_and_is_rolled_back_on_failure():
    service = shipped(STACK).recording.one(SERVICE)
    assert service.inputs["deploymentMaximumPercent"] == 100
    assert service.inputs["deploymentMinimumHealthyPercent"] == 66
    assert service.inputs["availabilityZoneRebalancing"] == "DISABLED", "it starts tasks before it stops others"
    assert service.inputs["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert service.delete_before_replace, "two services would run twice as many"


def test_a_service_has_time_to_pull_an_image_and_to_drain():
    timeouts = shipped("aws-msk-ecs").recording.one(SERVICE).custom_timeouts
    assert (timeouts["create"], timeouts["update"], timeouts["delete"]) == ("30m", "60m", "30m")


def test_tasks_are_in_the_private_subnets_and_in_the_consumers_group_without_a_public_address():
    recording = shipped(STACK).recording
    service = recording.one(SERVICE)
    assert len(service.input("networkConfiguration.subnets")) == 3
    assert service.input("networkConfiguration.assignPublicIp") is False
    needed = {recording.by_urn(urn).name for urn in service.dependencies}
    assert {f"aws-msk-ecs-private-{zone}" for zone in "abc"} <= needed
    assert "aws-msk-ecs-consumers" in needed
    assert service.inputs["enableExecuteCommand"] is False
    assert (service.inputs["propagateTags"], service.inputs["enableEcsManagedTags"]) == ("SERVICE", True)


def test_services_depend_on_the_policies_and_network_of_their_tasks():
    recording = shipped(STACK).recording
    needed = {
        (recording.by_urn(urn).type.rpartition(":")[2], recording.by_urn(urn).name)
        for urn in recording.requirements(recording.one(SERVICE))
    }
    assert {
        ("RolePolicy", "aws-msk-ecs-orders"),
        ("RolePolicy", "aws-msk-ecs-orders-start"),
        ("RolePolicy", "aws-msk-ecs-orders-start-images"),
        ("ClusterCapacityProviders", "aws-msk-ecs-ecs"),
        ("Route", "aws-msk-ecs-private-a-out"),
        ("VpcEndpoint", "aws-msk-ecs-secretsmanager"),
        ("SecretVersion", "aws-msk-ecs-orders-secret"),
        ("LogGroup", "aws-msk-ecs-pipe-orders-logs"),
    } <= needed


def test_the_task_role_reads_the_topic_and_the_execution_role_does_not():
    recording = shipped(STACK).recording
    task = recording.one(TASK)
    assert task.inputs["taskRoleArn"] != task.inputs["executionRoleArn"]
    assert list(statements(recording, "aws-msk-ecs-orders")) == [
        ("kafka-cluster:Connect",),
        ("kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"),
        ("kafka-cluster:DescribeGroup", "kafka-cluster:AlterGroup"),
        ("kafka-cluster:WriteDataIdempotently",),
        ("kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"),
    ]
    secret = recording.one("aws:secretsmanager/secretVersion:SecretVersion").inputs["secretId"]
    key = recording.one("aws:secretsmanager/secret:Secret").inputs["kmsKeyId"]
    assert statements(recording, "aws-msk-ecs-orders-start") == {
        ("logs:CreateLogStream", "logs:PutLogEvents"): (
            "arn:aws:logs:eu-west-1:123456789012:log-group:/data-pipes/aws-msk-ecs/pipe-orders:*"
        ),
        ("secretsmanager:GetSecretValue",): secret,
        ("kms:Decrypt",): key,
    }
    repository = "arn:aws:ecr:eu-west-1:123456789012:repository"
    assert statements(recording, "aws-msk-ecs-orders-start-images") == {
        ("ecr:GetAuthorizationToken",): "*",
        ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"): [
            f"{repository}/aws-msk-ecs",
            f"{repository}/data-pipes-consumer",
        ],
    }


def test_the_execution_role_can_use_the_key_only_for_the_pipe_s_secret():
    recording = shipped(STACK).recording
    *_, decrypt = json.loads(named(recording, POLICY, "aws-msk-ecs-orders-start").inputs["policy"])["Statement"]
    secret = recording.one("aws:secretsmanager/secretVersion:SecretVersion").inputs["secretId"]
    assert decrypt["Condition"] == {"StringEquals": {"kms:EncryptionContext:SecretARN": secret}}


def test_only_ecs_can_assume_the_roles_and_only_for_this_account_and_region():
    roles = [each for each in shipped(STACK).recording.of_type("aws:iam/role:Role") if "orders" in each.name]
    assert {role.name for role in roles} == {"aws-msk-ecs-orders", "aws-msk-ecs-orders-start"}
    for role in roles:
        [statement] = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
        assert statement["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
        assert statement["Condition"] == {
            "StringEquals": {"aws:SourceAccount": "123456789012"},
            "ArnLike": {"aws:SourceArn": "arn:aws:ecs:eu-west-1:123456789012:*"},
        }


def test_secrets_are_only_in_secrets_manager_and_tasks_refer_to_them():
    recording = shipped(STACK).recording
    version = recording.one("aws:secretsmanager/secretVersion:SecretVersion")
    assert version.inputs["secretString"] == SECRET
    assert json.loads(version.reveal("secretString")) == {
        "API_TOKEN": "stand-in for secrets.ordersToken",
        "file-etc_.consumer_.token": "stand-in for secrets.ordersToken",
    }
    assert "stand-in" not in json.dumps(shipped(STACK).as_json())
    task = containers(recording.one(TASK))
    [variable], [file] = task["consumer"]["secrets"], task["files"]["secrets"]
    secret = version.inputs["secretId"]
    key, stage, wanted = variable["valueFrom"].removeprefix(f"{secret}:").split(":")
    assert (variable["name"], key, stage, len(wanted)) == ("API_TOKEN", "API_TOKEN", "", 36)
    assert (file["name"], file["valueFrom"]) == ("FILE_0", f"{secret}:file-etc_.consumer_.token::{wanted}")
    assert version.urn in recording.one(TASK).property_dependencies["containerDefinitions"], "a new value, new tasks"


def test_a_deleted_secret_can_be_recovered_if_protect_is_true():
    assert shipped(STACK).recording.one("aws:secretsmanager/secret:Secret").inputs["recoveryWindowInDays"] == 30
    lifted = planned({"data-pipes:protect": False}, stack=STACK).recording
    assert lifted.one("aws:secretsmanager/secret:Secret").inputs["recoveryWindowInDays"] == 0


def test_a_pipe_without_secrets_has_no_secret_no_permission_and_no_volume():
    recording = orders(consumer={"secrets": REMOVED, "files": REMOVED}).recording
    assert recording.of_type("aws:secretsmanager/secret:Secret") == ()
    assert list(statements(recording, "aws-msk-ecs-orders-start")) == [("logs:CreateLogStream", "logs:PutLogEvents")]
    task = recording.one(TASK)
    assert "volumes" not in task.inputs
    assert list(containers(task)) == ["consumer"]


def test_each_directory_of_files_is_a_volume_of_the_task():
    recording = orders(consumer={"files": {"/srv/app/key": "ordersToken"}}).recording
    assert recording.one(TASK).inputs["volumes"] == [{"name": "files-0"}, {"name": "files-1"}]
    mounts = containers(recording.one(TASK))["consumer"]["mountPoints"]
    assert [each["containerPath"] for each in mounts] == ["/etc/consumer", "/srv/app"]


def test_consumer_egress_allows_only_the_given_targets():
    place = {"cidr": "10.20.0.0/16", "port": 5432}
    recording = orders(consumer={"egress": [place, place]}).recording
    group = named(recording, "aws:ec2/securityGroup:SecurityGroup", "aws-msk-ecs-orders-egress")
    [rule] = [
        each
        for each in recording.of_type("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
        if group.urn in recording.requirements(each)
    ]
    assert (rule.inputs["cidrIpv4"], rule.inputs["fromPort"], rule.inputs["toPort"]) == ("10.20.0.0/16", 5432, 5432)
    service = recording.one(SERVICE)
    assert len(service.input("networkConfiguration.securityGroups")) == 2
    assert {group.urn, rule.urn} <= recording.requirements(service)
    assert len(shipped(STACK).recording.one(SERVICE).input("networkConfiguration.securityGroups")) == 1


def test_higher_parallelism_changes_only_the_topic_the_service_and_the_limits_of_its_alarms():
    before = {each.urn: each.inputs for each in shipped(STACK).recording.resources}
    after = {each.urn: each.inputs for each in orders(parallelism=6).recording.resources}
    assert before.keys() == after.keys()
    changed = {urn.rpartition("::")[2]: (inputs, after[urn]) for urn, inputs in before.items() if inputs != after[urn]}
    watching = {"dashboard", "orders-missing-consumers", "orders-old-records"}
    assert set(changed) == {f"aws-msk-ecs-{name}" for name in ("orders-topic", "orders-service", *watching)}
    old, new = changed["aws-msk-ecs-orders-service"]
    assert {key for key in new if new[key] != old[key]} == {"desiredCount", "deploymentMinimumHealthyPercent"}
    assert new["desiredCount"] == 6


def test_role_names_leave_room_for_pulumi_s_suffix():
    longest = "a" * 24
    plan = planned({"data-pipes:name": longest, "data-pipes:pipes": {longest: {"parallelism": 2}}}, stack=STACK)
    names = [each.name for each in plan.recording.of_type("aws:iam/role:Role")]
    assert len(max(names, key=len)) + len("-1234567") <= 64
    assert f"{longest}-{longest}" in names, "with a reader's number behind it, it must fit too"


def reader(number):
    """Return the connection of one partition's reader."""
    return Connection(
        settings={"STREAM_TOPIC": f"camera-{number}"},
        secrets={"STREAM_KEY": Output.secret(f"key of camera {number}")},
        files={PurePosixPath("/etc/stream/pin"): Output.secret(f"pin of camera {number}")},
        grants=[Grant(actions=("kinesisvideo:GetMedia",), resource=f"arn:camera-{number}")],
        egress_rules=[],
    )


def readers():
    """Run a workload with one stream per partition on the platform of the default stack."""
    known = settings(stack=STACK)

    def program():
        provider = aws_provider("test", known.account, {})  # pyright: ignore[reportArgumentType]
        opts = ResourceOptions(providers=[provider])
        args = NetworkArgs(
            account=known.account, settings=known.network, platform=known.platform, cloud_services=(), tags={}
        )
        network = Network("test", args, opts)  # pyright: ignore[reportArgumentType]
        registry = EcrRegistry("test", RegistryArgs(network=network, images=[], protect=True), opts)
        platform = Ecs(
            "test",
            PlatformArgs(  # pyright: ignore[reportArgumentType]
                settings=known.platform,
                network=network,
                registry=registry,
                pipes={},
                system_workloads=SystemWorkloads(),
                monitoring=known.monitoring,
                protect=True,
            ),
            opts,
        )
        workload = Workload(
            name="cameras",
            consumer=known.pipes["orders"].consumer,
            image=Output.from_input("registry.example.com/cameras:1"),
            replicas=Output.from_input(2),
            connections={"0": reader(0), "1": reader(1)},
            secrets={"ordersToken": Output.secret("token of them all")},
        )
        deployed = platform.run(workload, opts)
        deployed.replicas.apply(totals.append)

    totals: list[int] = []
    recording = record(program)
    assert recording.problems == ()
    assert totals == [2]
    return recording


def test_each_reader_is_a_service_with_one_task_and_permissions_on_its_stream():
    recording = readers()
    services = {each.inputs["name"]: each.inputs["desiredCount"] for each in recording.of_type(SERVICE)}
    assert services == {"test-cameras-0": 1, "test-cameras-1": 1}
    for number in (0, 1):
        assert statements(recording, f"test-cameras-{number}") == {("kinesisvideo:GetMedia",): f"arn:camera-{number}"}
    roles = [each.inputs["taskRoleArn"] for each in recording.of_type(TASK)]
    assert len(set(roles)) == 2
    assert len({each.inputs["executionRoleArn"] for each in recording.of_type(TASK)}) == 1


def test_readers_share_one_secret_but_get_only_their_own_values():
    recording = readers()
    version = recording.one("aws:secretsmanager/secretVersion:SecretVersion")
    assert json.loads(version.reveal("secretString")) == {
        "API_TOKEN": "token of them all",
        "file-etc_.consumer_.token": "token of them all",
        **{f"{number}-STREAM_KEY": f"key of camera {number}" for number in (0, 1)},
        **{f"{number}-file-etc_.stream_.pin": f"pin of camera {number}" for number in (0, 1)},
    }
    for number in (0, 1):
        own = containers(named(recording, TASK, f"test-cameras-{number}-task"))
        kept = [*own["consumer"]["secrets"], *own["files"]["secrets"]]
        assert {each["valueFrom"].split(":")[7] for each in kept} == {
            "API_TOKEN",
            "file-etc_.consumer_.token",
            f"{number}-STREAM_KEY",
            f"{number}-file-etc_.stream_.pin",
        }
        assert {"name": "STREAM_TOPIC", "value": f"camera-{number}"} in own["consumer"]["environment"]


def capacity(provider):
    return {"capacityProviderStrategies": [{"capacityProvider": provider, "weight": 1}]}


def test_changing_spot_is_refused_with_a_fix_while_the_service_runs():
    recording = orders().recording
    service = named(recording, SERVICE, f"{STACK}-orders-service")
    with pytest.raises(ChangeRefusedError) as refusal:
        before_update(recording, service, capacity("FARGATE"), capacity("FARGATE_SPOT"))
    assert str(refusal.value) == (
        "platform.spot: cannot be changed while the services run (ECS keeps a service's capacity). Set it back, destroy the services, then "
        "change it and deploy (docs/aws.md, Spot on ECS)."
    )
    before_update(recording, service, capacity("FARGATE"), capacity("FARGATE"))
