"""Tests of a topic on Confluent Cloud: partitions, dead letters and consumer permissions."""

from functools import cache

import pytest

from components.changes import ChangeRefusedError
from tests.components.confluent.test_service import ACL, BINDING, KEY, KEYED, STACK, TOPIC, named
from tests.hooks import before_update
from tests.stacks import planned, shipped

NAME = f"{STACK}-orders"
COMPONENT = "data-pipes:confluent:ConfluentTopic"
ACCOUNT = "confluentcloud:index/serviceAccount:ServiceAccount"
POOL = "confluentcloud:index/identityPool:IdentityPool"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SECRET = "kubernetes:core/v1:Secret"


def topic_of(recording):
    return named(recording, TOPIC, f"{NAME}-topic")


def dead_letters(recording):
    return named(recording, TOPIC, f"{NAME}-dead-letters")


@cache
def with_topic(tier="standard", stack=STACK, **topic):
    changes = {"data-pipes:streaming": {"tier": tier}, "data-pipes:pipes": {"orders": {"topic": topic}}}
    return planned(changes, stack=stack).recording


def environment(recording):
    return recording.one("kubernetes:core/v1:ConfigMap").inputs["data"]


def roles(recording, principal):
    """Return the roles of a principal, with their resources."""
    found = [each.inputs for each in recording.of_type(BINDING) if each.inputs["principal"] == f"User:{principal}"]
    return {(each["roleName"], each["crnPattern"].rsplit("/", 1)[1]) for each in found}


def acls(recording, principal):
    found = [each.inputs for each in recording.of_type(ACL) if each.inputs["principal"] == f"User:{principal}"]
    return {(each["operation"], each["resourceType"], each["resourceName"], each["patternType"]) for each in found}


def pool_of(recording):
    """Return the ID of the pipe's identity pool from the consumers' environment."""
    return environment(recording)["KAFKA_SASL_OAUTHBEARER_EXTENSIONS"].split("identityPoolId=")[1]


def account_of(recording, stack=STACK):
    return named(recording, KEY, f"{stack}-orders-consumer").inputs["owner"]["id"]


@pytest.mark.parametrize("parallelism", [1, 7])
def test_partitions_and_replicas_equal_parallelism(parallelism):
    plan = planned({"data-pipes:pipes": {"orders": {"parallelism": parallelism}}}, stack=STACK)
    assert plan.problems == ()
    assert topic_of(plan.recording).inputs["partitionsCount"] == parallelism
    assert plan.recording.one(DEPLOYMENT).input("spec.replicas") == parallelism


def test_partitions_and_replicas_are_known_in_a_preview():
    plan = shipped(STACK, preview=True)
    assert plan.problems == ()
    assert plan.recording.one(DEPLOYMENT).input("spec.replicas") == 3


def test_retention_and_topic_config_are_applied():
    inputs = topic_of(with_topic()).inputs
    assert inputs["config"] == {"retention.ms": "604800000"}
    plan = planned(
        {
            "data-pipes:pipes": {
                "orders": {"topic": {"retentionHours": 24, "config": {"cleanup.policy": "compact,delete"}}}
            }
        },
        stack=STACK,
    )
    assert topic_of(plan.recording).inputs["config"] == {
        "retention.ms": "86400000",
        "cleanup.policy": "compact,delete",
    }


def test_identity_pool_accepts_only_the_pipe_s_pods_and_the_confluent_audience():
    recording = shipped(STACK).recording
    pool = recording.one(POOL).inputs
    assert pool["filter"] == 'claims.sub == "system:serviceaccount:orders:consumer" && "confluent.cloud" in claims.aud'
    assert pool["identityClaim"] == "claims.sub"
    volumes = recording.one(DEPLOYMENT).input("spec.template.spec.volumes")
    [token] = [volume["projected"]["sources"][0]["serviceAccountToken"] for volume in volumes if "projected" in volume]
    assert token["audience"] == "confluent.cloud"


READS = {("DeveloperRead", "topic=orders"), ("DeveloperRead", "group=orders")}
WRITES = {("DeveloperWrite", "topic=orders.dead-letters")}


def test_identity_pool_has_exactly_the_topic_group_and_dead_letter_roles():
    recording = shipped(STACK).recording
    assert roles(recording, pool_of(recording)) == READS | WRITES
    assert recording.of_type(ACL) == ()


@pytest.mark.parametrize(
    ("tier", "largest", "limit"),
    [("standard", "1000000", "1065536"), ("standard", "8388608", "8388608"), ("basic", None, "2162700")],
)
def test_dead_letter_topic_has_one_partition_and_a_larger_message_limit(tier, largest, limit):
    recording = with_config(tier, {"max.message.bytes": largest} if largest else {})
    inputs = dead_letters(recording).inputs
    assert (inputs["topicName"], inputs["partitionsCount"]) == ("orders.dead-letters", 1)
    assert inputs["config"] == {"max.message.bytes": limit, "retention.ms": str(336 * 3_600_000)}


def with_config(tier, config):
    changes = {
        "data-pipes:streaming": {"tier": tier},
        "data-pipes:pipes": {"orders": {"topic": {"config": config}}},
    }
    return planned(changes, stack=STACK).recording


def test_consumers_get_the_dead_letter_settings():
    variables = environment(shipped(STACK).recording)
    assert (variables["STREAM_DEAD_LETTERS"], variables["STREAM_MAX_DELIVERY_ATTEMPTS"]) == ("orders.dead-letters", "5")
    assert "KAFKA_GROUP_PROTOCOL" not in variables, (
        "Confluent Cloud does not document which tiers have the newer protocol"
    )


@pytest.mark.parametrize("tier", ["standard", "basic"])
def test_disabled_dead_letters_create_no_topic_role_or_setting(tier):
    changes = {
        "data-pipes:streaming": {"tier": tier},
        "data-pipes:pipes": {"orders": {"topic": {"deadLetter": {"enabled": False}}}},
    }
    plan = planned(changes, stack=STACK)
    assert plan.problems == ()
    assert plan.recording.of_type(TOPIC) == (topic_of(plan.recording),)
    others = [each for each in plan.recording.resources if ":Monitoring$" not in each.urn]
    assert not [each.urn for each in others if "dead-letters" in str(each.inputs)]


def test_dead_letter_topic_keeps_one_partition():
    grown = planned({"data-pipes:pipes": {"orders": {"parallelism": 6}}}, stack=STACK).recording
    assert dead_letters(grown).inputs == dead_letters(shipped(STACK).recording).inputs


def test_consumers_with_tokens_get_no_confluent_secret():
    recording = planned(
        {"data-pipes:pipes": {"orders": {"consumer": {"secrets": {"API_TOKEN": "ordersToken"}}}}}, stack=STACK
    ).recording
    variables = environment(recording)
    assert variables["STREAM_SERVICE"] == "kafka"
    assert (variables["STREAM_TOPIC"], variables["STREAM_GROUP"]) == ("orders", "orders")
    assert variables["KAFKA_BOOTSTRAP_SERVERS"] == recording.outputs["bootstrapServers"]
    assert (variables["KAFKA_SECURITY_PROTOCOL"], variables["KAFKA_SASL_MECHANISM"]) == ("SASL_SSL", "OAUTHBEARER")
    extensions = dict(each.split("=") for each in variables["KAFKA_SASL_OAUTHBEARER_EXTENSIONS"].split(","))
    assert extensions.keys() == {"logicalCluster", "identityPoolId"}
    assert extensions["logicalCluster"] == recording.outputs["kafkaClusterId"]
    assert set(recording.one(SECRET).revealed["stringData"]) == {"API_TOKEN"}


def test_consumers_wait_for_the_topic_and_their_roles():
    recording = shipped(STACK).recording
    before = recording.requirements(recording.one(DEPLOYMENT))
    assert {topic_of(recording).urn, dead_letters(recording).urn} <= before
    rights = [each.urn for each in recording.of_type(BINDING)]
    assert len(rights) == 5
    assert set(rights) <= before


def test_network_policy_allows_the_brokers():
    policy = shipped(STACK).recording.one("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    rules = [(rule.get("to"), port["port"]) for rule in policy.inputs["spec"]["egress"] for port in rule["ports"]]
    assert ([{"ipBlock": {"cidr": "0.0.0.0/0"}}], 9092) in rules


def test_network_policy_allows_only_the_network_range_with_a_private_link():
    changes = {"data-pipes:streaming": {"tier": "enterprise", "privateLink": True}}
    policy = planned(changes, stack=STACK).recording.one("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    to = [rule["to"] for rule in policy.inputs["spec"]["egress"] for port in rule["ports"] if port["port"] == 9092]
    assert to == [[{"ipBlock": {"cidr": "10.0.0.0/16"}}]]


def test_consumers_without_tokens_get_an_api_key_from_the_secret_store():
    recording = shipped(KEYED).recording
    assert recording.of_type(POOL) == ()
    account = account_of(recording, KEYED)
    assert roles(recording, account) == READS | WRITES
    [task] = recording.of_type("aws:ecs/taskDefinition:TaskDefinition")
    definitions = task.inputs["containerDefinitions"]
    assert '"name": "KAFKA_SASL_MECHANISM", "value": "PLAIN"' in definitions
    secrets = definitions.split('"secrets": ')[1]
    assert {name for name in ("KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD") if f'"name": "{name}"' in secrets} == {
        "KAFKA_SASL_USERNAME",
        "KAFKA_SASL_PASSWORD",
    }
    assert "stand-in for the secret of" not in definitions


PLAIN_ACLS = {
    ("READ", "TOPIC", "orders", "LITERAL"),
    ("READ", "GROUP", "orders", "LITERAL"),
    ("WRITE", "TOPIC", "orders.dead-letters", "LITERAL"),
}


def test_consumers_on_basic_use_an_api_key_and_acls():
    recording = with_topic(tier="basic")
    variables = environment(recording)
    assert variables["KAFKA_SASL_MECHANISM"] == "PLAIN"
    assert not {"KAFKA_SASL_OAUTHBEARER_EXTENSIONS", "STREAM_TOKEN_FILE"} & variables.keys()
    secret = recording.one(SECRET)
    assert {"KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"} <= secret.revealed["stringData"].keys()
    assert "stringData" in secret.secrets
    account = account_of(recording)
    assert acls(recording, account) == PLAIN_ACLS
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


def test_kafka_streams_consumer_gets_roles_for_only_its_internal_resources():
    recording = with_topic(kafkaStreams=True)
    assert roles(recording, pool_of(recording)) == READS | WRITES | STREAMS_ROLES


def test_kafka_streams_consumer_on_basic_gets_acls():
    recording = with_topic(tier="basic", kafkaStreams=True)
    assert acls(recording, account_of(recording)) == PLAIN_ACLS | STREAMS_ACLS


SUBJECTS = {("DeveloperRead", "subject=orders-key"), ("DeveloperRead", "subject=orders-value")}


def test_identity_pool_can_read_only_the_topic_s_subjects():
    recording = with_topic(schemaRegistry=True)
    variables = environment(recording)
    assert variables["STREAM_SCHEMA_REGISTRY"] == recording.outputs["schemaRegistry"]
    assert variables["STREAM_SCHEMA_REGISTRY"].startswith("https://psrc-")
    assert variables["STREAM_SCHEMA_REGISTRY_CLUSTER"].startswith("lsrc-")
    assert variables["STREAM_SCHEMA_REGISTRY_IDENTITY_POOL"] == pool_of(recording)
    assert roles(recording, pool_of(recording)) >= SUBJECTS


def test_consumers_without_tokens_get_a_schema_registry_key():
    recording = with_topic(tier="basic", schemaRegistry=True)
    key = named(recording, KEY, f"{NAME}-consumer-schemas")
    assert key.inputs["managedResource"]["id"].startswith("lsrc-")
    assert key.inputs["owner"]["id"] == account_of(recording)
    content = recording.one(SECRET).revealed["stringData"]
    assert {"STREAM_SCHEMA_REGISTRY_USERNAME", "STREAM_SCHEMA_REGISTRY_PASSWORD"} <= content.keys()
    assert roles(recording, account_of(recording)) == SUBJECTS


def test_no_schema_registry_settings_by_default():
    recording = shipped(STACK).recording
    assert not [name for name in environment(recording) if name.startswith("STREAM_SCHEMA_REGISTRY")]
    assert "schemaRegistry" not in recording.outputs


def test_fewer_partitions_are_refused_in_the_preview():
    recording = shipped(STACK).recording
    component, topic = recording.one(COMPONENT), topic_of(recording)
    assert component.inputs == {"partitions": 3}, "the component must store the number of partitions"
    assert component.urn == topic.parent, "the component must be updated before the topic"
    with pytest.raises(ChangeRefusedError) as refusal:
        before_update(recording, component, {"partitions": 3}, {"partitions": 2})
    assert str(refusal.value).startswith(
        "pipes.orders.parallelism: cannot be changed from 3 to 2. Kafka cannot remove partitions"
    )
    assert "add a pipe with a different name and parallelism 2" in str(refusal.value)


def test_more_partitions_are_allowed():
    recording = shipped(STACK).recording
    before_update(recording, recording.one(COMPONENT), {"partitions": 3}, {"partitions": 4})
