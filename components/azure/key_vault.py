"""Key vault for the passwords and keys of a stack."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, Output, Resource, ResourceOptions

from components.azure.names import global_name
from components.azure.network.base import Network
from components.azure.network.private_endpoint import PrivateEndpoint, PrivateEndpointArgs

RECOVERY_DAYS = 90
"""Longest recovery period for deleted vaults and keys (Key Vault, Soft-delete overview)."""


@dataclass(frozen=True, kw_only=True)
class KeyVaultArgs:
    """Inputs of the key vault."""

    network: Network
    protect: bool
    """Whether to protect the vault from deletion."""


class KeyVault(ComponentResource):
    """Key vault with role-based access only, no public access and an audit log.

    Its name contains the stack's random suffix because the name of a deleted vault stays reserved during the recovery period.
    """

    vault_id: Output[str]
    vault_uri: Output[str]
    vault_name: Output[str]
    ready: Sequence[Resource]
    """Resources that services in the network wait for before they use the vault."""

    def __init__(self, name: str, args: KeyVaultArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:azure:KeyVault", name, None, opts)
        self.name = name
        self.network = args.network
        network = args.network
        vault = azure.keyvault.Vault(
            f"{name}-vault",
            vault_name=network.suffix.apply(lambda suffix: global_name(name, suffix)),
            resource_group_name=network.resource_group,
            location=network.account.location,
            properties=azure.keyvault.VaultPropertiesArgs(
                tenant_id=network.account.tenant_id,
                sku=azure.keyvault.SkuArgs(family="A", name=azure.keyvault.SkuName.STANDARD),
                enable_rbac_authorization=True,
                enable_soft_delete=True,
                soft_delete_retention_in_days=RECOVERY_DAYS,
                enable_purge_protection=True,
                public_network_access="Disabled",
                network_acls=azure.keyvault.NetworkRuleSetArgs(default_action="Deny", bypass="AzureServices"),
            ),
            tags=network.account.tags,
            opts=ResourceOptions(parent=self, protect=args.protect),
        )
        self.vault_id = vault.id
        self.vault_name = vault.name
        self.vault_uri = vault.properties.apply(lambda properties: properties.vault_uri or "")
        log = network.logs.collect(f"{name}-vault", vault.id, ["AuditEvent"], self)
        endpoint = PrivateEndpoint(
            f"{name}-vault",
            PrivateEndpointArgs(network=network, service="vault", resource_id=vault.id, group="vault"),
            ResourceOptions(parent=self),
        )
        self.ready = [log, *endpoint.ready]
        self.register_outputs({"vaultId": self.vault_id, "vaultUri": self.vault_uri})

    def put(self, role: str, value: Output[str]) -> azure.keyvault.Secret:
        """Store a password under the name of its role, so that administrators can look it up.

        Azure Resource Manager writes it, and a vault without public access allows that. Deleting it needs the vault's private API, which
        the deployer may not reach. The password is therefore deleted with the vault.
        """
        return azure.keyvault.Secret(
            f"{self.name}-{role}",
            secret_name=role,
            vault_name=self.vault_name,
            resource_group_name=self.network.resource_group,
            properties=azure.keyvault.SecretPropertiesArgs(value=Output.secret(value)),
            tags=self.network.account.tags,
            opts=ResourceOptions(parent=self, retain_on_delete=True),
        )
