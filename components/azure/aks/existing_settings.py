"""Settings of an existing AKS cluster."""

from collections.abc import Iterator
from typing import Annotated, Literal

from typing_extensions import override

from components.azure.existing import GroupName
from components.kubernetes.existing_cluster import ExistingCluster
from components.section import ConfigError, Pattern
from components.settings_bases import ServiceSettings, ValidationContext


class ExistingAksCluster(ExistingCluster, frozen=True):
    """An existing AKS cluster. Its owner manages its nodes, versions and settings."""

    name: Annotated[str, Pattern(r"[A-Za-z0-9]([\w-]{0,61}[A-Za-z0-9])?", "the name of an AKS cluster")]
    """The name of the cluster. It must have an OIDC issuer and workload identity."""
    resource_group: GroupName
    """The resource group of the cluster, in the stack's subscription."""


class ExistingAksSettings(ServiceSettings, frozen=True):
    """Platform section for an existing AKS cluster. The program makes only namespaces, identities, grants and consumers."""

    service: Literal["aks"]
    """Always aks."""
    existing: ExistingAksCluster
    """The existing cluster. The program changes nothing of it."""

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield errors about consumer settings without effect, and a missing storage class."""
        yield from self.existing.errors(context)
