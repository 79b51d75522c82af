"""A service account and its API keys, for whoever cannot show a token of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_confluentcloud as confluentcloud
from pulumi import Input, Output, Resource, ResourceOptions


@dataclass(frozen=True, kw_only=True)
class Keyed:
    """What an API key is for: a Kafka cluster or a Schema Registry."""

    id: Input[str]
    api_version: Input[str]
    kind: Input[str]
    environment_id: Input[str]


def service_account(name: str, description: str, *, parent: Resource) -> confluentcloud.ServiceAccount:
    """Make a service account, whose name nobody else in the organization has."""
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
    """Make an API key of a service account for one thing; the provider waits until it works there."""
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


def secret_halves(key: confluentcloud.ApiKey) -> tuple[Output[str], Output[str]]:
    """The id and the secret of a key, both as secrets."""
    return Output.secret(key.id), Output.secret(key.secret)
