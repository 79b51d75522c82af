"""Tests of IAM bindings: scope and stable resource names."""

from components.gcp.grants import ROLES
from tests.stacks import planned

STACK = "gcp-pubsub-gke"
ROLE = "roles/pubsub.subscriber"
MEMBER = "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember"


def readers(parallelism):
    """Return the subscriptions that the pods of a partitioned pipe can read, by binding name."""
    pipes = {"orders": {"parallelism": parallelism, "topic": {"mode": "partitioned"}}}
    recording = planned({"data-pipes:pipes": pipes}, stack=STACK).recording
    return {
        each.name: each.inputs["subscription"]
        for each in recording.of_type(MEMBER)
        if each.inputs["role"] == ROLE and "gcp-sa-pubsub" not in each.inputs["member"]
    }


def test_adding_grants_keeps_the_names_of_existing_bindings():
    three, four = readers(3), readers(4)
    assert len(three) == 3
    assert len(set(three.values())) == 3
    assert three.items() <= four.items()
    assert len(four) == 4


def test_no_basic_role_is_granted():
    assert all(role.startswith("roles/") and "." in role for role in ROLES)
