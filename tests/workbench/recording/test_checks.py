"""What the recorder refuses, each with the resource, the reason and the way out."""

import pulumi
import pulumi_aws as aws
import pulumi_azure_native as azure
import pulumi_kubernetes as kubernetes
import pytest
from pulumi import Output, ResourceOptions

from tests.workbench.recording.support import Box, SmallCloud, reasons, recorded, topic
from workbench.recording.input_types import args_type, input_errors
from workbench.recording.recorder import record
from workbench.values import SECRET


def test_two_resources_with_one_urn_are_refused():
    def fill(box: Box):
        topic(box)
        topic(box)

    recording = recorded(fill)
    (reason,) = reasons(recording, "duplicate-urn")
    assert reason.startswith("orders (aws:msk/topic:Topic): is registered twice as urn:pulumi:test::")
    assert len(recording.of_type("aws:msk/topic:Topic")) == 2


def test_one_name_under_two_parents_of_different_types_is_fine():
    def fill(box: Box):
        topic(box)
        aws.cloudwatch.LogGroup("orders", opts=box.child)

    assert recorded(fill).problems == ()


def test_an_unknown_nested_key_is_refused_with_the_nearest_one():
    def fill(box: Box):
        aws.msk.Cluster(
            "kafka",
            kafka_version="3.9.x.kraft",
            number_of_broker_nodes=3,
            broker_node_group_info={
                "instance_typ": "kafka.m5.large",
                "client_subnets": ["a"],
                "security_groups": ["b"],
            },  # pyright: ignore[reportArgumentType]
            opts=box.child,
        )

    assert reasons(recorded(fill), "wrong-input") == [
        "kafka (aws:msk/cluster:Cluster): brokerNodeGroupInfo.instance_typ: unknown key of "
        "ClusterBrokerNodeGroupInfoArgs. Did you mean instanceType?"
    ]


def test_an_unknown_key_in_a_list_inside_a_manifest_is_refused():
    inputs = {"spec": {"template": {"spec": {"containers": [{"name": "consumer", "imagePullPolice": "Always"}]}}}}
    assert list(input_errors("kubernetes:apps/v1:Deployment", inputs)) == [
        "spec.template.spec.containers[0].imagePullPolice: unknown key of ContainerArgs. Did you mean imagePullPolicy?"
    ]


@pytest.mark.parametrize(
    ("inputs", "error"),
    [
        ({"partitionCount": "three"}, 'partitionCount: must be a whole number, got "three"'),
        ({"partitionCount": True}, "partitionCount: must be a whole number, got true"),
        ({"partitionCount": 2.5}, "partitionCount: must be a whole number, got 2.5"),
        ({"name": 3}, "name: must be text, got 3"),
        ({"timeouts": "1h"}, 'timeouts: must be an object (TopicTimeoutsArgs), got "1h"'),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(inputs, error):
    assert list(input_errors("aws:msk/topic:Topic", inputs)) == [error]


@pytest.mark.parametrize(
    ("inputs", "error"),
    [
        ({"data": ["A"]}, 'data: must be an object, got ["A"]'),
        ({"data": {"PORT": 8080}}, "data.PORT: must be text, got 8080"),
        ({"immutable": "yes"}, 'immutable: must be true or false, got "yes"'),
        ({"kind": "Config"}, "kind: must be 'ConfigMap', got \"Config\""),
    ],
)
def test_a_manifest_with_a_value_of_the_wrong_type_is_refused(inputs, error):
    assert list(input_errors("kubernetes:core/v1:ConfigMap", inputs)) == [error]


def test_a_secret_value_is_never_part_of_a_message():
    assert list(input_errors("kubernetes:core/v1:Secret", {"stringData": SECRET, "data": {"A": SECRET}})) == []


def test_a_type_that_is_missing_in_the_sdk_is_not_checked():
    assert list(input_errors("kubernetes:kafka.strimzi.io/v1:KafkaTopic", {"anything": 1})) == []


def test_a_providers_nested_inputs_are_checked_although_they_are_sent_as_json():
    inputs = {"defaultTags": '{"tag": {}}', "skipRegionValidation": "true", "allowedAccountIds": '["123456789012"]'}
    assert list(input_errors("pulumi:providers:aws", inputs)) == [
        "defaultTags.tag: unknown key of ProviderDefaultTagsArgs. Did you mean tags?"
    ]


def test_azures_inputs_are_compared_and_its_enums_may_be_given_as_texts():
    def hub(name: str) -> list[str]:
        return list(input_errors("azure-native:eventhub:Namespace", {"sku": {name: "Standard", "capacity": 1}}))

    assert hub("name") == []
    assert hub("naem") == ["sku.naem: unknown key of SkuArgs. Did you mean name?"]
    assert list(input_errors("azure-native:network:Subnet", {"natGateway": "id"})) == [
        'natGateway: must be an object (SubResourceArgs), got "id"'
    ]
    assert list(input_errors("pulumi:providers:azure-native", {"location": "westeurope", "useMsi": "true"})) == []
    assert list(input_errors("pulumi:providers:azure-native", {"locaton": "westeurope"})) == [
        "locaton: unknown key of ProviderArgs. Did you mean location?"
    ]


def test_the_sdk_still_has_the_types_that_inputs_are_compared_with():
    assert args_type("aws:msk/topic:Topic") is aws.msk.TopicArgs
    assert args_type("azure-native:eventhub:EventHub") is azure.eventhub.EventHubArgs
    assert args_type("kubernetes:apps/v1:Deployment") is kubernetes.apps.v1.DeploymentInitArgs
    assert args_type("pulumi:providers:aws") is aws.ProviderArgs


def test_a_resource_without_an_explicit_provider_is_refused():
    def program():
        Box("box", topic)

    assert reasons(record(program, cloud=SmallCloud()), "default-provider") == [
        "orders (aws:msk/topic:Topic): must have an explicit provider. Pass parent= so that it inherits one."
    ]


def test_a_lookup_without_an_explicit_provider_is_refused():
    def fill(box: Box):
        topic(box)
        aws.get_caller_identity_output()

    assert reasons(recorded(fill), "default-provider") == [
        "aws:index/getCallerIdentity:getCallerIdentity: must be called with an explicit provider. "
        "Pass opts=InvokeOptions(parent=...)."
    ]


def test_a_component_that_registers_no_outputs_is_refused():
    recording = recorded(lambda box: Box("silent", opts=box.child, silent=True))
    (reason,) = reasons(recording, "no-outputs")
    assert reason.startswith("silent (data-pipes:test:Box): must register its outputs")


def test_the_outputs_of_components_are_kept():
    recording = recorded(lambda box: Box("inner", outputs={"size": 3}, opts=box.child))
    assert recording.component_outputs[recording.one("inner").urn] == {"size": 3}


def test_a_resource_that_is_a_child_of_the_stack_is_refused():
    def fill(box: Box):
        provider = box.get_provider("aws:x:y")
        aws.cloudwatch.LogGroup("lost", opts=ResourceOptions(provider=provider))

    assert reasons(recorded(fill), "unparented") == [
        "lost (aws:cloudwatch/logGroup:LogGroup): must not be a child of the stack. Pass opts=ResourceOptions(parent=self)."
    ]


def test_a_second_top_level_component_is_refused_if_only_one_type_is_allowed():
    def fill(_: Box):
        Box("second")

    assert reasons(recorded(fill), "unparented") == []
    assert reasons(recorded(fill, top="data-pipes:test:Box"), "unparented") == []
    assert sorted(reasons(recorded(fill, top="a:b:Pipeline"), "unparented")) == [
        f"{name} (data-pipes:test:Box): must not be a top-level component (only a:b:Pipeline may be). Pass parent=self."
        for name in ("box", "second")
    ]


def test_a_secret_exported_in_plain_text_is_refused():
    def fill(box: Box):
        token = pulumi.Config().require_secret("token")
        aws.cloudwatch.LogGroup("logs", name=token, opts=box.child)
        pulumi.export("hidden", token)
        pulumi.export("told", Output.unsecret(token).apply(lambda text: {"url": f"https://me:{text}@example.com"}))

    recording = recorded(fill, config={"data-pipes:token": "sesame-seed"}, secret_keys=["data-pipes:token"])
    (reason,) = reasons(recording, "plain-secret")
    assert "output told.url: contains a secret in plain text" in reason
    assert "sesame-seed" not in reason


def test_a_secret_inside_an_object_that_is_sent_in_plain_text_is_refused():
    def fill(box: Box):
        secrets = pulumi.Config().require_object("secrets")
        aws.cloudwatch.LogGroup("logs", tags={"token": secrets["token"], "short": secrets["short"]}, opts=box.child)

    recording = recorded(
        fill,
        config={"data-pipes:secrets": '{"token": "sesame-seed", "short": "abc"}'},
        secret_keys=["data-pipes:secrets"],
    )
    (reason,) = reasons(recording, "plain-secret")
    assert reason.startswith(
        "logs (aws:cloudwatch/logGroup:LogGroup): input tags.token: contains a secret in plain text"
    )


def test_a_secret_that_a_preview_cannot_know_is_not_taken_for_every_other_unknown_value():
    def fill(box: Box):
        made = topic(box)
        aws.cloudwatch.LogGroup("logs", tags={"hidden": Output.secret(made.arn), "plain": made.id}, opts=box.child)

    assert recorded(fill, preview=True).problems == ()


def test_a_transform_is_reported_because_it_is_not_run():
    def fill(box: Box):
        topic(box, transforms=[lambda args: None])

    assert [reason.partition(" (transforms")[0] for reason in reasons(recorded(fill), "transform")] == [
        "orders (aws:msk/topic:Topic): must have no transform"
    ]
