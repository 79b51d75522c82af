"""The cloud identity of pods on GKE."""

from components.gcp.names import account_email, account_id
from tests.stacks import REMOVED, planned, shipped

STACK = "gcp-pubsub-gke"
BINDING = "gcp:serviceaccount/iAMMember:IAMMember"
RIGHT = "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember"
ACCOUNT = "gcp:serviceaccount/account:Account"


def recording():
    return shipped(STACK).recording


def needs(resource):
    """The names and types of all that a resource waits for."""
    return {(recording().by_urn(urn).type, recording().by_urn(urn).name) for urn in recording().requirements(resource)}


def test_pods_of_one_service_account_get_an_identity_with_the_subscription_s_grants_and_no_other():
    binding = recording().one(BINDING)
    assert binding.inputs["role"] == "roles/iam.workloadIdentityUser"
    assert binding.inputs["member"] == "serviceAccount:data-pipes-42.svc.id.goog[orders/gcp-pubsub-gke-consumer]"
    email = account_email(account_id(f"{STACK}-orders"), "data-pipes-42")
    assert binding.inputs["serviceAccountId"].endswith(f"/serviceAccounts/{email}")
    rights = [each for each in recording().resources if each.inputs.get("member") == f"serviceAccount:{email}"]
    assert {each.type for each in rights} == {RIGHT}


def test_pods_start_with_their_identity_and_its_rights():
    account = recording().one("kubernetes:core/v1:ServiceAccount")
    email = account_email(account_id(f"{STACK}-orders"), "data-pipes-42")
    assert account.input("metadata.annotations") == {"iam.gke.io/gcp-service-account": email}
    waits = needs(recording().one("kubernetes:apps/v1:Deployment"))
    assert (BINDING, f"{STACK}-orders-identity") in waits
    assert {name for kind, name in waits if kind == RIGHT and "orders" in name}


def test_the_project_knows_its_clusters_service_accounts_once_it_has_a_cluster():
    assert ("gcp:container/cluster:Cluster", f"{STACK}-gke") in needs(recording().one(BINDING))


def test_a_pipe_of_any_name_has_an_identity_of_its_own():
    pipes = {"gke": {"parallelism": 1}, "nodes": {"parallelism": 1}, "orders": REMOVED}
    pipes = {name: pipe if pipe is REMOVED else {**pipe, "consumer": {"image": ":1"}} for name, pipe in pipes.items()}
    plan = planned({"data-pipes:pipes": pipes}, stack=STACK)
    assert plan.problems == ()
    names = [each.inputs["accountId"] for each in plan.recording.of_type(ACCOUNT)]
    assert len(names) == len(set(names)) == 3


def test_a_pipe_of_the_same_name_in_another_stack_of_the_project_is_somebody_else():
    other = planned({"data-pipes:name": "other"}, stack=STACK).recording
    assert other.one(BINDING).inputs["member"] != recording().one(BINDING).inputs["member"]
    assert other.one("kubernetes:core/v1:ServiceAccount").input("metadata.name") == "other-consumer"
