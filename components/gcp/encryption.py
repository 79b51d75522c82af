"""Cloud KMS: the stack's key ring, and keys that only those may use who encrypt with them."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_gcp as gcp
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.gcp.account import Account

ROTATION = f"{90 * 24 * 60 * 60}s"
"""Keys get a new version every 90 days (Cloud KMS, Key rotation)."""

DELETION = f"{30 * 24 * 60 * 60}s"
"""For 30 days the destruction of a version can be called off (Cloud KMS, Destroy and restore key versions)."""

USE = "roles/cloudkms.cryptoKeyEncrypterDecrypter"


@dataclass(frozen=True, kw_only=True)
class Key:
    """A key, and what makes it usable."""

    id: Output[str]
    ready: Sequence[Resource]
    """The rights of its users; whoever is encrypted with the key waits for them."""


class Keys(ComponentResource):
    """The key ring of a stack, in its region.

    Pulumi ends its name and those of its keys with letters of its own: neither is ever deleted, and no name can be taken twice
    (Cloud KMS, Object hierarchy).
    """

    def __init__(self, name: str, account: Account, api: Resource, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:gcp:Keys", name, None, opts)
        self._ring = gcp.kms.KeyRing(
            f"{name}-keys", location=account.region, opts=ResourceOptions(parent=self, depends_on=[api])
        )
        self.register_outputs({"keyRing": self._ring.id})

    def key(self, name: str, *, users: Sequence[Input[str]], parent: Resource, protect: bool) -> Key:
        """Make a key that rotates, and that the given members alone encrypt and decrypt with."""
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
