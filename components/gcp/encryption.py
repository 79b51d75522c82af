"""Cloud KMS: the stack's key ring, and keys with their users' IAM bindings."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_gcp as gcp
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.gcp.account import Account

ROTATION = f"{90 * 24 * 60 * 60}s"
"""Keys get a new version every 90 days (Cloud KMS, Key rotation)."""

DELETION = f"{30 * 24 * 60 * 60}s"
"""Destruction of a key version can be cancelled for 30 days (Cloud KMS, Destroy and restore key versions)."""

USE = "roles/cloudkms.cryptoKeyEncrypterDecrypter"


@dataclass(frozen=True, kw_only=True)
class Key:
    """A KMS key, and the resources that make it usable."""

    id: Output[str]
    ready: Sequence[Resource]
    """IAM bindings of the key's users. Encrypted resources wait for them."""


class Keys(ComponentResource):
    """Regional key ring of a stack.

    Key rings and keys are never deleted and their names cannot be reused (Cloud KMS, Object hierarchy).
    So Pulumi adds a random suffix to each name.
    """

    def __init__(self, name: str, account: Account, api: Resource, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:gcp:Keys", name, None, opts)
        self._ring = gcp.kms.KeyRing(
            f"{name}-keys", location=account.region, opts=ResourceOptions(parent=self, depends_on=[api])
        )
        self.register_outputs({"keyRing": self._ring.id})

    def key(self, name: str, *, users: Sequence[Input[str]], parent: Resource, protect: bool) -> Key:
        """Create a rotating key that only the given members can use to encrypt and decrypt."""
        made = gcp.kms.CryptoKey(
            name,
            key_ring=self._ring.id,
            purpose="ENCRYPT_DECRYPT",
            rotation_period=ROTATION,
            destroy_scheduled_duration=DELETION,
            opts=ResourceOptions(parent=parent, protect=protect),
        )
        rights = [
            gcp.kms.CryptoKeyIAMMember(
                f"{name}-user-{number}",
                crypto_key_id=made.id,
                role=USE,
                member=user,
                opts=ResourceOptions(parent=parent),
            )
            for number, user in enumerate(users)
        ]
        return Key(id=made.id, ready=rights)
