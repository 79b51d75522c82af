"""Managed identities of pods on AKS."""

from tests.stacks import REMOVED, planned, shipped

STACK = "azure-eventhubs-aks"
ROLE = "azure-native:authorization:RoleAssignment"
IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"


def recording():
    return shipped(STACK).recording


def needs(resource):
    """Return the types and names of all resources that a resource waits for."""
    return {(recording().by_urn(urn).type, recording().by_urn(urn).name) for urn in recording().requirements(resource)}


def test_one_service_account_gets_an_identity_with_exactly_the_topic_s_grants():
    recorded = recording()
    credential = recorded.one("azure-native:managedidentity:FederatedIdentityCredential")
    assert credential.inputs["subject"] == "system:serviceaccount:orders:consumer"
    assert credential.inputs["audiences"] == ["api://AzureADTokenExchange"]
    assert credential.inputs["issuer"].startswith("https://")
    rights = [each for each in recorded.of_type(ROLE) if each.name.startswith(f"{STACK}-orders-")]
    assert {each.name for each in rights} == {
        f"{STACK}-orders-azure-event-hubs-data-receiver",
        f"{STACK}-orders-azure-event-hubs-data-sender",  # for dead letters
    }
    assert credential.inputs["resourceName"] == f"{STACK}-orders-pods"


def test_pods_wait_for_their_identity_and_its_roles():
    recorded = recording()
    [deployment] = recorded.of_type("kubernetes:apps/v1:Deployment")
    assert deployment.input("spec.template.metadata.labels")["azure.workload.identity/use"] == "true"
    account = recorded.one("kubernetes:core/v1:ServiceAccount")
    assert set(account.input("metadata.annotations")) == {"azure.workload.identity/client-id"}
    waits = needs(deployment)
    assert ("azure-native:managedidentity:FederatedIdentityCredential", f"{STACK}-orders-identity") in waits
    assert (ROLE, f"{STACK}-orders-azure-event-hubs-data-receiver") in waits


def test_a_pipe_named_aks_has_a_separate_identity():
    plan = planned(
        {"data-pipes:pipes": {"aks": {"parallelism": 1, "consumer": {"image": ":1"}}, "orders": REMOVED}}, stack=STACK
    )
    assert plan.problems == ()
    names = [each.inputs["resourceName"] for each in plan.recording.of_type(IDENTITY)]
    assert len(names) == len(set(names))
