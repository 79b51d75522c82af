"""Settings of an existing AKS cluster."""

from collections.abc import Iterator
from typing import Annotated, Literal

from typing_extensions import override

from components.azure.existing import GroupName
from components.kubernetes.platform import consumer_errors
from components.section import ConfigError, Pattern, SettingsModel
from components.settings_bases import ServiceSettings, ValidationContext


class ExistingAksCluster(SettingsModel, frozen=True):
    """An existing AKS cluster. Its owner manages its nodes, versions and settings."""

    name: Annotated[str, Pattern(r"[A-Za-z0-9]([\w-]{0,61}[A-Za-z0-9])?", "the name of an AKS cluster")]
    """The name of the cluster. It must have an OIDC issuer and workload identity."""
    resource_group: GroupName
    """The resource group of the cluster, in the stack's subscription."""
    storage_class: (
        Annotated[str, Pattern(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", "the name of a storage class")] | None
    ) = None
    """The storage class of the brokers' disks, such as managed-csi-premium. Required by streaming service kafka. Its volumes must be able to
    grow, and must be created in the zone of the pod (volumeBindingMode WaitForFirstConsumer)."""


class ExistingAksSettings(ServiceSettings, frozen=True):
    """Platform section for an existing AKS cluster. The program makes only namespaces, identities, grants and consumers."""

    service: Literal["aks"]
    """Always aks."""
    existing: ExistingAksCluster
    """The existing cluster. The program changes nothing of it."""

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield errors about consumer settings without effect, and a missing storage class."""
        yield from consumer_errors(context.pipes)
        if context.system_workloads.volumes and self.existing.storage_class is None:
            text = (
                "is required (the streaming service's pods have disks). Set it to a storage class of the cluster, such as managed-csi-premium "
                "(kubectl get storageclass prints the names)."
            )
            yield ConfigError(path=("platform", "existing", "storageClass"), text=text)
