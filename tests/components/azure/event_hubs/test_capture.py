"""Tests of captured records and their storage account."""

import pytest

from tests.stacks import planned, shipped

STACK = "azure-eventhubs-aks"
NAME = "azure-eventhubs-aks-orders"
NAMESPACE = "azure-native:eventhub:Namespace"
HUB = f"{NAME}-hub"
CONTAINER = "azure-native:storage:BlobContainer"
RIGHT = "azure-native:authorization:RoleAssignment"
CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"


def capturing(**capture):
    return planned({"data-pipes:pipes": {"orders": {"topic": {"capture": capture}}}}, stack=STACK).recording


@pytest.fixture(scope="module")
def recording():
    return capturing()


def test_without_capture_there_is_no_storage_account():
    recording = shipped(STACK).recording
    assert not recording.of_type(CONTAINER)
    assert f"{STACK}-storage" not in {each.name for each in recording.resources}


def test_captured_files_are_written_with_the_namespace_s_identity(recording):
    description = dict(recording.one(HUB).inputs["captureDescription"])
    destination = dict(description.pop("destination"))
    account = recording.one(f"{STACK}-storage").inputs["accountName"]
    assert destination.pop("storageAccountResourceId").endswith(f"/storageAccounts/{account}")
    assert destination == {
        "name": "EventHubArchive.AzureBlockBlob",
        "blobContainer": "capture-orders",
        "archiveNameFormat": "{Namespace}/{EventHub}/{PartitionId}/{Year}/{Month}/{Day}/{Hour}/{Minute}/{Second}",
        "identity": {"type": "SystemAssigned"},
    }
    assert description == {
        "enabled": True,
        "encoding": "Avro",
        "intervalInSeconds": 300,
        "sizeLimitInBytes": 314_572_800,
        "skipEmptyArchives": True,
    }


def test_the_capture_interval_and_size_are_configurable():
    description = capturing(intervalSeconds=60, size=10, emptyFiles=True).one(HUB).inputs["captureDescription"]
    assert description["intervalInSeconds"] == 60
    assert description["sizeLimitInBytes"] == 10_485_760
    assert description["skipEmptyArchives"] is False


def test_the_event_hub_waits_for_the_namespace_s_role_on_its_container_only(recording):
    right = recording.one(f"{NAME}-capture-right")
    assert right.inputs["roleDefinitionId"].endswith(CONTRIBUTOR)
    assert right.inputs["scope"].endswith("/containers/capture-orders")
    assert right.property_dependencies["principalId"] == {recording.one(NAMESPACE).urn}
    assert right.urn in recording.requirements(recording.one(HUB))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("kind", "StorageV2"),
        ("sku.name", "Standard_ZRS"),
        ("isHnsEnabled", False),
        ("allowSharedKeyAccess", False),
        ("allowBlobPublicAccess", False),
        ("allowCrossTenantReplication", False),
        ("isLocalUserEnabled", False),
        ("enableHttpsTrafficOnly", True),
        ("minimumTlsVersion", "TLS1_2"),
        ("publicNetworkAccess", "Disabled"),
        ("networkRuleSet", {"defaultAction": "Deny", "bypass": "AzureServices"}),
        ("tags", {"data-pipes": STACK}),
    ],
)
def test_the_storage_account_is_private_and_accepts_only_entra_identities(recording, path, value):
    assert recording.one(f"{STACK}-storage").input(path) == value


def test_the_storage_account_name_is_valid_on_azure(recording):
    name = recording.one(f"{STACK}-storage").inputs["accountName"]
    assert name.isalnum()
    assert name == name.lower()
    assert 3 <= len(name) <= 24


def test_the_storage_account_has_a_private_endpoint(recording):
    endpoints = {each.name: each for each in recording.of_type("azure-native:network:PrivateEndpoint")}
    [connection] = endpoints[f"{STACK}-blob-endpoint"].inputs["privateLinkServiceConnections"]
    assert connection["groupIds"] == ["blob"]
    assert f"{STACK}-dfs-endpoint" not in endpoints


@pytest.mark.parametrize("protect", [True, False])
def test_protect_applies_to_captured_records(protect):
    changes = {"data-pipes:protect": protect, "data-pipes:pipes": {"orders": {"topic": {"capture": {}}}}}
    recording = planned(changes, stack=STACK).recording
    assert recording.one(f"{STACK}-storage").protect is protect
    assert recording.one(CONTAINER).protect is protect


def test_pipes_share_the_account_and_have_a_container_each():
    orders, clicks = {"topic": {"capture": {}}}, {"parallelism": 2, "topic": {"capture": {}}}
    changes = {"data-pipes:pipes": {"orders": orders, "clicks": clicks, "quiet": {"parallelism": 1}}}
    recording = planned(changes, stack=STACK).recording
    containers = recording.of_type(CONTAINER)
    assert {each.inputs["containerName"] for each in containers} == {"capture-orders", "capture-clicks"}
    assert {each.inputs["accountName"] for each in containers} == {
        recording.one(f"{STACK}-storage").inputs["accountName"]
    }
