"""The topic of a pipe on Confluent Cloud: its partitions, and the one identity that may read it."""

from functools import cache

import pytest

from components.changes import ChangeRefusedError
from tests.components.confluent.test_confluent import ACL, BINDING, KEY, KEYED, STACK, TOPIC, change, named
from tests.stacks import planned, shipped

NAME = f"{STACK}-orders"
COMPONENT = "data-pipes:confluent:ConfluentTopic"
ACCOUNT = "confluentcloud:index/serviceAccount:ServiceAccount"
POOL = "confluentcloud:index/identityPool:IdentityPool"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SECRET = "kubernetes:core/v1:Secret"


@cache
def with_topic(tier="standard", stack=STACK, **topic):
    changes = {"data-pipes:streaming": {"tier": tier}, "data-pipes:pipes": {"orders": {"topic": topic}}}
    return planned(changes, stack=stack).recording


def environment(recording):
    return recording.one("kubernetes:core/v1:ConfigMap").inputs["data"]


def roles(recording, principal):
    """The roles that a principal has, and what on."""
    found = [each.inputs for each in recording.of_type(BINDING) if each.inputs["principal"] == f"User:{principal}"]
    return {(each["roleName"], each["crnPattern"].rsplit("/", 1)[1]) for each in found}


def acls(recording, principal):
    found = [each.inputs for each in recording.of_type(ACL) if each.inputs["principal"] == f"User:{principal}"]
    return {(each["operation"], each["resourceType"], each["resourceName"], each["patternType"]) for each in found}


def pool_of(recording):
    """The id of the pipe's identity pool, as its consumers are told."""
    return environment(recording)["KAFKA_SASL_OAUTHBEARER_EXTENSIONS"].split("identityPoolId=")[1]


def account_of(recording, stack=STACK):
    return named(recording, KEY, f"{stack}-orders-consumer").inputs["owner"]["id"]


@pytest.mark.parametrize("parallelism", [1, 7])
def test_a_pipe_has_as_many_partitions_as_parallelism_and_as_many_replicas(parallelism):
    plan = planned({"data-pipes:pipes": {"orders": {"parallelism": parallelism}}}, stack=STACK)
    assert plan.problems == ()
    assert plan.recording.one(TOPIC).inputs["partitionsCount"] == parallelism
    assert plan.recording.one(DEPLOYMENT).input("spec.replicas") == parallelism


def test_a_preview_knows_partitions_and_replicas():
    plan = shipped(STACK, preview=True)
    assert plan.problems == ()
    assert plan.recording.one(DEPLOYMENT).input("spec.replicas") == 3


def test_retention_is_told_in_hours_and_more_settings_by_their_kafka_names():
    inputs = with_topic().one(TOPIC).inputs
    assert inputs["config"] == {"retention.ms": "604800000"}
    plan = planned(
        {
            "data-pipes:pipes": {
                "orders": {"topic": {"retentionHours": 24, "config": {"cleanup.policy": "compact,delete"}}}
            }
        },
        stack=STACK,
    )
    assert plan.recording.one(TOPIC).inputs["config"] == {
        "retention.ms": "86400000",
        "cleanup.policy": "compact,delete",
    }


def test_the_pods_of_the_pipe_and_no_others_are_its_identity_pool_by_a_token_meant_for_confluent_cloud():
    recording = shipped(STACK).recording
    pool = recording.one(POOL).inputs
    assert pool["filter"] == 'claims.sub == "system:serviceaccount:orders:consumer" && "confluent.cloud" in claims.aud'
    assert pool["identityClaim"] == "claims.sub"
    volumes = recording.one(DEPLOYMENT).input("spec.template.spec.volumes")
    [token] = [volume["projected"]["sources"][0]["serviceAccountToken"] for volume in volumes if "projected" in volume]
    assert token["audience"] == "confluent.cloud"


def test_the_pool_may_read_exactly_its_topic_in_exactly_its_group():
    recording = shipped(STACK).recording
    assert roles(recording, pool_of(recording)) == {
        ("DeveloperRead", "topic=orders"),
        ("DeveloperRead", "group=orders"),
    }
    assert recording.of_type(ACL) == ()


def test_consumers_with_tokens_are_told_how_to_sign_in_and_hold_nothing_secret_of_confluent_s():
    recording = planned(
        {"data-pipes:pipes": {"orders": {"consumer": {"secrets": {"API_TOKEN": "ordersToken"}}}}}, stack=STACK
    ).recording
    told = environment(recording)
    assert told["STREAM_SERVICE"] == "kafka"
    assert (told["STREAM_TOPIC"], told["STREAM_GROUP"]) == ("orders", "orders")
    assert told["KAFKA_BOOTSTRAP_SERVERS"] == recording.outputs["bootstrapServers"]
    assert (told["KAFKA_SECURITY_PROTOCOL"], told["KAFKA_SASL_MECHANISM"]) == ("SASL_SSL", "OAUTHBEARER")
    extensions = dict(each.split("=") for each in told["KAFKA_SASL_OAUTHBEARER_EXTENSIONS"].split(","))
    assert extensions.keys() == {"logicalCluster", "identityPoolId"}
    assert extensions["logicalCluster"] == recording.outputs["kafkaClusterId"]
    assert set(recording.one(SECRET).revealed["stringData"]) == {"API_TOKEN"}


def test_consumers_start_after_the_topic_and_their_rights():
    recording = shipped(STACK).recording
    before = recording.requirements(recording.one(DEPLOYMENT))
    assert recording.one(TOPIC).urn in before
    rights = [each.urn for each in recording.of_type(BINDING)]
    assert len(rights) == 3
    assert set(rights) <= before


def test_consumers_may_call_the_brokers():
    policy = shipped(STACK).recording.one("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    rules = [(rule.get("to"), port["port"]) for rule in policy.inputs["spec"]["egress"] for port in rule["ports"]]
    assert ([{"ipBlock": {"cidr": "0.0.0.0/0"}}], 9092) in rules


def test_with_a_private_link_consumers_may_call_the_brokers_in_the_network_alone():
    changes = {"data-pipes:streaming": {"tier": "enterprise", "privateLink": True}}
    policy = planned(changes, stack=STACK).recording.one("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    to = [rule["to"] for rule in policy.inputs["spec"]["egress"] for port in rule["ports"] if port["port"] == 9092]
    assert to == [[{"ipBlock": {"cidr": "10.0.0.0/16"}}]]


def test_where_pods_have_no_tokens_the_consumers_sign_in_with_a_key_from_the_secret_store():
    recording = shipped(KEYED).recording
    assert recording.of_type(POOL) == ()
    account = account_of(recording, KEYED)
    assert roles(recording, account) == {("DeveloperRead", "topic=orders"), ("DeveloperRead", "group=orders")}
    [task] = recording.of_type("aws:ecs/taskDefinition:TaskDefinition")
    definitions = task.inputs["containerDefinitions"]
    assert '"name": "KAFKA_SASL_MECHANISM", "value": "PLAIN"' in definitions
    secrets = definitions.split('"secrets": ')[1]
    assert {name for name in ("KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD") if f'"name": "{name}"' in secrets} == {
        "KAFKA_SASL_USERNAME",
        "KAFKA_SASL_PASSWORD",
    }
    assert "stand-in for the secret of" not in definitions


def test_on_basic_the_consumers_sign_in_with_a_key_and_read_by_acls():
    recording = with_topic(tier="basic")
    told = environment(recording)
    assert told["KAFKA_SASL_MECHANISM"] == "PLAIN"
    assert not {"KAFKA_SASL_OAUTHBEARER_EXTENSIONS", "STREAM_TOKEN_FILE"} & told.keys()
    secret = recording.one(SECRET)
    assert {"KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"} <= secret.revealed["stringData"].keys()
    assert "stringData" in secret.secrets
    account = account_of(recording)
    assert acls(recording, account) == {("READ", "TOPIC", "orders", "LITERAL"), ("READ", "GROUP", "orders", "LITERAL")}
    assert roles(recording, account) == set()


STREAMS_ROLES = {
    ("DeveloperManage", "topic=orders-*"),
    ("DeveloperRead", "topic=orders-*"),
    ("DeveloperWrite", "topic=orders-*"),
    ("DeveloperWrite", "transactional-id=orders-*"),
}
STREAMS_ACLS = {
    *((operation, "TOPIC", "orders-", "PREFIXED") for operation in ("CREATE", "DELETE", "DESCRIBE_CONFIGS")),
    *((operation, "TOPIC", "orders-", "PREFIXED") for operation in ("READ", "WRITE")),
    ("WRITE", "TRANSACTIONAL_ID", "orders-", "PREFIXED"),
}


def test_an_application_of_kafka_streams_may_use_its_internal_topics_and_transactions_and_no_others():
    recording = with_topic(kafkaStreams=True)
    plain = {("DeveloperRead", "topic=orders"), ("DeveloperRead", "group=orders")}
    assert roles(recording, pool_of(recording)) == plain | STREAMS_ROLES


def test_on_basic_an_application_of_kafka_streams_has_the_same_rights_as_acls():
    recording = with_topic(tier="basic", kafkaStreams=True)
    plain = {("READ", "TOPIC", "orders", "LITERAL"), ("READ", "GROUP", "orders", "LITERAL")}
    assert acls(recording, account_of(recording)) == plain | STREAMS_ACLS


SUBJECTS = {("DeveloperRead", "subject=orders-key"), ("DeveloperRead", "subject=orders-value")}


def test_schemas_are_read_by_the_same_pool_in_exactly_the_subjects_of_the_topic():
    recording = with_topic(schemaRegistry=True)
    told = environment(recording)
    assert told["STREAM_SCHEMA_REGISTRY"] == recording.outputs["schemaRegistry"]
    assert told["STREAM_SCHEMA_REGISTRY"].startswith("https://psrc-")
    assert told["STREAM_SCHEMA_REGISTRY_CLUSTER"].startswith("lsrc-")
    assert told["STREAM_SCHEMA_REGISTRY_IDENTITY_POOL"] == pool_of(recording)
    assert roles(recording, pool_of(recording)) >= SUBJECTS


def test_without_tokens_schemas_are_read_with_a_key_of_their_own():
    recording = with_topic(tier="basic", schemaRegistry=True)
    key = named(recording, KEY, f"{NAME}-consumer-schemas")
    assert key.inputs["managedResource"]["id"].startswith("lsrc-")
    assert key.inputs["owner"]["id"] == account_of(recording)
    content = recording.one(SECRET).revealed["stringData"]
    assert {"STREAM_SCHEMA_REGISTRY_USERNAME", "STREAM_SCHEMA_REGISTRY_PASSWORD"} <= content.keys()
    assert roles(recording, account_of(recording)) == SUBJECTS


def test_a_pipe_that_asks_for_no_schemas_is_told_of_no_registry():
    recording = shipped(STACK).recording
    assert not [name for name in environment(recording) if name.startswith("STREAM_SCHEMA_REGISTRY")]
    assert "schemaRegistry" not in recording.outputs


def test_fewer_partitions_which_would_delete_the_topic_are_refused_in_the_preview_before_the_provider_is_asked():
    recording = shipped(STACK).recording
    component, topic = recording.one(COMPONENT), recording.one(TOPIC)
    assert component.inputs == {"partitions": 3}, "the component remembers how many there are"
    assert component.urn == topic.parent, "it is registered before the topic"
    with pytest.raises(ChangeRefusedError) as refusal:
        change(recording, component, {"partitions": 3}, {"partitions": 2})
    assert str(refusal.value).startswith(
        "pipes.orders.parallelism: cannot go from 3 to 2. Kafka cannot take partitions"
    )
    assert "add a pipe of another name with parallelism 2" in str(refusal.value)


def test_more_partitions_are_let_through():
    recording = shipped(STACK).recording
    change(recording, recording.one(COMPONENT), {"partitions": 3}, {"partitions": 4})
