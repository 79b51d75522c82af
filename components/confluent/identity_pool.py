"""Identity provider and identity pools, which authenticate pods by their Kubernetes service account tokens."""

from urllib.parse import urljoin

import pulumi_confluentcloud as confluentcloud
from pulumi import Output, Resource, ResourceOptions

from components.contracts import PodTokens

AUDIENCE = "confluent.cloud"
"""Audience of the pods' tokens. Tokens with another audience, such as the Kubernetes API, are rejected."""


def identity_provider(
    name: str, issuer: Output[str], token_keys: str, *, parent: Resource
) -> confluentcloud.IdentityProvider:
    """Register the cluster as a token issuer.

    A changed or unknown issuer updates the provider in place and keeps its pools (Confluent provider, IdentityProvider).
    """
    return confluentcloud.IdentityProvider(
        name,
        display_name=name,
        description="The Kubernetes cluster of the stack",
        issuer=issuer,
        jwks_uri=issuer.apply(lambda url: urljoin(f"{url.rstrip('/')}/", token_keys)),
        opts=ResourceOptions(parent=parent),
    )


def identity_pool(
    name: str, tokens: PodTokens, provider: confluentcloud.IdentityProvider, *, parent: Resource
) -> confluentcloud.IdentityPool:
    """Create an identity pool for one pipe's pods, which accepts only their tokens with the Confluent Cloud audience.

    The audience claim of a Kubernetes token is always a list (Kubernetes, Service account token volume projection).
    """
    return confluentcloud.IdentityPool(
        name,
        display_name=name,
        description="The consumers of one pipe",
        identity_provider=confluentcloud.IdentityPoolIdentityProviderArgs(id=provider.id),
        identity_claim="claims.sub",
        filter=f'claims.sub == "{tokens.subject}" && "{AUDIENCE}" in claims.aud',
        opts=ResourceOptions(parent=parent),
    )
