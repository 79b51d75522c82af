"""Roles on Google Cloud: each on one thing, for one identity, under a name that a further one does not change."""

from components.gcp.grants import ROLES
from tests.stacks import planned

STACK = "gcp-pubsub-gke"
ROLE = "roles/pubsub.subscriber"
MEMBER = "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember"


def readers(parallelism):
    """What the pods of a pipe with a subscription for each partition may read, by the binding's name."""
    pipes = {"orders": {"parallelism": parallelism, "topic": {"mode": "partitioned"}}}
    recording = planned({"data-pipes:pipes": pipes}, stack=STACK).recording
    return {
        each.name: each.inputs["subscription"]
        for each in recording.of_type(MEMBER)
        if each.inputs["role"] == ROLE and "gcp-sa-pubsub" not in each.inputs["member"]
    }


def test_a_role_on_several_things_is_bound_to_each_and_more_of_them_change_no_name():
    three, four = readers(3), readers(4)
    assert len(three) == 3
    assert len(set(three.values())) == 3
    assert three.items() <= four.items()
    assert len(four) == 4


def test_no_role_is_a_basic_one():
    assert all(role.startswith("roles/") and "." in role for role in ROLES)
