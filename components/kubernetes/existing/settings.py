"""Settings of any Kubernetes cluster that was there before the stack."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from typing_extensions import override

from components.kubernetes.existing_cluster import ExistingCluster
from components.section import ConfigError, Pattern
from components.settings_bases import ServiceSettings, ValidationContext

HTTPS = Pattern(r"https://[^\s?#]+", "an https URL such as https://oidc.example.com/production")
INSIDE = re.compile(r"https://(kubernetes\.default\b|[^/]*\.local(:\d+)?(/|$))")
"""URLs with names that only the cluster resolves, such as the default issuer https://kubernetes.default.svc.cluster.local."""


class ExistingKubernetesCluster(ExistingCluster, frozen=True):
    """An existing Kubernetes cluster. Its owner manages its nodes, versions and add-ons."""

    kubeconfig_context: Annotated[
        str, Pattern(r"\S(.{0,251}\S)?", "the name of a context, as `kubectl config get-contexts` prints it")
    ]
    """The context in your kubeconfig (KUBECONFIG, or ~/.kube/config) that reaches the cluster. `kubectl config get-contexts` lists them.
    Its user needs permission to create namespaces, and all objects of the plan in them. Another name is another cluster: all objects are
    created there, and deleted here."""
    issuer: Annotated[str, HTTPS] | None = None
    """The public URL of the issuer of service-account tokens: `kubectl get --raw /.well-known/openid-configuration` prints it as issuer. Only
    streaming.service confluent uses it: with it, consumers sign in with tokens. Without it, they sign in with API keys."""
    jwks_uri: Annotated[str, HTTPS] | None = None
    """The public URL of the issuer's signing keys, which the same command prints as jwks_uri. The default is the issuer followed by
    /openid/v1/jwks."""


class ExistingKubernetesSettings(ServiceSettings, frozen=True):
    """Platform section for any Kubernetes cluster. The program makes namespaces and consumers in it and changes nothing else."""

    service: Literal["kubernetes"]
    """Always kubernetes."""
    existing: ExistingKubernetesCluster
    """The existing cluster. Network policies limit the consumers only if the cluster enforces them (kubernetes.io, Network Policies)."""

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield consumer settings without effect, brokers without a storage class, and an issuer that only the cluster reaches."""
        existing = self.existing
        yield from existing.errors(context)
        if existing.jwks_uri and not existing.issuer:
            yield ConfigError(path=("platform", "existing", "issuer"), text="is required with jwksUri.")
        for key, url in {"issuer": existing.issuer, "jwksUri": existing.jwks_uri}.items():
            if url and INSIDE.match(url):
                text = (
                    f"must be a public URL, got {url!r} (Confluent Cloud reads the signing keys). Remove issuer and jwksUri: consumers then sign "
                    "in with API keys. Or publish the keys (kubernetes.io, Configure Service Accounts for Pods, issuer discovery)."
                )
                yield ConfigError(path=("platform", "existing", key), text=text)
