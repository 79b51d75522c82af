"""Settings of any Kubernetes cluster that was there before the stack."""

from collections.abc import Iterator
from typing import Annotated, Literal

from typing_extensions import override

from components.kubernetes.existing_cluster import ExistingCluster
from components.section import ConfigError, Pattern
from components.settings_bases import ServiceSettings, ValidationContext


class ExistingKubernetesCluster(ExistingCluster, frozen=True):
    """An existing Kubernetes cluster. Its owner manages its nodes, versions and add-ons."""

    kubeconfig_context: Annotated[
        str, Pattern(r"\S(.{0,251}\S)?", "the name of a context, as `kubectl config get-contexts` prints it")
    ]
    """The context in your kubeconfig (KUBECONFIG, or ~/.kube/config) that reaches the cluster. `kubectl config get-contexts` lists them.
    Its user needs permission to create namespaces, and all objects of the plan in them. Another name is another cluster: all objects are
    created there, and deleted here."""


class ExistingKubernetesSettings(ServiceSettings, frozen=True):
    """Platform section for any Kubernetes cluster. The program makes namespaces and consumers in it and changes nothing else."""

    service: Literal["kubernetes"]
    """Always kubernetes."""
    existing: ExistingKubernetesCluster
    """The existing cluster. Network policies limit the consumers only if the cluster enforces them (kubernetes.io, Network Policies)."""

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield consumer settings without effect, and brokers without a storage class."""
        yield from self.existing.errors(context)
