"""The recorder sees everything that a program asks of the engine, and loses no error."""

import asyncio
import contextvars
import gc
import subprocess
import sys
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
import pytest
from pulumi import CustomTimeouts, Output, ResourceHook, ResourceHookBinding, ResourceHookOptions, ResourceOptions
from pulumi.runtime import settings

from tests.workbench.recording.support import STANDS, Box, SmallCloud, recorded, topic
from workbench.recording.recorder import Recording, program_file, record
from workbench.values import SECRET, UNKNOWN

PREFIX = "urn:pulumi:test::data-pipes::"


def test_a_valid_program_has_no_problems():
    assert recorded(topic).problems == ()


def test_all_options_of_a_resource_are_recorded():
    def fill(box: Box):
        first = topic(box, "first")
        hook = ResourceHook("never", lambda _: None, ResourceHookOptions(on_dry_run=True))
        aws.msk.Topic(
            "second",
            cluster_arn=first.arn,
            partition_count=6,
            replication_factor=3,
            opts=ResourceOptions(
                parent=box,
                protect=True,
                depends_on=[first],
                delete_before_replace=True,
                retain_on_delete=True,
                ignore_changes=["configs", "partition_count"],
                replace_on_changes=["name"],
                custom_timeouts=CustomTimeouts(create="120m"),
                aliases=[pulumi.Alias(name="former")],
                hooks=ResourceHookBinding(before_update=[hook]),
            ),
        )

    recording = recorded(fill)
    second = recording.one("second")
    first = recording.one("first")

    assert second.urn == f"{PREFIX}data-pipes:test:Box$aws:msk/topic:Topic::second"
    assert second.type == "aws:msk/topic:Topic"
    assert second.parent == recording.one("box").urn
    assert second.provider == f"{PREFIX}pulumi:providers:aws::aws"
    assert second.inputs == {"clusterArn": "arn:eu-west-1:id-of-first", "partitionCount": 6, "replicationFactor": 3}
    assert second.dependencies == (first.urn,)
    assert second.property_dependencies["clusterArn"] == {first.urn}
    assert second.property_dependencies["partitionCount"] == frozenset()
    assert (second.protect, first.protect) == (True, False)
    assert (second.delete_before_replace, first.delete_before_replace) == (True, None)
    assert (second.retain_on_delete, first.retain_on_delete) == (True, False)
    assert second.ignore_changes == ("configs", "partitionCount")
    assert second.replace_on_changes == ("name",)
    assert second.custom_timeouts == {"create": "120m"}
    assert "former" in second.aliases[0]
    assert second.hooks == {"before_update": ("never",)}
    options = recording.hook(second, "before_update").opts
    assert options is not None
    assert options.on_dry_run is True


def test_urns_name_every_parent_but_the_stack_as_the_engine_does():
    recording = recorded(lambda box: Box("inner", topic, opts=box.child))
    assert recording.one("orders").urn == (
        f"{PREFIX}data-pipes:test:Box$data-pipes:test:Box$aws:msk/topic:Topic::orders"
    )
    assert recording.resources[0].urn == f"{PREFIX}pulumi:pulumi:Stack::data-pipes-test"


def test_requirements_follow_dependencies_and_providers_to_the_end():
    def fill(box: Box):
        first = topic(box, "first")
        second = topic(box, "second", depends_on=[first])
        topic(box, "third", depends_on=[second])
        topic(box, "apart")

    recording = recorded(fill)
    names = {recording.by_urn(urn).name for urn in recording.requirements(recording.one("third"))}
    assert names == {"first", "second", "aws"}


def test_computed_outputs_are_added_and_never_overwrite_inputs():
    def fill(box: Box):
        cluster = aws.eks.Cluster(
            "cluster",
            role_arn="role",
            vpc_config={"subnet_ids": ["a"], "endpoint_public_access": False},
            opts=box.child,
        )
        pulumi.export("group", cluster.vpc_config.cluster_security_group_id)
        pulumi.export("public", cluster.vpc_config.endpoint_public_access)

    assert recorded(fill).outputs == {"group": "sg-1", "public": False}


def test_a_generated_name_is_known_and_reproducible():
    def fill(box: Box):
        pulumi.export("name", aws.cloudwatch.LogGroup("logs", opts=box.child).name)

    first, second = recorded(fill), recorded(fill, preview=True)
    assert first.outputs["name"].startswith("logs-")
    assert first.outputs == second.outputs
    assert "name" not in first.one("logs").inputs


# Secrets


def secret_program(box: Box):
    provider = kubernetes.Provider("kubernetes", kubeconfig="{}", opts=box.child)
    opts = ResourceOptions(parent=box, provider=provider)
    kubernetes.core.v1.ConfigMap(
        "settings", data={"PLAIN": "seen", "TOKEN": Output.secret("hunter-of-words")}, opts=opts
    )
    kubernetes.core.v1.Secret("secret", string_data={"TOKEN": "never-told"}, opts=opts)
    pulumi.export("token", {"value": Output.secret("another-one")})


def test_secret_inputs_are_masked_and_remembered():
    recording = recorded(secret_program)
    settings, secret = recording.one("settings"), recording.one("secret")
    assert settings.inputs["data"] == {"PLAIN": "seen", "TOKEN": SECRET}
    assert settings.secrets == {"data.TOKEN"}
    assert secret.inputs["stringData"] == SECRET
    assert secret.secrets == {"stringData"}
    assert recording.outputs == {"token": {"value": SECRET}}
    assert recording.secret_outputs == {"token.value"}


def test_secret_values_can_be_revealed_on_purpose_and_are_never_in_a_repr():
    recording = recorded(secret_program)
    assert recording.one("settings").reveal("data.TOKEN") == "hunter-of-words"
    assert recording.one("secret").reveal("stringData.TOKEN") == "never-told"
    assert recording.revealed_outputs["token"] == {"value": "another-one"}
    for value in ("hunter-of-words", "never-told", "another-one"):
        assert value not in repr(recording)


def test_a_secret_stays_secret_on_its_way_through_a_resource():
    def fill(box: Box):
        group = aws.cloudwatch.LogGroup("logs", name=Output.secret("quiet-name"), opts=box.child)
        pulumi.export("name", group.name)

    assert recorded(fill).outputs == {"name": SECRET}


def test_an_output_that_a_resource_declares_secret_is_secret():
    def fill(box: Box):
        made = topic(box, additional_secret_outputs=["arn"])
        pulumi.export("arn", made.arn)
        pulumi.export("partitions", made.partition_count)

    assert recorded(fill).outputs == {"arn": SECRET, "partitions": 3}


def test_a_secret_that_a_preview_cannot_know_is_shown_as_secret():
    def fill(box: Box):
        pulumi.export("arn", Output.secret(topic(box).arn))

    assert recorded(fill, preview=True).outputs == {"arn": SECRET}


# Previews


def preview_program(box: Box):
    first = topic(box)
    pulumi.export("id", first.id)
    pulumi.export("arn", first.arn)
    pulumi.export("partitions", first.partition_count)
    first.arn.apply(lambda _: topic(box, "made-in-an-apply"))


def test_in_a_preview_ids_and_computed_outputs_are_unknown_and_inputs_known():
    recording = recorded(preview_program, preview=True)
    assert recording.outputs == {"id": UNKNOWN, "arn": UNKNOWN, "partitions": 3}
    assert recording.one("orders").unknowns == frozenset()


def test_in_an_update_everything_is_known():
    recording = recorded(preview_program)
    assert recording.outputs == {"id": "id-of-orders", "arn": "arn:eu-west-1:id-of-orders", "partitions": 3}


def test_a_resource_made_in_an_apply_is_missing_from_a_preview():
    names = [{each.name for each in recorded(preview_program, preview=preview).resources} for preview in (False, True)]
    assert names[0] - names[1] == {"made-in-an-apply"}


def test_in_a_preview_a_computed_value_inside_a_given_object_is_unknown_too():
    def fill(box: Box):
        cluster = aws.eks.Cluster("cluster", role_arn="role", vpc_config={"subnet_ids": ["a"]}, opts=box.child)
        topic(box, "after", depends_on=[cluster])
        pulumi.export("group", cluster.vpc_config.cluster_security_group_id)
        pulumi.export("subnets", cluster.vpc_config.subnet_ids)

    assert recorded(fill, preview=True).outputs == {"group": UNKNOWN, "subnets": ["a"]}


def test_an_unknown_input_is_marked_and_its_path_kept():
    def fill(box: Box):
        aws.eks.Cluster("cluster", role_arn=topic(box).arn, vpc_config={"subnet_ids": ["a"]}, opts=box.child)

    cluster = recorded(fill, preview=True).one("cluster")
    assert cluster.input("roleArn") == UNKNOWN
    assert cluster.unknowns == {"roleArn"}


# Lookups


def test_a_lookup_is_answered_from_the_table_and_recorded_with_its_provider():
    def fill(box: Box):
        caller = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(parent=box))
        pulumi.export("account", caller.account_id)

    recording = recorded(fill, preview=True)
    assert recording.outputs == {"account": "123456789012"}
    assert [(each.token, each.provider) for each in recording.invokes] == [
        ("aws:index/getCallerIdentity:getCallerIdentity", f"{PREFIX}pulumi:providers:aws::aws")
    ]


def test_an_existing_resource_is_read_and_marked_as_such_even_in_a_preview():
    def fill(box: Box):
        pulumi.export("arn", aws.ec2.Vpc.get("vpc", "vpc-0123", opts=box.child).arn)

    recording = recorded(fill, preview=True)
    assert recording.one("vpc").external
    assert recording.outputs == {"arn": "arn:eu-west-1:vpc-0123"}
    assert recording.problems == ()


def read_program(box: Box):
    made = topic(box)
    read = aws.ec2.Vpc.get("vpc", made.arn.apply(lambda _: "vpc-0123"), opts=box.child)
    pulumi.export("arn", read.arn)
    pulumi.export("made elsewhere", aws.ec2.Vpc.get("other", STANDS, opts=box.child).arn)


def test_a_resource_that_does_not_exist_yet_cannot_be_read_in_a_preview():
    assert recorded(read_program, preview=True).outputs["arn"] == UNKNOWN
    assert recorded(read_program).outputs["arn"] == "arn:eu-west-1:vpc-0123"


def test_an_object_that_was_not_created_by_a_program_is_read_from_the_table():
    assert recorded(read_program).outputs["made elsewhere"] == "made for 1 topic"


# Configuration and isolation


def test_the_program_sees_its_configuration_its_stack_and_nothing_of_an_earlier_run():
    def program():
        config = pulumi.Config()
        pulumi.export("shape", config.get_object("shape"))
        pulumi.export("token", config.get_secret("token"))
        pulumi.export("stack", pulumi.get_stack())
        pulumi.export("project", pulumi.get_project())

    given = {"data-pipes:shape": '{"round": true}', "data-pipes:token": "sesame-seed"}
    recording = record(program, config=given, secret_keys=["data-pipes:token"], stack="dev", cloud=SmallCloud())
    assert recording.outputs == {"shape": {"round": True}, "token": SECRET, "stack": "dev", "project": "data-pipes"}
    again = record(program, cloud=SmallCloud())
    assert again.outputs == {"stack": "test", "project": "data-pipes"}


def test_a_program_can_be_a_coroutine():
    async def program():
        await asyncio.sleep(0)
        pulumi.export("awaited", "yes")

    assert record(program, cloud=SmallCloud()).outputs == {"awaited": "yes"}


def test_a_program_file_runs_as_main_with_its_neighbours_importable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "neighbour_of_the_program.py").write_text("WORD = 'found'\n")
    program = tmp_path / "__main__.py"
    program.write_text("import pulumi, neighbour_of_the_program as near\npulumi.export(__name__, near.WORD)\n")
    assert record(program_file(program), cloud=SmallCloud()).outputs == {"__main__": "found"}


def test_recordings_of_one_program_are_equal():
    first, second = recorded(preview_program), recorded(preview_program)
    assert [each.urn for each in first.resources] == [each.urn for each in second.resources]
    assert first.resources == second.resources


def test_a_recording_is_isolated_from_an_enclosing_pulumi_program():
    def around() -> Recording:
        settings.set_root_resource(pulumi.ComponentResource.__new__(pulumi.ComponentResource))
        return recorded(topic)

    assert contextvars.copy_context().run(around).problems == ()


def test_inputs_are_sorted_alphabetically():
    for resource in recorded(secret_program).resources:
        assert list(resource.inputs) == sorted(resource.inputs)


def test_log_messages_are_recorded_and_an_error_is_a_problem():
    def program():
        pulumi.log.debug("unheard")
        pulumi.warn("mind the gap")
        pulumi.error("the bridge is out")

    recording = record(program, cloud=SmallCloud())
    assert [(each.severity, each.text) for each in recording.messages] == [
        ("warning", "mind the gap"),
        ("error", "the bridge is out"),
    ]
    assert [problem.rule for problem in recording.problems] == ["logged-error"]


# Errors


def failing_in_the_program(_: Box):
    raise pulumi.RunError("no such thing")


def failing_in_an_apply(box: Box):
    topic(box).arn.apply(lambda _: failing_in_the_program(box))


def failing_in_a_nested_apply(box: Box):
    first = topic(box)
    first.arn.apply(lambda _: first.id.apply(lambda _: failing_in_the_program(box)))


def failing_in_a_value(box: Box):
    arn = topic(box).arn.apply(lambda _: failing_in_the_program(box))
    aws.cloudwatch.LogGroup("logs", name=arn.apply(str), opts=box.child)


def failing_in_a_child_task(box: Box):
    async def child():
        await asyncio.sleep(0)
        failing_in_the_program(box)

    box.task = asyncio.ensure_future(child())  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    "fill",
    [
        failing_in_the_program,
        failing_in_an_apply,
        failing_in_a_nested_apply,
        failing_in_a_value,
        failing_in_a_child_task,
    ],
)
def test_an_error_anywhere_ends_the_recording_with_that_error(fill, caplog: pytest.LogCaptureFixture):
    with pytest.raises(pulumi.RunError, match="no such thing"):
        recorded(fill)
    gc.collect()
    assert caplog.records == [], "asyncio's comments on the error would bury it"


def test_an_error_that_the_program_handles_is_no_error():
    def fill(box: Box):
        async def child():
            raise ValueError

        async def parent():
            with pytest.raises(ValueError):  # noqa: PT011
                await asyncio.ensure_future(child())

        asyncio.ensure_future(parent())  # noqa: RUF006

    assert recorded(fill).problems == ()


def test_a_type_that_is_missing_in_the_table_is_an_error():
    with pytest.raises(LookupError, match="not in the table"):
        recorded(lambda box: aws.sqs.Queue("queue", opts=box.child))


def test_a_task_that_is_still_running_at_the_end_is_a_problem():
    def fill(box: Box):
        box.task = asyncio.ensure_future(asyncio.sleep(3600))  # pyright: ignore[reportAttributeAccessIssue]

    assert [problem.rule for problem in recorded(fill).problems] == ["unfinished-task"]


def test_a_recording_can_follow_a_failed_one():
    with pytest.raises(pulumi.RunError):
        recorded(failing_in_an_apply)
    assert recorded(topic).problems == ()


# Looking things up in a recording


def test_a_lookup_that_finds_nothing_names_the_nearest():
    recording = recorded(topic)
    with pytest.raises(LookupError, match=r"no resource has the name order\. Did you mean orders\?"):
        recording.one("order")
    with pytest.raises(LookupError, match="Did you mean aws:msk/topic:Topic"):
        recording.one("aws:msk/topic:Topics")
    with pytest.raises(KeyError, match="partitionCount"):
        recording.one("orders").input("partitions")


def test_a_lookup_of_one_refuses_two():
    def fill(box: Box):
        topic(box, "first")
        topic(box, "second")

    recording = recorded(fill)
    with pytest.raises(LookupError, match="2 resources have the type"):
        recording.one("aws:msk/topic:Topic")
    assert [each.name for each in recording.of_type("aws:msk/topic:Topic")] == ["first", "second"]
    assert [each.name for each in recording.children(recording.one("box"))] == ["first", "second"]


def test_nothing_is_served_and_no_thread_is_started():
    program = """
import threading
import pulumi
from pulumi.runtime import _callbacks
from tests.workbench.recording.support import recorded, topic
hook = lambda box: topic(box, hooks=pulumi.ResourceHookBinding(
    before_update=[pulumi.ResourceHook("hook", lambda _: None)]))
def refuse(*_):
    raise AssertionError("a server was made")
_callbacks.aio.server = refuse
assert recorded(hook).one("orders").hooks
assert threading.active_count() == 1, threading.enumerate()
"""
    root = Path(__file__).parents[3]
    run = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
