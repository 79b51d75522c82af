"""Settings that all existing Kubernetes clusters share."""

from collections.abc import Iterator
from typing import Annotated

from components.kubernetes.platform import consumer_errors
from components.section import ConfigError, Pattern, SettingsModel
from components.settings_bases import ValidationContext

STORAGE_CLASS = Pattern(
    r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", "the name of a storage class, as kubectl get storageclass prints it"
)


class ExistingCluster(SettingsModel, frozen=True):
    """An existing Kubernetes cluster."""

    storage_class: Annotated[str, STORAGE_CLASS] | None = None
    """The storage class of the brokers' volumes, such as gp3, managed-csi-premium or premium-rwo. Only Kafka in containers needs it. Its
    volumes must be able to grow, and must be created in the zone of the pod (volumeBindingMode WaitForFirstConsumer)."""

    def errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield consumer settings without effect, and brokers without a storage class."""
        yield from consumer_errors(context.pipes)
        if context.system_workloads.volumes and self.storage_class is None:
            text = (
                "is required (the brokers of the streaming service store their records on volumes, and the program makes no storage class in "
                "an existing cluster). Set it to a storage class of the cluster: kubectl get storageclass prints them."
            )
            yield ConfigError(path=("platform", "existing", "storageClass"), text=text)
