"""The vault that keeps a stack's own passwords and keys on Azure."""

import pytest

from tests.stacks import planned, shipped

STACK = "azure-hdinsight-aks"
VAULT = "azure-native:keyvault:Vault"
SECRET = "azure-native:keyvault:Secret"


@pytest.fixture(scope="module")
def recording():
    return shipped(STACK).recording


def test_azure_s_roles_alone_open_the_vault_and_nothing_in_it_is_gone_for_good_before_ninety_days(recording):
    properties = recording.one(VAULT).inputs["properties"]
    assert properties["enableRbacAuthorization"] is True
    assert "accessPolicies" not in properties
    assert properties["enableSoftDelete"] is True
    assert properties["softDeleteRetentionInDays"] == 90
    assert properties["enablePurgeProtection"] is True


def test_the_vault_is_closed_to_the_internet_but_for_services_that_key_vault_trusts(recording):
    properties = recording.one(VAULT).inputs["properties"]
    assert properties["publicNetworkAccess"] == "Disabled"
    assert properties["networkAcls"] == {"bypass": "AzureServices", "defaultAction": "Deny"}


def test_inside_the_network_a_private_endpoint_answers_for_the_vault(recording):
    endpoints = [
        connection
        for each in recording.of_type("azure-native:network:PrivateEndpoint")
        for connection in each.inputs["privateLinkServiceConnections"]
        if "Microsoft.KeyVault/vaults" in connection["privateLinkServiceId"]
    ]
    assert [endpoint["groupIds"] for endpoint in endpoints] == [["vault"]]


def test_every_access_is_logged(recording):
    [logs] = [
        each.inputs
        for each in recording.of_type("azure-native:monitor:DiagnosticSetting")
        if "Microsoft.KeyVault/vaults" in each.inputs["resourceUri"]
    ]
    assert logs["logs"] == [{"category": "AuditEvent", "enabled": True}]


@pytest.mark.parametrize("name", ["ab", "a--b", "a-name-of-24-characters1"])
def test_the_vault_has_a_name_that_azure_takes_and_nobody_else_has(name):
    vault = planned({"data-pipes:name": name}, stack=STACK).recording.one(VAULT).inputs["vaultName"]
    assert 3 <= len(vault) <= 24
    assert vault.isalnum()
    assert vault[0].isalpha()
    assert vault[-8:] not in name, "the suffix"


@pytest.mark.parametrize("protect", [True, False])
def test_the_vault_is_protected_as_the_stack_file_says(protect):
    assert planned({"data-pipes:protect": protect}, stack=STACK).recording.one(VAULT).protect is protect


def test_passwords_are_kept_as_secrets_and_go_with_the_vault_since_only_its_own_api_deletes(recording):
    secrets = recording.of_type(SECRET)
    assert {each.inputs["secretName"] for each in secrets} == {"hdinsight-gateway", "hdinsight-ssh"}
    for each in secrets:
        assert each.inputs["properties"] == {"value": "[secret]"}
        assert each.inputs["vaultName"] == recording.one(VAULT).inputs["vaultName"]
        assert each.retain_on_delete is True
