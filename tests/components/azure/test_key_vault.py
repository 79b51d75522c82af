"""Tests of the key vault for a stack's passwords and keys."""

import pytest

from tests.stacks import planned, shipped

STACK = "azure-hdinsight-aks"
VAULT = "azure-native:keyvault:Vault"
SECRET = "azure-native:keyvault:Secret"


@pytest.fixture(scope="module")
def recording():
    return shipped(STACK).recording


def test_the_vault_uses_azure_rbac_only_and_keeps_deleted_objects_for_90_days(recording):
    properties = recording.one(VAULT).inputs["properties"]
    assert properties["enableRbacAuthorization"] is True
    assert "accessPolicies" not in properties
    assert properties["enableSoftDelete"] is True
    assert properties["softDeleteRetentionInDays"] == 90
    assert properties["enablePurgeProtection"] is True


def test_the_vault_is_private_except_for_trusted_azure_services(recording):
    properties = recording.one(VAULT).inputs["properties"]
    assert properties["publicNetworkAccess"] == "Disabled"
    assert properties["networkAcls"] == {"bypass": "AzureServices", "defaultAction": "Deny"}


def test_the_vault_has_a_private_endpoint(recording):
    endpoints = [
        connection
        for each in recording.of_type("azure-native:network:PrivateEndpoint")
        for connection in each.inputs["privateLinkServiceConnections"]
        if "Microsoft.KeyVault/vaults" in connection["privateLinkServiceId"]
    ]
    assert [endpoint["groupIds"] for endpoint in endpoints] == [["vault"]]


def test_vault_access_is_logged(recording):
    [logs] = [
        each.inputs
        for each in recording.of_type("azure-native:monitor:DiagnosticSetting")
        if "Microsoft.KeyVault/vaults" in each.inputs["resourceUri"]
    ]
    assert logs["logs"] == [{"category": "AuditEvent", "enabled": True}]


@pytest.mark.parametrize("name", ["ab", "a--b", "a-name-of-24-characters1"])
def test_the_vault_name_is_valid_on_azure_and_has_a_random_suffix(name):
    vault = planned({"data-pipes:name": name}, stack=STACK).recording.one(VAULT).inputs["vaultName"]
    assert 3 <= len(vault) <= 24
    assert vault.isalnum()
    assert vault[0].isalpha()
    assert vault[-8:] not in name, "the suffix must be random"


@pytest.mark.parametrize("protect", [True, False])
def test_protect_applies_to_the_vault(protect):
    assert planned({"data-pipes:protect": protect}, stack=STACK).recording.one(VAULT).protect is protect


def test_passwords_are_stored_as_secrets_and_deleted_with_the_vault(recording):
    secrets = recording.of_type(SECRET)
    assert {each.inputs["secretName"] for each in secrets} == {"hdinsight-gateway", "hdinsight-ssh"}
    for each in secrets:
        assert each.inputs["properties"] == {"value": "[secret]"}
        assert each.inputs["vaultName"] == recording.one(VAULT).inputs["vaultName"]
        assert each.retain_on_delete is True
