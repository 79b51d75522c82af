"""Tests of a Pub/Sub topic with one subscription per partition, each read by one pod."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.gcp.pubsub.filter import MOST_BYTES, partition_filter, subscription_filters, too_long
from tests.stacks import planned

STACK = "gcp-pubsub-gke"
NAME = f"{STACK}-orders"
TOPIC = "gcp:pubsub/topic:Topic"
SUBSCRIPTION = "gcp:pubsub/subscription:Subscription"
ON_SUBSCRIPTION = "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember"
STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
AGENT = "@gcp-sa-pubsub.iam.gserviceaccount.com"


def partitioned(parallelism=3, *, preview=False, **topic):
    pipe = {"parallelism": parallelism, "topic": {"mode": "partitioned"} | topic}
    return planned({"data-pipes:pipes": {"orders": pipe}}, stack=STACK, preview=preview)


@pytest.fixture(scope="module")
def recording():
    return partitioned().recording


def of_partitions(recording):
    """Return the partition subscriptions in order."""
    found = [each for each in recording.of_type(SUBSCRIPTION) if "filter" in each.inputs]
    return sorted(found, key=lambda each: int(each.inputs["name"].rsplit(".", 1)[1]))


def container(recording):
    [found] = recording.one(STATEFUL_SET).input("spec.template.spec.containers")
    return found


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize("parallelism", [1, 3])
def test_there_is_one_subscription_per_pod(parallelism, preview):
    plan = partitioned(parallelism, preview=preview)
    assert plan.problems == ()
    assert [(each.partitions, each.replicas) for each in plan.pipes] == [(parallelism, parallelism)]
    assert len(of_partitions(plan.recording)) == parallelism
    assert plan.recording.one(STATEFUL_SET).input("spec.replicas") == parallelism
    assert plan.recording.of_type("kubernetes:apps/v1:Deployment") == ()


def test_each_subscription_filters_one_partition(recording):
    subscriptions = of_partitions(recording)
    assert [each.inputs["name"] for each in subscriptions] == [f"{NAME}.0", f"{NAME}.1", f"{NAME}.2"]
    assert [each.inputs["filter"] for each in subscriptions] == [
        'attributes.partition = "0"',
        'attributes.partition = "1"',
        'attributes.partition = "2"',
    ]
    assert {each.inputs["labels"]["data-pipes-subscribers"] for each in subscriptions} == {"1"}
    assert {each.inputs["enableMessageOrdering"] for each in subscriptions} == {True}
    assert {each.input("expirationPolicy.ttl") for each in subscriptions} == {""}
    assert all(
        each.input("deadLetterPolicy.deadLetterTopic").endswith(f"/{NAME}.dead-letters") for each in subscriptions
    )


def test_each_pod_reads_the_subscription_with_its_number(recording):
    variables = {each["name"]: each for each in container(recording)["env"]}
    numbered = variables["STREAM_SUBSCRIPTION"]["value"]
    names = [numbered.replace("$(STREAM_PARTITION)", str(number)) for number in range(3)]
    assert names == [f"projects/data-pipes-42/subscriptions/{each.inputs['name']}" for each in of_partitions(recording)]
    order = list(variables)
    assert order.index("STREAM_PARTITION") < order.index("STREAM_SUBSCRIPTION"), "Kubernetes expands what came before"
    assert "STREAM_SUBSCRIPTION" not in recording.one("kubernetes:core/v1:ConfigMap").inputs["data"]


def test_consumers_can_read_only_their_own_partitions(recording):
    own = [each for each in recording.of_type(ON_SUBSCRIPTION) if not each.inputs["member"].endswith(AGENT)]
    read = sorted(each.inputs["subscription"].rsplit("/", 1)[-1] for each in own)
    assert read == [f"{NAME}.0", f"{NAME}.1", f"{NAME}.2"]
    assert {each.inputs["role"] for each in own} == {"roles/pubsub.subscriber"}
    assert len({each.inputs["member"] for each in own}) == 1


def test_pods_wait_for_subscriptions_and_dead_letter_permissions(recording):
    agents = [each for each in recording.of_type(ON_SUBSCRIPTION) if each.inputs["member"].endswith(AGENT)]
    assert sorted(each.inputs["subscription"] for each in agents) == [f"{NAME}.0", f"{NAME}.1", f"{NAME}.2"]
    needed = {each.urn for each in (*of_partitions(recording), *agents)}
    assert needed <= recording.requirements(recording.one(STATEFUL_SET))


def test_raising_parallelism_keeps_existing_subscriptions(recording):
    before = {each.urn: each.inputs for each in of_partitions(recording)}
    after = {each.urn: each.inputs for each in of_partitions(partitioned(5).recording)}
    assert len(after) == 5
    assert {urn: after[urn] for urn in before} == before


def test_partition_count_is_a_topic_label_and_an_output():
    recording = partitioned(5).recording
    [topic] = [each for each in recording.of_type(TOPIC) if each.inputs["name"] == NAME]
    assert topic.inputs["labels"]["data-pipes-partitions"] == "5"
    assert recording.outputs["pipes"]["orders"] == {"topic": NAME, "partitions": 5, "replicas": 5}


def test_every_subscription_is_protected(recording):
    assert all(each.protect for each in of_partitions(recording))


def test_pipe_filter_applies_to_every_partition():
    recording = partitioned(2, filter='attributes.kind = "order" OR attributes.kind = "refund"').recording
    assert [each.inputs["filter"] for each in of_partitions(recording)] == [
        '(attributes.kind = "order" OR attributes.kind = "refund") AND attributes.partition = "0"',
        '(attributes.kind = "order" OR attributes.kind = "refund") AND attributes.partition = "1"',
    ]


@given(partitions=st.integers(1, 10_000))
def test_partition_filters_alone_never_exceed_the_limit(partitions):
    assert too_long([partition_filter(partitions - 1)]) is None


@given(own=st.text(min_size=1, max_size=300), partitions=st.one_of(st.none(), st.integers(1, 200)))
def test_filter_length_includes_the_partition_condition(own, partitions):
    filters = subscription_filters(own, partitions)
    longest = max(len((each or "").encode()) for each in filters)
    assert too_long(filters) == (longest if longest > MOST_BYTES else None)
    assert all(own in (each or "") for each in filters)
    assert len(set(filters)) == (partitions or 1)


def test_filter_limit_is_256_bytes():
    assert too_long(["x" * 256]) is None
    assert too_long(["x" * 257]) == 257
    assert too_long(["ä" * 129]) == 258, "the limit is in bytes, not characters"
    assert too_long([None]) is None
