"""Service accounts and API keys, for clients without tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_confluentcloud as confluentcloud
from pulumi import Input, Output, Resource, ResourceOptions


@dataclass(frozen=True, kw_only=True)
class Keyed:
    """Target of an API key: a Kafka cluster or a Schema Registry."""

    id: Input[str]
    api_version: Input[str]
    kind: Input[str]
    environment_id: Input[str]


def service_account(name: str, description: str, *, parent: Resource) -> confluentcloud.ServiceAccount:
    """Create a service account. Its name must be unique in the organization."""
    return confluentcloud.ServiceAccount(
        name, display_name=name, description=description, opts=ResourceOptions(parent=parent)
    )


def api_key(
    name: str,
    account: confluentcloud.ServiceAccount,
    keyed: Keyed,
    *,
    parent: Resource,
    depends_on: Sequence[Resource] = (),
) -> confluentcloud.ApiKey:
    """Create an API key for one target. The provider waits until the key works."""
    return confluentcloud.ApiKey(
        name,
        display_name=name,
        owner=confluentcloud.ApiKeyOwnerArgs(id=account.id, api_version=account.api_version, kind=account.kind),
        managed_resource=confluentcloud.ApiKeyManagedResourceArgs(
            id=keyed.id,
            api_version=keyed.api_version,
            kind=keyed.kind,
            environment=confluentcloud.ApiKeyManagedResourceEnvironmentArgs(id=keyed.environment_id),
        ),
        opts=ResourceOptions(parent=parent, depends_on=depends_on),
    )


def id_and_secret(key: confluentcloud.ApiKey) -> tuple[Output[str], Output[str]]:
    """Return the ID and the secret of a key, both as Pulumi secrets."""
    return Output.secret(key.id), Output.secret(key.secret)
