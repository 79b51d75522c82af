"""Tests of the cloud identity of pods on GKE."""

from components.gcp.names import account_email, account_id
from tests.stacks import REMOVED, planned, shipped

STACK = "gcp-pubsub-gke"
BINDING = "gcp:serviceaccount/iAMMember:IAMMember"
RIGHT = "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember"
ACCOUNT = "gcp:serviceaccount/account:Account"


def recording():
    return shipped(STACK).recording


def needs(resource):
    """Return the names and types of all resources that a resource depends on."""
    return {(recording().by_urn(urn).type, recording().by_urn(urn).name) for urn in recording().requirements(resource)}


def test_one_kubernetes_service_account_gets_exactly_the_subscription_grants():
    binding = recording().one(BINDING)
    assert binding.inputs["role"] == "roles/iam.workloadIdentityUser"
    assert binding.inputs["member"] == "serviceAccount:data-pipes-42.svc.id.goog[orders/gcp-pubsub-gke-consumer]"
    email = account_email(account_id(f"{STACK}-orders"), "data-pipes-42")
    assert binding.inputs["serviceAccountId"].endswith(f"/serviceAccounts/{email}")
    rights = [each for each in recording().resources if each.inputs.get("member") == f"serviceAccount:{email}"]
    assert {each.type for each in rights} == {RIGHT}


def test_pods_wait_for_their_identity_and_grants():
    account = recording().one("kubernetes:core/v1:ServiceAccount")
    email = account_email(account_id(f"{STACK}-orders"), "data-pipes-42")
    assert account.input("metadata.annotations") == {"iam.gke.io/gcp-service-account": email}
    waits = needs(recording().one("kubernetes:apps/v1:Deployment"))
    assert (BINDING, f"{STACK}-orders-identity") in waits
    assert {name for kind, name in waits if kind == RIGHT and "orders" in name}


def test_identity_binding_waits_for_the_cluster():
    assert ("gcp:container/cluster:Cluster", f"{STACK}-gke") in needs(recording().one(BINDING))


def test_every_pipe_name_gets_its_own_identity():
    pipes = {"gke": {"parallelism": 1}, "nodes": {"parallelism": 1}, "orders": REMOVED}
    pipes = {name: pipe if pipe is REMOVED else {**pipe, "consumer": {"image": ":1"}} for name, pipe in pipes.items()}
    plan = planned({"data-pipes:pipes": pipes}, stack=STACK)
    assert plan.problems == ()
    names = [each.inputs["accountId"] for each in plan.recording.of_type(ACCOUNT)]
    assert len(names) == len(set(names)) == 3


def test_same_pipe_name_in_another_stack_gets_another_identity():
    other = planned({"data-pipes:name": "other"}, stack=STACK).recording
    assert other.one(BINDING).inputs["member"] != recording().one(BINDING).inputs["member"]
    assert other.one("kubernetes:core/v1:ServiceAccount").input("metadata.name") == "other-consumer"
