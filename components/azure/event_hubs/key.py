"""The stack's own key for a namespace of Event Hubs, and the identity that may use it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, Output, Resource, ResourceOptions

from components.azure.key_vault import KeyVault, KeyVaultArgs
from components.azure.network.network import Network
from components.azure.roles import assignment

ROTATION = "P1Y"
"""A new version of the key every year, which Event Hubs takes over since no version is named to it."""


@dataclass(frozen=True, kw_only=True)
class EventHubsKeyArgs:
    """What the key of a namespace is built from."""

    network: Network
    protect: bool
    """Whether the vault and the key are kept from deletion: without the key nobody reads the records."""


class EventHubsKey(ComponentResource):
    """A key in a vault of the stack's own, and an identity that may wrap with this key alone.

    The identity is made before the namespace, which needs its key from the start. The vault is closed to the internet; Event Hubs
    comes in as one of the services that Key Vault trusts (Key Vault, Trusted services).
    """

    identity_id: Output[str]
    encryption: azure.eventhub.EncryptionArgs
    """What the namespace is told."""
    ready: Sequence[Resource]
    """What the namespace waits for."""

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
            # Only the vault's own API deletes keys, which whoever runs Pulumi need not reach: the key goes with the vault.
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
