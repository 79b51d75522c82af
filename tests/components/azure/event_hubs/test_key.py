"""Tests of the customer-managed key of a namespace."""

import pytest

from tests.stacks import planned, shipped

STACK = "azure-eventhubs-aks"
NAMESPACE = "azure-native:eventhub:Namespace"
VAULT = "azure-native:keyvault:Vault"
KEY = "azure-native:keyvault:Key"
ENCRYPTION_USER = "e147488a-f6f5-4113-8e2d-b22465e65bf6"


def with_key(**changes):
    return planned({"data-pipes:streaming": {"customerManagedKey": True}, **changes}, stack=STACK).recording


@pytest.fixture(scope="module")
def recording():
    return with_key()


def test_without_a_customer_managed_key_there_is_no_vault():
    assert not shipped(STACK).recording.of_type(VAULT)


def test_the_namespace_uses_the_newest_key_version_and_infrastructure_encryption(recording):
    namespace = recording.one(NAMESPACE)
    [properties] = namespace.inputs["encryption"]["keyVaultProperties"]
    identity = properties["identity"]["userAssignedIdentity"]
    assert identity.endswith(f"/userAssignedIdentities/{STACK}-event-hubs")
    assert namespace.inputs["encryption"]["keySource"] == "Microsoft.KeyVault"
    assert namespace.inputs["encryption"]["requireInfrastructureEncryption"] is True
    assert properties == {
        "keyName": "event-hubs",
        "keyVaultUri": f"https://{recording.one(VAULT).inputs['vaultName']}.vault.azure.net/",
        "identity": {"userAssignedIdentity": identity},
    }
    assert namespace.inputs["identity"] == {
        "type": "SystemAssigned, UserAssigned",
        "userAssignedIdentities": [identity],
    }


def test_the_key_can_only_wrap_and_unwrap_and_is_rotated_every_year(recording):
    properties = recording.one(KEY).inputs["properties"]
    assert properties["kty"] == "RSA"
    assert sorted(properties["keyOps"]) == ["unwrapKey", "wrapKey"]
    [rotation] = properties["rotationPolicy"]["lifetimeActions"]
    assert rotation == {"action": {"type": "rotate"}, "trigger": {"timeAfterCreate": "P1Y"}}


def test_the_namespace_waits_for_its_identity_s_role_on_this_key_only(recording):
    right = recording.one(f"{STACK}-event-hubs-key-right")
    assert right.inputs["roleDefinitionId"].endswith(ENCRYPTION_USER)
    assert right.inputs["scope"].endswith("/keys/event-hubs")
    assert right.property_dependencies["principalId"] == {recording.one(f"{STACK}-event-hubs-identity").urn}
    assert right.urn in recording.requirements(recording.one(NAMESPACE))


def test_the_private_vault_admits_event_hubs_and_has_purge_protection(recording):
    properties = recording.one(VAULT).inputs["properties"]
    assert properties["networkAcls"] == {"defaultAction": "Deny", "bypass": "AzureServices"}
    assert properties["publicNetworkAccess"] == "Disabled"
    assert properties["enablePurgeProtection"] is True
    assert properties["enableSoftDelete"] is True


@pytest.mark.parametrize("protect", [True, False])
def test_protect_applies_to_vault_and_key(protect):
    recording = with_key(**{"data-pipes:protect": protect})
    assert recording.one(VAULT).protect is protect
    assert recording.one(KEY).protect is protect


def test_the_key_is_deleted_with_its_vault(recording):
    assert recording.one(KEY).retain_on_delete is True
