"""Tests of a Pub/Sub topic with one shared subscription."""

import pytest

from components.changes import ChangeRefusedError
from tests.hooks import before_update
from tests.stacks import planned, shipped

STACK = "gcp-pubsub-gke"
NAME = f"{STACK}-orders"
TOPIC = "gcp:pubsub/topic:Topic"
SUBSCRIPTION = "gcp:pubsub/subscription:Subscription"
SCHEMA = "gcp:pubsub/schema:Schema"
ON_TOPIC = "gcp:pubsub/topicIAMMember:TopicIAMMember"
ON_SUBSCRIPTION = "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember"
ON_SCHEMA = "gcp:pubsub/schemaIamMember:SchemaIamMember"
KEY = "gcp:kms/cryptoKey:CryptoKey"
ON_KEY = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
AGENT = "@gcp-sa-pubsub.iam.gserviceaccount.com"
SHOP = "serviceAccount:shop@my-project.iam.gserviceaccount.com"
AVRO = '{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}]}'


def with_topic(parallelism=3, **topic):
    return planned(
        {"data-pipes:pipes": {"orders": {"parallelism": parallelism, "topic": topic}}}, stack=STACK
    ).recording


def named(recording, type_token, name):
    """Return the resource of a type with this cloud name."""
    [found] = [each for each in recording.of_type(type_token) if each.inputs["name"] == name]
    return found


def rights(recording, type_token):
    """Return (resource, role, member) of all bindings, with short resource names."""
    thing = {ON_TOPIC: "topic", ON_SUBSCRIPTION: "subscription", ON_SCHEMA: "schema"}[type_token]
    return {
        (each.inputs[thing].rsplit("/", 1)[-1], each.inputs["role"], each.inputs["member"]): each
        for each in recording.of_type(type_token)
    }


@pytest.fixture(scope="module")
def recording():
    return shipped(STACK).recording


@pytest.fixture(scope="module")
def full():
    """A pipe with all optional topic settings."""
    return planned(
        {
            "data-pipes:streaming": {"customerManagedKey": True},
            "data-pipes:pipes": {
                "orders": {
                    "topic": {
                        "ordering": False,
                        "exactlyOnce": True,
                        "retentionHours": 744,
                        "replayHours": 24,
                        "ackDeadlineSeconds": 600,
                        "retry": {"minimumBackoffSeconds": 0, "maximumBackoffSeconds": 30},
                        "deadLetter": {"maxDeliveryAttempts": 100, "retentionHours": 1},
                        "filter": 'attributes.kind = "order"',
                        "schema": {
                            "type": "avro",
                            "definition": AVRO,
                            "encoding": "binary",
                            "firstRevision": "0a1b2c3d",
                            "lastRevision": "4e5f6071",
                        },
                        "producers": [SHOP, "group:shops@example.com"],
                    }
                }
            },
        },
        stack=STACK,
    ).recording


@pytest.mark.parametrize("preview", [False, True])
def test_shipped_stack_has_no_problems(preview):
    plan = shipped(STACK, preview=preview)
    assert plan.problems == ()
    assert [str(each) for each in plan.pipes] == ["orders: 3 partitions = 3 replicas"]


def test_all_consumers_share_one_subscription_labelled_with_their_number():
    recording = with_topic(parallelism=4)
    subscription = named(recording, SUBSCRIPTION, NAME)
    assert subscription.inputs["labels"] == {"data-pipes-subscribers": "4"}
    assert recording.one(DEPLOYMENT).input("spec.replicas") == 4
    assert recording.of_type("kubernetes:apps/v1:StatefulSet") == ()
    assert subscription.urn in recording.requirements(recording.one(DEPLOYMENT))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("enableMessageOrdering", True),
        ("enableExactlyOnceDelivery", False),
        ("ackDeadlineSeconds", 60),
        ("messageRetentionDuration", "604800s"),
        ("expirationPolicy", {"ttl": ""}),
        ("retryPolicy", {"minimumBackoff": "10s", "maximumBackoff": "600s"}),
        ("deadLetterPolicy.maxDeliveryAttempts", 10),
    ],
)
def test_subscription_defaults(recording, path, value):
    assert named(recording, SUBSCRIPTION, NAME).input(path) == value


def test_messages_are_stored_only_in_the_stack_s_region(recording):
    topics = recording.of_type(TOPIC)
    assert {each.inputs["name"] for each in topics} == {NAME, f"{NAME}.dead-letters"}
    for topic in topics:
        assert topic.inputs["messageStoragePolicy"] == {"allowedPersistenceRegions": ["europe-west1"]}


def test_optional_features_are_off_by_default(recording):
    assert not {"kmsKeyName", "schemaSettings", "messageRetentionDuration", "messageTransforms"} & set(
        named(recording, TOPIC, NAME).inputs
    )
    assert "filter" not in named(recording, SUBSCRIPTION, NAME).inputs
    assert recording.of_type(SCHEMA) == ()
    assert f"{STACK}-pubsub-key" not in {each.name for each in recording.of_type(KEY)}


def test_all_pubsub_resources_wait_for_the_api(full):
    [api] = [
        each
        for each in full.resources
        if each.inputs.get("service") == "pubsub.googleapis.com" and "Service" in each.type[-7:]
    ]
    for each in (*full.of_type(TOPIC), *full.of_type(SUBSCRIPTION), *full.of_type(SCHEMA)):
        assert api.urn in full.requirements(each), each.name


def test_dead_letter_subscription_has_no_consumer(recording):
    keeper = named(recording, SUBSCRIPTION, f"{NAME}.dead-letters")
    assert keeper.inputs["topic"].endswith(f"/topics/{NAME}.dead-letters")
    assert keeper.inputs["labels"] == {"data-pipes-subscribers": "0"}
    assert keeper.inputs["messageRetentionDuration"] == "2678400s"
    assert keeper.inputs["expirationPolicy"] == {"ttl": ""}
    assert "deadLetterPolicy" not in keeper.inputs


def test_pubsub_gets_dead_letter_permissions_before_consumers_start(recording):
    subscription = named(recording, SUBSCRIPTION, NAME)
    assert subscription.input("deadLetterPolicy.deadLetterTopic").endswith(f"/topics/{NAME}.dead-letters")
    [publishes] = [
        right
        for (topic, role, member), right in rights(recording, ON_TOPIC).items()
        if (topic, role) == (f"{NAME}.dead-letters", "roles/pubsub.publisher") and member.endswith(AGENT)
    ]
    [acknowledges] = [
        right
        for (name, role, member), right in rights(recording, ON_SUBSCRIPTION).items()
        if (name, role) == (NAME, "roles/pubsub.subscriber") and member.endswith(AGENT)
    ]
    keeper = named(recording, SUBSCRIPTION, f"{NAME}.dead-letters")
    assert {publishes.urn, keeper.urn} <= recording.requirements(subscription)
    assert acknowledges.urn in recording.requirements(recording.one(DEPLOYMENT))


def test_dead_letters_can_be_disabled():
    recording = with_topic(deadLetter={"enabled": False})
    assert "deadLetterPolicy" not in named(recording, SUBSCRIPTION, NAME).inputs
    assert len(recording.of_type(TOPIC)) == len(recording.of_type(SUBSCRIPTION)) == 1
    assert not [key for key in rights(recording, ON_SUBSCRIPTION) if key[2].endswith(AGENT)]
    assert recording.of_type(ON_TOPIC) == ()


def test_consumers_can_read_only_their_own_subscription(recording):
    own = {key for key in rights(recording, ON_SUBSCRIPTION) if not key[2].endswith(AGENT)}
    assert {(name, role) for name, role, _ in own} == {(NAME, "roles/pubsub.subscriber")}
    assert len(own) == 1
    assert recording.of_type(ON_SCHEMA) == ()


def test_consumers_get_the_subscription_in_their_environment(recording):
    data = recording.one("kubernetes:core/v1:ConfigMap").inputs["data"]
    assert {name: value for name, value in data.items() if name.startswith("STREAM_")} == {
        "STREAM_SERVICE": "pubsub",
        "STREAM_TOPIC": NAME,
        "STREAM_GROUP": NAME,
        "STREAM_SUBSCRIPTION": f"projects/data-pipes-42/subscriptions/{NAME}",
    }


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("enableMessageOrdering", False),
        ("enableExactlyOnceDelivery", True),
        ("ackDeadlineSeconds", 600),
        ("messageRetentionDuration", "2678400s"),
        ("retryPolicy", {"minimumBackoff": "0s", "maximumBackoff": "30s"}),
        ("deadLetterPolicy.maxDeliveryAttempts", 100),
        ("filter", 'attributes.kind = "order"'),
    ],
)
def test_subscription_settings_are_applied(full, path, value):
    assert named(full, SUBSCRIPTION, NAME).input(path) == value


def test_replay_and_dead_letter_retention_are_applied(full):
    assert named(full, TOPIC, NAME).inputs["messageRetentionDuration"] == "86400s"
    assert named(full, SUBSCRIPTION, f"{NAME}.dead-letters").inputs["messageRetentionDuration"] == "3600s"


def test_topic_enforces_its_schema_and_revision_range(full):
    assert named(full, SCHEMA, NAME).inputs["type"] == "AVRO"
    assert named(full, SCHEMA, NAME).inputs["definition"] == AVRO
    assert named(full, TOPIC, NAME).inputs["schemaSettings"] == {
        "schema": f"projects/data-pipes-42/schemas/{NAME}",
        "encoding": "BINARY",
        "firstRevisionId": "0a1b2c3d",
        "lastRevisionId": "4e5f6071",
    }


def test_consumers_can_read_only_their_schema(full):
    data = full.one("kubernetes:core/v1:ConfigMap").inputs["data"]
    assert data["STREAM_SCHEMA"] == f"projects/data-pipes-42/schemas/{NAME}"
    [(schema, role, member)] = rights(full, ON_SCHEMA)
    assert (schema, role) == (NAME, "roles/pubsub.viewer")
    assert (NAME, "roles/pubsub.subscriber", member) in rights(full, ON_SUBSCRIPTION)


def test_protocol_buffer_type_uses_the_api_name():
    recording = with_topic(schema={"type": "protocol-buffer", "definition": 'syntax = "proto3"; message Order {}'})
    assert named(recording, SCHEMA, NAME).inputs["type"] == "PROTOCOL_BUFFER"
    assert named(recording, TOPIC, NAME).input("schemaSettings.encoding") == "JSON"


def test_publishers_wait_for_the_subscriptions(full):
    subscriptions = {each.urn for each in full.of_type(SUBSCRIPTION) if each.inputs["name"] == NAME}
    publishers = [each for each in full.of_type(ON_TOPIC) if "publisher-" in each.name]
    assert subscriptions
    assert publishers
    assert all(subscriptions <= full.requirements(each) for each in publishers)


def test_publishers_can_publish_only_to_the_topic(full):
    on = {(topic, member) for topic, role, member in rights(full, ON_TOPIC) if role == "roles/pubsub.publisher"}
    assert {member for topic, member in on if topic == NAME} == {SHOP, "group:shops@example.com"}
    assert [member.endswith(AGENT) for topic, member in on if topic != NAME] == [True]


def test_customer_managed_key_is_usable_before_topics_are_created(full):
    [key] = [each for each in full.of_type(KEY) if each.name == f"{STACK}-pubsub-key"]
    [use] = [each for each in full.of_type(ON_KEY) if each.name.startswith(key.name)]
    assert use.inputs["member"].endswith(AGENT)
    topics = full.of_type(TOPIC)
    assert len(topics) == 2
    for topic in topics:
        assert key.name in topic.inputs["kmsKeyName"]
        assert use.urn in full.requirements(topic)


def test_pubsub_and_the_platform_are_created_in_parallel(recording):
    cluster = recording.one("gcp:container/cluster:Cluster")
    for each in (*recording.of_type(TOPIC), *recording.of_type(SUBSCRIPTION)):
        assert cluster.urn not in recording.requirements(each)
        assert each.urn not in recording.requirements(cluster)


@pytest.mark.parametrize("protect", [True, False])
def test_protect_applies_to_all_pubsub_resources(protect):
    recording = planned(
        {
            "data-pipes:protect": protect,
            "data-pipes:streaming": {"customerManagedKey": True},
            "data-pipes:pipes": {"orders": {"topic": {"schema": {"type": "avro", "definition": AVRO}}}},
        },
        stack=STACK,
    ).recording
    held = [*recording.of_type(TOPIC), *recording.of_type(SUBSCRIPTION), recording.one(SCHEMA)]
    assert len(held) == 5
    for each in (*held, recording.one(f"{STACK}-pubsub-key")):
        assert each.protect is protect, each.name


def labels(**topic):
    """Return a topic's inputs with only its labels."""
    return {"labels": named(with_topic(**topic), TOPIC, NAME).inputs["labels"]}


SHARED, PARTITIONED = {}, {"mode": "partitioned"}


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (SHARED, PARTITIONED, "pipes.orders.topic.mode: cannot be changed from shared to partitioned (mode"),
        (PARTITIONED, SHARED, "pipes.orders.topic.mode: cannot be changed from partitioned to shared (mode"),
        (SHARED, {"ordering": False}, "pipes.orders.topic.ordering: cannot be changed from on to off (ordering"),
        ({"ordering": False}, SHARED, "pipes.orders.topic.ordering: cannot be changed from off to on (ordering"),
        (SHARED, {"filter": "attributes:a"}, "pipes.orders.topic.filter: cannot be changed (the filter is fixed"),
        (
            {"filter": "attributes:a"},
            {"filter": "attributes:b"},
            "pipes.orders.topic.filter: cannot be changed (the filter",
        ),
        ({"filter": "attributes:a"}, SHARED, "pipes.orders.topic.filter: cannot be changed (the filter is fixed"),
        (
            PARTITIONED | {"parallelism": 5},
            PARTITIONED | {"parallelism": 3},
            "pipes.orders.parallelism: cannot be changed from 5 to 3. Subscriptions 3 and up would be deleted with their unread messages",
        ),
    ],
)
def test_changes_that_would_lose_messages_are_refused_in_the_preview(recording, before, after, message):
    with pytest.raises(ChangeRefusedError) as refusal:
        before_update(recording, named(recording, TOPIC, NAME), labels(**before), labels(**after))
    assert message in str(refusal.value)
    assert "add a pipe with a different name" in str(refusal.value)
    assert "docs/changing.md, Remove a pipe" in str(refusal.value)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"parallelism": 5}, {"parallelism": 3}),
        (PARTITIONED | {"parallelism": 3}, PARTITIONED | {"parallelism": 5}),
        ({"retentionHours": 744}, {"retentionHours": 24, "exactlyOnce": True, "deadLetter": {"enabled": False}}),
    ],
)
def test_changes_that_lose_no_messages_are_allowed(recording, before, after):
    before_update(recording, named(recording, TOPIC, NAME), labels(**before), labels(**after))


def test_customer_managed_key_can_be_added_but_not_removed(recording):
    topic = named(recording, TOPIC, NAME)
    with_key = {"kmsKeyName": "projects/p/locations/l/keyRings/r/cryptoKeys/k"}
    before_update(recording, topic, {}, with_key)
    before_update(recording, topic, with_key, with_key)
    with pytest.raises(ChangeRefusedError, match=r"streaming\.customerManagedKey: cannot be turned off again"):
        before_update(recording, topic, with_key, {})


def test_schema_definition_can_change_but_type_cannot(full):
    schema = named(full, SCHEMA, NAME)
    before_update(full, schema, {"type": "AVRO", "definition": "{}"}, {"type": "AVRO", "definition": AVRO})
    with pytest.raises(
        ChangeRefusedError, match=r"pipes\.orders\.topic\.schema\.type: cannot be changed from avro to protocol-buffer"
    ):
        before_update(full, schema, {"type": "AVRO"}, {"type": "PROTOCOL_BUFFER"})
