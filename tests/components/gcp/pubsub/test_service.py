"""A topic of Pub/Sub and the one subscription that all consumers of a pipe read."""

import asyncio

import pytest
from pulumi import ResourceHookArgs

from components.changes import ChangeRefusedError
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
    """The one resource of a type that has that name in the cloud."""
    [found] = [each for each in recording.of_type(type_token) if each.inputs["name"] == name]
    return found


def rights(recording, type_token):
    """Who has which role on what, in the words of a path's last part."""
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
    """A pipe with everything that a topic can have."""
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
def test_the_plan_of_the_shipped_stack_holds(preview):
    plan = shipped(STACK, preview=preview)
    assert plan.problems == ()
    assert [str(each) for each in plan.pipes] == ["orders: 3 partitions = 3 replicas"]


def test_all_consumers_read_one_subscription_that_says_how_many_they_are():
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
def test_a_subscription_keeps_order_never_expires_and_gives_up_late(recording, path, value):
    assert named(recording, SUBSCRIPTION, NAME).input(path) == value


def test_messages_stay_in_the_region_of_the_stack(recording):
    topics = recording.of_type(TOPIC)
    assert {each.inputs["name"] for each in topics} == {NAME, f"{NAME}.dead-letters"}
    for topic in topics:
        assert topic.inputs["messageStoragePolicy"] == {"allowedPersistenceRegions": ["europe-west1"]}


def test_what_nobody_asked_for_is_not_there(recording):
    assert not {"kmsKeyName", "schemaSettings", "messageRetentionDuration", "messageTransforms"} & set(
        named(recording, TOPIC, NAME).inputs
    )
    assert "filter" not in named(recording, SUBSCRIPTION, NAME).inputs
    assert recording.of_type(SCHEMA) == ()
    assert f"{STACK}-pubsub-key" not in {each.name for each in recording.of_type(KEY)}


def test_everything_of_pubsub_waits_for_its_api(full):
    [api] = [
        each
        for each in full.resources
        if each.inputs.get("service") == "pubsub.googleapis.com" and "Service" in each.type[-7:]
    ]
    for each in (*full.of_type(TOPIC), *full.of_type(SUBSCRIPTION), *full.of_type(SCHEMA)):
        assert api.urn in full.requirements(each), each.name


def test_a_dead_letter_is_kept_by_a_subscription_that_no_consumer_reads(recording):
    keeper = named(recording, SUBSCRIPTION, f"{NAME}.dead-letters")
    assert keeper.inputs["topic"].endswith(f"/topics/{NAME}.dead-letters")
    assert keeper.inputs["labels"] == {"data-pipes-subscribers": "0"}
    assert keeper.inputs["messageRetentionDuration"] == "2678400s"
    assert keeper.inputs["expirationPolicy"] == {"ttl": ""}
    assert "deadLetterPolicy" not in keeper.inputs


def test_pubsub_may_move_messages_before_anything_relies_on_it(recording):
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


def test_without_dead_letters_a_message_is_delivered_until_its_retention_ends():
    recording = with_topic(deadLetter={"enabled": False})
    assert "deadLetterPolicy" not in named(recording, SUBSCRIPTION, NAME).inputs
    assert len(recording.of_type(TOPIC)) == len(recording.of_type(SUBSCRIPTION)) == 1
    assert not [key for key in rights(recording, ON_SUBSCRIPTION) if key[2].endswith(AGENT)]
    assert recording.of_type(ON_TOPIC) == ()


def test_consumers_may_read_their_own_subscription_and_nothing_else(recording):
    own = {key for key in rights(recording, ON_SUBSCRIPTION) if not key[2].endswith(AGENT)}
    assert {(name, role) for name, role, _ in own} == {(NAME, "roles/pubsub.subscriber")}
    assert len(own) == 1
    assert recording.of_type(ON_SCHEMA) == ()


def test_consumers_are_told_where_they_read(recording):
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
def test_a_subscription_is_as_the_stack_file_says(full, path, value):
    assert named(full, SUBSCRIPTION, NAME).input(path) == value


def test_the_topic_keeps_messages_for_replay_and_dead_letters_their_own_time(full):
    assert named(full, TOPIC, NAME).inputs["messageRetentionDuration"] == "86400s"
    assert named(full, SUBSCRIPTION, f"{NAME}.dead-letters").inputs["messageRetentionDuration"] == "3600s"


def test_the_topic_takes_only_what_its_schema_says_in_the_revisions_between_two(full):
    assert named(full, SCHEMA, NAME).inputs["type"] == "AVRO"
    assert named(full, SCHEMA, NAME).inputs["definition"] == AVRO
    assert named(full, TOPIC, NAME).inputs["schemaSettings"] == {
        "schema": f"projects/data-pipes-42/schemas/{NAME}",
        "encoding": "BINARY",
        "firstRevisionId": "0a1b2c3d",
        "lastRevisionId": "4e5f6071",
    }


def test_consumers_find_the_schema_and_may_read_it_alone(full):
    data = full.one("kubernetes:core/v1:ConfigMap").inputs["data"]
    assert data["STREAM_SCHEMA"] == f"projects/data-pipes-42/schemas/{NAME}"
    [(schema, role, member)] = rights(full, ON_SCHEMA)
    assert (schema, role) == (NAME, "roles/pubsub.viewer")
    assert (NAME, "roles/pubsub.subscriber", member) in rights(full, ON_SUBSCRIPTION)


def test_a_protocol_buffer_is_called_as_the_api_calls_it():
    recording = with_topic(schema={"type": "protocol-buffer", "definition": 'syntax = "proto3"; message Order {}'})
    assert named(recording, SCHEMA, NAME).inputs["type"] == "PROTOCOL_BUFFER"
    assert named(recording, TOPIC, NAME).input("schemaSettings.encoding") == "JSON"


def test_nobody_may_publish_before_a_subscription_would_keep_the_message(full):
    subscriptions = {each.urn for each in full.of_type(SUBSCRIPTION) if each.inputs["name"] == NAME}
    publishers = [each for each in full.of_type(ON_TOPIC) if "publisher-" in each.name]
    assert subscriptions
    assert publishers
    assert all(subscriptions <= full.requirements(each) for each in publishers)


def test_publishers_may_publish_to_the_topic_and_not_to_the_dead_letters(full):
    on = {(topic, member) for topic, role, member in rights(full, ON_TOPIC) if role == "roles/pubsub.publisher"}
    assert {member for topic, member in on if topic == NAME} == {SHOP, "group:shops@example.com"}
    assert [member.endswith(AGENT) for topic, member in on if topic != NAME] == [True]


def test_with_a_key_of_its_own_no_message_is_there_before_pubsub_may_use_it(full):
    [key] = [each for each in full.of_type(KEY) if each.name == f"{STACK}-pubsub-key"]
    [use] = [each for each in full.of_type(ON_KEY) if each.name.startswith(key.name)]
    assert use.inputs["member"].endswith(AGENT)
    topics = full.of_type(TOPIC)
    assert len(topics) == 2
    for topic in topics:
        assert key.name in topic.inputs["kmsKeyName"]
        assert use.urn in full.requirements(topic)


def test_pubsub_and_the_platform_do_not_wait_for_each_other(recording):
    cluster = recording.one("gcp:container/cluster:Cluster")
    for each in (*recording.of_type(TOPIC), *recording.of_type(SUBSCRIPTION)):
        assert cluster.urn not in recording.requirements(each)
        assert each.urn not in recording.requirements(cluster)


@pytest.mark.parametrize("protect", [True, False])
def test_messages_and_what_they_are_read_with_are_protected_by_one_setting(protect):
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


def change(recording, resource, old, new):
    """Run the hooks that the engine runs before it updates a resource."""
    names = resource.hooks["before_update"]
    assert names
    for name in names:
        hook = recording.hooks[name]
        assert hook.opts is not None
        assert hook.opts.on_dry_run, "it must refuse in the preview"
        args = ResourceHookArgs(
            urn="urn", id="id", name=resource.name, type=resource.type, old_inputs=old, new_inputs=new
        )
        result = hook(args)
        if asyncio.iscoroutine(result):
            asyncio.run(result)


def labels(**topic):
    """The inputs of a topic as far as its labels go."""
    return {"labels": named(with_topic(**topic), TOPIC, NAME).inputs["labels"]}


SHARED, PARTITIONED = {}, {"mode": "partitioned"}


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (SHARED, PARTITIONED, "pipes.orders.topic.mode: is shared for the life of the topic"),
        (PARTITIONED, SHARED, "pipes.orders.topic.mode: is partitioned for the life of the topic"),
        (SHARED, {"ordering": False}, "pipes.orders.topic.ordering: is on for the life of a subscription"),
        ({"ordering": False}, SHARED, "pipes.orders.topic.ordering: is off for the life of a subscription"),
        (SHARED, {"filter": "attributes:a"}, "pipes.orders.topic.filter: is fixed with a subscription"),
        ({"filter": "attributes:a"}, {"filter": "attributes:b"}, "pipes.orders.topic.filter: is fixed with"),
        ({"filter": "attributes:a"}, SHARED, "pipes.orders.topic.filter: is fixed with a subscription"),
        (
            PARTITIONED | {"parallelism": 5},
            PARTITIONED | {"parallelism": 3},
            "pipes.orders.parallelism: cannot go from 5 to 3. In mode partitioned the subscriptions from number 3 on would go",
        ),
    ],
)
def test_what_would_take_another_subscription_is_refused_in_the_preview_with_the_way_out(
    recording, before, after, told
):
    with pytest.raises(ChangeRefusedError) as refusal:
        change(recording, named(recording, TOPIC, NAME), labels(**before), labels(**after))
    assert told in str(refusal.value)
    assert "add a pipe of another name" in str(refusal.value)
    assert "README, Removing a pipe" in str(refusal.value)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"parallelism": 5}, {"parallelism": 3}),
        (PARTITIONED | {"parallelism": 3}, PARTITIONED | {"parallelism": 5}),
        ({"retentionHours": 744}, {"retentionHours": 24, "exactlyOnce": True, "deadLetter": {"enabled": False}}),
    ],
)
def test_what_loses_no_messages_is_let_through(recording, before, after):
    change(recording, named(recording, TOPIC, NAME), labels(**before), labels(**after))


def test_a_key_can_be_added_and_not_be_taken_back(recording):
    topic = named(recording, TOPIC, NAME)
    with_key = {"kmsKeyName": "projects/p/locations/l/keyRings/r/cryptoKeys/k"}
    change(recording, topic, {}, with_key)
    change(recording, topic, with_key, with_key)
    with pytest.raises(ChangeRefusedError, match=r"streaming\.customerManagedKey: cannot be taken back"):
        change(recording, topic, with_key, {})


def test_a_schema_keeps_its_language_and_takes_a_new_definition(full):
    schema = named(full, SCHEMA, NAME)
    change(full, schema, {"type": "AVRO", "definition": "{}"}, {"type": "AVRO", "definition": AVRO})
    with pytest.raises(ChangeRefusedError, match=r"pipes\.orders\.topic\.schema\.type: is avro for the life"):
        change(full, schema, {"type": "AVRO"}, {"type": "PROTOCOL_BUFFER"})
