"""How Confluent Cloud knows the pods of a Kubernetes cluster, by the tokens that the cluster signs for them."""

import pulumi_confluentcloud as confluentcloud
from pulumi import Output, Resource, ResourceOptions

from components.contracts import PodTokens

AUDIENCE = "confluent.cloud"
"""For whom the pods' tokens are: a token for anybody else, such as the cluster's own API, is not taken."""


def identity_provider(
    name: str, issuer: Output[str], token_keys: str, *, parent: Resource
) -> confluentcloud.IdentityProvider:
    """Make the cluster known as an issuer of tokens.

    Another issuer, or one that a preview does not know yet, is an update of it and never a replacement, which would take the pools
    along (Confluent provider, IdentityProvider).
    """
    return confluentcloud.IdentityProvider(
        name,
        display_name=name,
        description="The Kubernetes cluster of the stack",
        issuer=issuer,
        jwks_uri=issuer.apply(lambda url: f"{url.rstrip('/')}/{token_keys}"),
        opts=ResourceOptions(parent=parent),
    )


def identity_pool(
    name: str, tokens: PodTokens, provider: confluentcloud.IdentityProvider, *, parent: Resource
) -> confluentcloud.IdentityPool:
    """Make a pool of the pods of one pipe: those with the token that is theirs and meant for Confluent Cloud.

    The audiences of a token of Kubernetes are a list, even if there is one (Kubernetes, Service account token volume projection).
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
