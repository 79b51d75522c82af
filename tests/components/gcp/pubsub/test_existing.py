"""Tests of Pub/Sub topics that were there before."""

import pytest

from tests.components.gcp.existing import on_existing_gke, refusal
from tests.stacks import planned, refused, rule

TOPIC = "gcp:pubsub/topic:Topic"
SUBSCRIPTION = "gcp:pubsub/subscription:Subscription"
READ = {"topic": {"existing": True, "name": "shop-orders"}}
PATH = "projects/data-pipes-42/topics/shop-orders"


def named(plan, kind):
    return {each.inputs["name"] for each in plan.recording.of_type(kind)}


def test_the_stack_makes_its_own_subscription_and_dead_letters_and_no_topic():
    plan = on_existing_gke(pipe=READ)
    assert named(plan, TOPIC) == {"gx-orders.dead-letters"}
    assert named(plan, SUBSCRIPTION) == {"gx-orders", "gx-orders.dead-letters"}
    own = plan.recording.one("gx-orders-subscription")
    assert own.inputs["topic"] == PATH
    assert own.inputs["deadLetterPolicy"]["deadLetterTopic"].endswith("/gx-orders.dead-letters")
    assert [(each.partitions, each.replicas) for each in plan.pipes] == [(3, 3)]


def test_the_default_name_is_that_of_the_pipe():
    plan = on_existing_gke(pipe={"topic": {"existing": True}})
    assert plan.recording.one("gx-orders-subscription").inputs["topic"] == "projects/data-pipes-42/topics/orders"


def test_in_mode_partitioned_each_consumer_has_a_subscription_of_the_existing_topic():
    plan = on_existing_gke(pipe={"topic": {"existing": True, "name": "shop-orders", "mode": "partitioned"}})
    own = [each for each in plan.recording.of_type(SUBSCRIPTION) if each.inputs["topic"] == PATH]
    assert {each.inputs["name"]: each.inputs["filter"] for each in own} == {
        f"gx-orders.{number}": f'attributes.partition = "{number}"' for number in range(3)
    }
    filters = [
        each["conditionThreshold"]["filter"]
        for policy in plan.recording.of_type("gcp:monitoring/alertPolicy:AlertPolicy")
        for each in policy.inputs["conditions"]
        if "conditionThreshold" in each
    ]
    assert filters
    assert all("gx-orders[.][0-9]+" in each for each in filters)


def test_a_subscription_keeps_its_identity_when_the_topic_is_no_longer_made():
    made = on_existing_gke().recording.one("gx-orders-subscription").urn
    assert on_existing_gke(pipe=READ).recording.one("gx-orders-subscription").urn == made


def test_a_missing_topic_is_refused_with_its_key():
    message = refusal(pipe={"topic": {"existing": True, "name": "missing"}})
    assert message.startswith(
        "pipes.orders.topic.name: must be the name of a Pub/Sub topic in the project data-pipes-42, got 'missing'"
    )


@pytest.mark.parametrize("platform", [{"service": "gke"}, {"service": "gke", "existing": {"name": "production"}}])
def test_parallelism_is_required_because_there_are_no_partitions(platform):
    config = {
        "gcp:project": "data-pipes-42",
        "gcp:region": "europe-west1",
        "data-pipes:streaming": {"service": "pubsub"},
        "data-pipes:platform": platform,
        "data-pipes:pipes": {
            "orders": {"topic": {"existing": True}, "consumer": {"image": "registry.example.com/orders:1.0.0"}}
        },
    }
    [line] = refused(config)
    assert rule(line) == "stacks/Pulumi.test.yaml: pipes.orders.parallelism: is required."
    assert "a Pub/Sub topic has no partitions" in line


@pytest.mark.parametrize("key", ["producers", "replayHours", "schema"])
def test_settings_of_the_topic_itself_are_refused(key):
    config = {
        "gcp:project": "data-pipes-42",
        "gcp:region": "europe-west1",
        "data-pipes:streaming": {"service": "pubsub"},
        "data-pipes:platform": {"service": "gke"},
        "data-pipes:pipes": {"orders": {"parallelism": 3, "topic": {"existing": True, key: 1}}},
    }
    [line] = refused(config)
    assert f"pipes.orders.topic.{key}: cannot be used with " in line


def test_the_number_of_subscriptions_of_existing_topics_is_limited_too():
    config = {
        "gcp:project": "data-pipes-42",
        "gcp:region": "europe-west1",
        "data-pipes:streaming": {"service": "pubsub"},
        "data-pipes:platform": {"service": "gke", "existing": {"name": "production"}},
        "data-pipes:pipes": {
            "orders": {
                "parallelism": 10_000,
                "topic": {"existing": True, "mode": "partitioned"},
                "consumer": {"image": "registry.example.com/orders:1.0.0"},
            }
        },
    }
    assert [line for line in refused(config) if "must use at most 10000 subscriptions" in line]


def test_an_existing_topic_on_a_new_cluster_is_read():
    plan = planned({"data-pipes:pipes": {"orders": READ}}, stack="gcp-pubsub-gke")
    assert PATH in {each.inputs["topic"] for each in plan.recording.of_type(SUBSCRIPTION)}
