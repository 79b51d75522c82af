"""Simulated Azure: resource groups, identities, roles, keys, secrets, logs and storage. Times and rules are explained in kinds.py."""

from collections.abc import Mapping
from typing import Any

from workbench.cloud.azure.resource import TENANT, group_id, location_of, resource
from workbench.cloud.model import CREATED_AT, Inputs, ResourceModel, at, digits, text, uuid_of

_ROLE = "Terraform logs: a role assignment takes 20 to 30 s"
_STORAGE = "Terraform logs: a storage account takes 20 to 30 s"
_VAULT = "common use, no log found; a deletion only hides the vault until its retention ends"


def _group(name: str, inputs: Inputs) -> str:
    return group_id(text(inputs, "resourceGroupName", name), inputs)


def _identity(id_: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a managed identity."""
    return {"clientId": uuid_of(f"client {id_}"), "principalId": uuid_of(f"principal {id_}"), "tenantId": TENANT}


def _workspace(id_: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a Log Analytics workspace."""
    return {"customerId": uuid_of(id_), "createdDate": CREATED_AT, "modifiedDate": CREATED_AT}


def _storage(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a storage account."""
    name = id_.rsplit("/", 1)[-1]
    services = ("blob", "dfs", "file", "queue", "table", "web")
    return {
        "primaryEndpoints": {service: f"https://{name}.{service}.core.windows.net/" for service in services},
        "primaryLocation": location_of(inputs),
        "statusOfPrimary": "available",
        "creationTime": CREATED_AT,
    }


def _container(_id: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a container in a storage account."""
    return {"hasImmutabilityPolicy": False, "hasLegalHold": False, "lastModifiedTime": CREATED_AT}


def _vault(id_: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a key vault."""
    uri = f"https://{id_.rsplit('/', 1)[-1]}.vault.azure.net/"
    return {"properties": {"vaultUri": uri, "provisioningState": "Succeeded"}}


def _key(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a key in a vault."""
    uri = f"https://{text(inputs, 'vaultName', 'vault')}.vault.azure.net/keys/{id_.rsplit('/', 1)[-1]}"
    return {
        "keyUri": uri,
        "keyUriWithVersion": f"{uri}/{digits(name, 32)}",
        "kty": text(inputs, "properties.kty", "RSA"),
        "keySize": at(inputs, "properties.keySize"),
        "location": location_of(inputs),
    }


def _secret(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a secret in a vault."""
    uri = f"https://{text(inputs, 'vaultName', 'vault')}.vault.azure.net/secrets/{id_.rsplit('/', 1)[-1]}"
    return {
        "properties": {"secretUri": uri, "secretUriWithVersion": f"{uri}/{digits(name, 32)}"},
        "location": location_of(inputs),
    }


def _purge_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """Refuse to disable purge protection (Key Vault, Soft-delete overview)."""
    path = "properties.enablePurgeProtection"
    if old is not None and at(old, path) is True and at(new, path) is not True:
        return 'BadRequest: The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an irreversible action.'
    return None


_IN_ACCOUNT = ("Microsoft.Storage/storageAccounts", "accountName")

ACCOUNT_WIDE: Mapping[str, ResourceModel] = {
    "azure-native:resources:ResourceGroup": resource(
        "Microsoft.Resources/resourceGroups",
        "resourceGroupName",
        create=0.1,
        delete=1,
        source="common use: made within seconds; a group goes once everything in it is gone",
        common="name type",
        identifier=_group,
        outputs=lambda _id, _name, _inputs: {"properties": {"provisioningState": "Succeeded"}},
    ),
    "azure-native:managedidentity:UserAssignedIdentity": resource(
        "Microsoft.ManagedIdentity/userAssignedIdentities",
        "resourceName",
        create=0.1,
        delete=0.1,
        common="name type",
        outputs=_identity,
    ),
    "azure-native:managedidentity:FederatedIdentityCredential": resource(
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
        "resourceName",
        "federatedIdentityCredentialResourceName",
        create=0.1,
        delete=0.1,
        common="name type",
        tracked=False,
        unique=("resourceGroupName", "resourceName", "issuer", "subject"),
    ),
    "azure-native:authorization:RoleAssignment": resource(
        "Microsoft.Authorization/roleAssignments",
        "roleAssignmentName",
        create=0.4,
        delete=0.1,
        source=_ROLE,
        common="name type",
        attached_to="scope",
        replace_on=frozenset({"principalId", "roleDefinitionId"}),
        tracked=False,
        unique=("principalId", "roleDefinitionId", "scope"),
    ),
    "azure-native:operationalinsights:Workspace": resource(
        "Microsoft.OperationalInsights/workspaces",
        "workspaceName",
        holds_data=True,
        create=0.7,
        delete=0.2,
        outputs=_workspace,
    ),
    "azure-native:storage:StorageAccount": resource(
        *_IN_ACCOUNT,
        holds_data=True,
        create=0.5,
        delete=0.1,
        source=_STORAGE,
        outputs=_storage,
        replace_on=frozenset({"isHnsEnabled"}),
        worldwide=True,
    ),
    "azure-native:storage:BlobContainer": resource(
        f"{_IN_ACCOUNT[0]}/blobServices/containers",
        "accountName",
        "=default",
        "containerName",
        holds_data=True,
        create=0.1,
        delete=0.1,
        common="name type",
        outputs=_container,
        tracked=False,
    ),
    "azure-native:storage:BlobServiceProperties": resource(
        f"{_IN_ACCOUNT[0]}/blobServices",
        "accountName",
        "=default",
        create=0.1,
        delete=0.1,
        common="name type",
        tracked=False,
    ),
    "azure-native:storage:ManagementPolicy": resource(
        f"{_IN_ACCOUNT[0]}/managementPolicies",
        "accountName",
        "=default",
        create=0.1,
        delete=0.1,
        common="name type",
        tracked=False,
    ),
    "azure-native:keyvault:Vault": resource(
        "Microsoft.KeyVault/vaults",
        "vaultName",
        holds_data=True,
        create=0.5,
        delete=0.2,
        source=_VAULT,
        common="name type",
        outputs=_vault,
        refusal=_purge_refusal,
        replace_on=frozenset({"properties.tenantId"}),
        worldwide=True,
    ),
    "azure-native:keyvault:Key": resource(
        "Microsoft.KeyVault/vaults/keys",
        "vaultName",
        "keyName",
        holds_data=True,
        create=0.1,
        delete=0.2,
        common="name type",
        outputs=_key,
        tracked=False,
    ),
    "azure-native:keyvault:Secret": resource(
        "Microsoft.KeyVault/vaults/secrets",
        "vaultName",
        "secretName",
        holds_data=True,
        create=0.1,
        delete=0.2,
        common="name type",
        outputs=_secret,
        tracked=False,
    ),
}
