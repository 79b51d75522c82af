"""Customer-managed key of an Event Hubs namespace, and the identity that uses it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, Output, Resource, ResourceOptions

from components.azure.key_vault import KeyVault, KeyVaultArgs
from components.azure.network.base import Network
from components.azure.roles import assignment

ROTATION = "P1Y"
"""Rotation interval: one year. Event Hubs uses new key versions automatically because no version is configured."""


@dataclass(frozen=True, kw_only=True)
class EventHubsKeyArgs:
    """Inputs of the key."""

    network: Network
    protect: bool
    """Whether to protect the vault and the key from deletion. Records cannot be read without the key."""


class EventHubsKey(ComponentResource):
    """Key in the stack's key vault, and an identity that can wrap and unwrap only with this key.

    The identity is created before the namespace because the namespace needs its key at creation. The vault has no public access. Event
    Hubs reaches it as a trusted service (Key Vault, Trusted services).
    """

    identity_id: Output[str]
    encryption: azure.eventhub.EncryptionArgs
    """Encryption configuration of the namespace."""
    ready: Sequence[Resource]
    """Resources that the namespace depends on."""

    def __init__(self, name: str, args: EventHubsKeyArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:azure:EventHubsKey", name, None, opts)
        network = args.network
        vault = KeyVault(name, KeyVaultArgs(network=network, protect=args.protect), ResourceOptions(parent=self))
        key = azure.keyvault.Key(
            f"{name}-event-hubs-key",
            key_name="event-hubs",
            vault_name=vault.vault_name,
            resource_group_name=network.resource_group,
            properties=azure.keyvault.KeyPropertiesArgs(
                kty=azure.keyvault.JsonWebKeyType.RSA,
                key_size=2048,
                key_ops=[azure.keyvault.JsonWebKeyOperation.WRAP_KEY, azure.keyvault.JsonWebKeyOperation.UNWRAP_KEY],
                rotation_policy=azure.keyvault.RotationPolicyArgs(
                    lifetime_actions=[
                        azure.keyvault.LifetimeActionArgs(
                            action=azure.keyvault.ActionArgs(type=azure.keyvault.KeyRotationPolicyActionType.ROTATE),
                            trigger=azure.keyvault.TriggerArgs(time_after_create=ROTATION),
                        )
                    ]
                ),
            ),
            tags=network.account.tags,
            # Deleting a key needs the vault's private API, which the deployer may not reach. The key is deleted with the vault.
            opts=ResourceOptions(parent=self, protect=args.protect, retain_on_delete=True),
        )
        identity = azure.managedidentity.UserAssignedIdentity(
            f"{name}-event-hubs-identity",
            resource_name_=f"{name}-event-hubs",
            resource_group_name=network.resource_group,
            location=network.account.location,
            tags=network.account.tags,
            opts=ResourceOptions(parent=self),
        )
        right = assignment(
            f"{name}-event-hubs-key-right",
            role="Key Vault Crypto Service Encryption User",
            scope=key.id,
            principal_id=identity.principal_id,
            parent=self,
        )
        self.identity_id = identity.id
        self.encryption = azure.eventhub.EncryptionArgs(
            key_source=azure.eventhub.KeySource.MICROSOFT_KEY_VAULT,
            require_infrastructure_encryption=True,
            key_vault_properties=[
                azure.eventhub.KeyVaultPropertiesArgs(
                    key_name=key.name,
                    key_vault_uri=vault.vault_uri,
                    identity=azure.eventhub.UserAssignedIdentityPropertiesArgs(user_assigned_identity=identity.id),
                )
            ],
        )
        self.ready = [right]
        self.register_outputs({"keyId": key.id})
