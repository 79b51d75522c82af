"""Tests on the real engine of the simulated clouds."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
import pulumi_random as random
import pytest

from workbench.rehearse import timeline
from workbench.rehearse.sandbox import EngineError, Sandbox

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

Start = Callable[..., Sandbox]


def aws_options() -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(provider=aws.Provider("aws", region="eu-central-1"))


def make_topic(partitions: int, opts: pulumi.ResourceOptions) -> aws.msk.Topic:
    arn = "arn:aws:kafka:eu-central-1:123456789012:cluster/given/0-2"
    return aws.msk.Topic(
        "topic", name="orders", cluster_arn=arn, partition_count=partitions, replication_factor=3, opts=opts
    )


def ids(sandbox: Sandbox) -> dict[str, str]:
    return {str(each["urn"]).rsplit("::", 1)[-1]: each.get("id", "") for each in sandbox.resources()}


def test_a_preview_has_the_program_s_inputs_but_no_computed_values(start: Start):
    seen: dict[str, Any] = {}

    def program():
        topic = make_topic(3, aws_options())
        for name in ("partition_count", "arn"):
            getattr(topic, name).apply(lambda value, name=name: seen.update({name: value}))

    sandbox = start(program)
    sandbox.run("preview")
    assert seen == {"partition_count": 3}, "an input must be known in a preview, an ARN must not"
    assert sandbox.inventory.operations() == []
    sandbox.run("up")
    assert seen["arn"] == "arn:aws:kafka:eu-central-1:123456789012:topic/given/0-2/orders"


def test_generated_names_are_kept_and_fixed_inputs_force_a_replacement(start: Start):
    settings: dict[str, Any] = {"cidr": "10.0.0.0/24", "properties": "a=1"}

    def program():
        opts = aws_options()
        vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", opts=opts)
        subnet = aws.ec2.Subnet("subnet", vpc_id=vpc.id, cidr_block=settings["cidr"], opts=opts)
        aws.ec2.RouteTableAssociation("association", subnet_id=subnet.id, route_table_id="rtb-1", opts=opts)
        made = aws.msk.Configuration("configuration", server_properties=settings["properties"], opts=opts)
        pulumi.export("revision", made.latest_revision)

    sandbox = start(program)
    sandbox.run("up")
    first = ids(sandbox)
    assert ":configuration/configuration-" in first["configuration"], "the provider must add a suffix"
    again = sandbox.run("up")
    assert again.touched == {}
    assert ids(sandbox) == first

    settings |= {"cidr": "10.0.1.0/24", "properties": "a=2"}
    changed = sandbox.run("up")
    happened = {urn.rsplit("::", 1)[-1]: what for urn, what in changed.touched.items()}
    assert happened == {"subnet": "replace", "association": "replace", "configuration": "update"}
    second = ids(sandbox)
    assert second["subnet"] != first["subnet"]
    assert second["vpc"] == first["vpc"]
    assert sandbox.stack.outputs()["revision"].value == 2
    assert changed.counts["replace"] == 2


def test_a_name_in_use_is_refused(start: Start):
    def program():
        opts = aws_options()
        for name in ("one", "other"):
            aws.msk.Configuration(name, name="consumer", server_properties="", opts=opts)

    sandbox = start(program, parallel=1)
    with pytest.raises(
        EngineError, match=r"AlreadyExists: aws:msk/configuration:Configuration with name 'consumer' exists already"
    ):
        sandbox.run("up")


def test_a_delete_is_refused_while_something_still_refers_to_the_object(start: Start):
    vpc_id: list[str] = []

    def program():
        opts = aws_options()
        vpc = None if vpc_id else aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", opts=opts)
        aws.ec2.Subnet("subnet", vpc_id=vpc.id if vpc else vpc_id[0], cidr_block="10.0.0.0/24", opts=opts)

    sandbox = start(program)
    sandbox.run("up")
    vpc_id.append(ids(sandbox)["vpc"])
    with pytest.raises(EngineError, match=r"DependencyViolation: vpc-\w+ is still in use by aws:ec2/subnet:Subnet"):
        sandbox.run("up")
    assert {item.type for item in sandbox.inventory.objects()} == {"aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"}


def test_without_a_hook_a_decrease_fails_only_in_the_update(start: Start):
    partitions = [3]
    sandbox = start(lambda: make_topic(partitions[0], aws_options()))
    sandbox.run("up")
    partitions[0] = 6
    assert list(sandbox.run("up").touched.values()) == ["update"]
    partitions[0] = 4
    assert list(sandbox.run("preview").touched.values()) == ["update"]
    with pytest.raises(EngineError, match=r"partitionCount can only be increased: it is 6, 4 was asked for"):
        sandbox.run("up")


def test_a_service_refuses_in_the_update_inputs_that_the_preview_accepts(start: Start):
    settings: dict[str, Any] = {"shards": 3, "access": "DISABLED"}

    def program():
        opts = aws_options()
        aws.kinesis.Stream("stream", name="orders", shard_count=settings["shards"], opts=opts)
        public = aws.msk.ClusterBrokerNodeGroupInfoConnectivityInfoPublicAccessArgs(type=settings["access"])
        nodes = aws.msk.ClusterBrokerNodeGroupInfoArgs(
            client_subnets=["subnet-1"],
            instance_type="kafka.m5.large",
            security_groups=["sg-1"],
            connectivity_info=aws.msk.ClusterBrokerNodeGroupInfoConnectivityInfoArgs(public_access=public),
        )
        methods = aws.msk.ClusterClientAuthenticationArgs(sasl=aws.msk.ClusterClientAuthenticationSaslArgs(iam=True))
        kafka = aws.msk.Cluster(
            "msk",
            kafka_version="3.9.x.kraft",
            number_of_broker_nodes=3,
            broker_node_group_info=nodes,
            client_authentication=methods,
            opts=opts,
        )
        pulumi.export("public", kafka.bootstrap_brokers_public_sasl_iam)

    sandbox = start(program)
    settings["access"] = "SERVICE_PROVIDED_EIPS"
    assert sandbox.run("preview").counts["create"] == 4
    with pytest.raises(EngineError, match=r"When creating a cluster, the only valid value .* is DISABLED"):
        sandbox.run("up")
    settings["access"] = "DISABLED"
    sandbox.run("up")
    assert sandbox.stack.outputs()["public"].value == ""

    settings |= {"access": "SERVICE_PROVIDED_EIPS", "shards": 6}
    sandbox.run("up")
    assert sandbox.stack.outputs()["public"].value.count(":9198") == 3
    settings["shards"] = 13
    assert list(sandbox.run("preview").touched.values()) == ["update"]
    with pytest.raises(EngineError, match=r"cannot scale up over double .* count: 6, Target shard count: 13"):
        sandbox.run("up")


def test_a_task_definition_has_the_form_that_ecs_stores_and_each_change_is_a_new_revision(start: Start):
    container: dict[str, Any] = {"name": "orders", "image": "orders:1"}

    def program():
        opts = aws_options()
        cluster = aws.ecs.Cluster("cluster", opts=opts)
        providers = aws.ecs.ClusterCapacityProviders(
            "providers", cluster_name=cluster.name, capacity_providers=["FARGATE"], opts=opts
        )
        definitions = pulumi.Output.secret(json.dumps([container]))
        task = aws.ecs.TaskDefinition("task", family="orders", container_definitions=definitions, opts=opts)
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[providers]))
        aws.ecs.Service("service", cluster=cluster.arn, task_definition=task.arn, desired_count=3, opts=opts)
        pulumi.export("task", task.arn)

    sandbox = start(program)
    sandbox.run("up")
    assert sandbox.run("up").touched == {}
    sandbox.run("refresh")
    assert [*sandbox.run("preview").touched.values()] == ["replace", "update"], (
        "a refresh reads the values that the program omits"
    )

    container |= {"cpu": 0, "environment": [], "essential": True, "mountPoints": [], "portMappings": []}
    container |= {"systemControls": [], "volumesFrom": []}
    sandbox.run("up")
    assert sandbox.stack.outputs()["task"].value.endswith(":task-definition/orders:2")
    assert sandbox.stack.outputs()["task"].secret is False
    sandbox.run("refresh")
    assert sandbox.run("up").touched == {}, "a complete definition must stay unchanged"
    sandbox.run("destroy")
    assert sandbox.inventory.objects() == []


def test_a_hook_refuses_a_decrease_in_the_preview_and_nothing_changes(start: Start):
    partitions = [3]

    def refuse(args: pulumi.ResourceHookArgs):
        old, new = (int((inputs or {})["partitionCount"]) for inputs in (args.old_inputs, args.new_inputs))
        if new < old:
            raise ValueError(f"a topic can't shrink from {old} to {new}")

    def program():
        hook = pulumi.ResourceHook("grow-only", refuse, opts=pulumi.ResourceHookOptions(on_dry_run=True))
        opts = pulumi.ResourceOptions.merge(
            aws_options(), pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(before_update=[hook]))
        )
        make_topic(partitions[0], opts)

    sandbox = start(program)
    sandbox.run("up")
    done = sandbox.inventory.operations()
    partitions[0] = 2
    for action in ("preview", "up"):
        with pytest.raises(EngineError, match="a topic can't shrink from 3 to 2") as refused:
            sandbox.run(action)
        assert len(str(refused.value).splitlines()) == 1
    assert sandbox.inventory.operations() == done


def test_a_crashed_provider_leaves_its_object_and_the_name_stays_in_use(start: Start):
    sandbox = start(lambda: make_topic(3, aws_options()), crash_at="topic")
    with pytest.raises(EngineError):
        sandbox.run("up")
    [left] = sandbox.inventory.objects()
    assert (left.status, left.urn.rsplit("::", 1)[-1]) == ("creating", "topic")

    sandbox.crash_at = None
    sandbox.write_plugins()
    with pytest.raises(EngineError, match="AlreadyExists"):
        sandbox.run("up")


def test_secrets_stay_secret_in_the_state_and_in_outputs(start: Start):
    def program():
        token = pulumi.Config("lab").require_secret("token")
        secret = kubernetes.core.v1.Secret("secret", string_data={"token": token})
        pulumi.export("token", secret.string_data)
        pulumi.export("password", random.RandomPassword("password", length=70).result)

    sandbox = start(program)
    sandbox.configure({}, {"lab:token": "hunter2"})
    sandbox.run("up")
    outputs = sandbox.stack.outputs()
    assert outputs["token"].secret
    assert outputs["password"].secret
    password = outputs["password"].value
    assert len(password) == 70
    written = [*(sandbox.directory / "state").rglob("*.json"), *(sandbox.directory / "project").iterdir()]
    assert len(written) >= 3
    contents = [file.read_text(encoding="utf-8") for file in written]
    assert [text for text in contents if "hunter2" in text or password in text] == []
    assert sandbox.run("up").touched == {}


def siblings():
    opts = aws_options()
    role = aws.iam.Role("role", assume_role_policy="{}", opts=opts)
    aws.eks.Cluster("eks", role_arn=role.arn, vpc_config={"subnet_ids": []}, deletion_protection=True, opts=opts)
    nodes = aws.msk.ClusterBrokerNodeGroupInfoArgs(
        client_subnets=["subnet-1"], instance_type="kafka.m5.large", security_groups=["sg-1"]
    )
    kafka = aws.msk.Cluster(
        "msk", kafka_version="3.9.x.kraft", number_of_broker_nodes=3, broker_node_group_info=nodes, opts=opts
    )
    aws.msk.Topic("topic", cluster_arn=kafka.arn, partition_count=3, replication_factor=3, opts=opts)


@pytest.mark.parametrize(("parallel", "minutes"), [(32, 29.0), (1, 39.1)])
def test_the_simulated_clock_shows_which_operations_ran_in_parallel(start: Start, parallel: int, minutes: float):
    sandbox = start(siblings, parallel=parallel)
    sandbox.run("up")
    shown = timeline.timeline(sandbox.inventory.operations(), sandbox.resources())
    assert shown.minutes == pytest.approx(minutes, abs=0.2)
    assert shown.longest_chain == 29.0
    assert [urn.rsplit("::", 1)[-1] for urn in shown.chain] == ["msk", "topic"]

    with pytest.raises(EngineError, match=r"cannot delete eks-.* because deletionProtection is on"):
        sandbox.run("destroy")


def test_kubernetes_refuses_objects_without_a_namespace_or_a_cluster(start: Start):
    settings = {"server": "https://nowhere.example", "namespace": "pipes"}

    def program():
        kubeconfig = json.dumps(
            {"clusters": [{"cluster": {"server": settings["server"]}}]} if settings["server"] else {}
        )
        opts = pulumi.ResourceOptions(provider=kubernetes.Provider("cluster", kubeconfig=kubeconfig))
        kubernetes.core.v1.ConfigMap("map", metadata={"namespace": settings["namespace"]}, opts=opts)

    sandbox = start(program)
    with pytest.raises(EngineError, match=r"unreachable: no cluster answers at https://nowhere\.example"):
        sandbox.run("up")
    settings["server"] = ""
    with pytest.raises(EngineError, match='namespaces "pipes" not found'):
        sandbox.run("up")


def test_a_refresh_finds_objects_that_were_deleted_outside_pulumi(start: Start):
    sandbox = start(lambda: make_topic(3, aws_options()))
    sandbox.run("up")
    assert sandbox.run("refresh").touched == {}
    [topic] = sandbox.inventory.objects()
    sandbox.inventory.settle(topic.type, topic.id, "delete")
    assert sandbox.run("refresh").counts.get("delete") == 1


def test_the_error_of_a_failed_program_is_short_and_nothing_remains(start: Start):
    def program():
        raise ValueError("no such thing")

    sandbox = start(program)
    with pytest.raises(EngineError, match="no such thing") as refusal:
        sandbox.run("preview")
    assert "Traceback" not in str(refusal.value)
    directory = sandbox.directory
    sandbox.__exit__(None, None, None)
    assert not Path(directory).exists()
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(directory) not in running
