"""Settings of any Kubernetes cluster that was there before the stack."""

from collections.abc import Iterator
from typing import Annotated, Literal

from typing_extensions import override

from components.kubernetes.platform import consumer_errors
from components.section import ConfigError, Pattern, SettingsModel
from components.settings_bases import ServiceSettings, ValidationContext


class ExistingKubernetesCluster(SettingsModel, frozen=True):
    """An existing Kubernetes cluster. Its owner manages its nodes, versions and add-ons."""

    kubeconfig_context: Annotated[
        str, Pattern(r"\S(.{0,251}\S)?", "the name of a context, as `kubectl config get-contexts` prints it")
    ]
    """The context in your kubeconfig (KUBECONFIG, or ~/.kube/config) that reaches the cluster. `kubectl config get-contexts` lists them.
    Its user needs permission to create namespaces, and all objects of the plan in them. Another name is another cluster: all objects are
    created there, and deleted here."""
    storage_class: (
        Annotated[
            str,
            Pattern(
                r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", "the name of a storage class, as `kubectl get sc` prints it"
            ),
        ]
        | None
    ) = None
    """The storage class for volumes of brokers, only used by streaming.service kafka. It must provide one volume per claim in the zone of the
    pod (volumeBindingMode WaitForFirstConsumer), and allow expansion if diskSize is to grow."""


class ExistingKubernetesSettings(ServiceSettings, frozen=True):
    """Platform section for any Kubernetes cluster. The program makes namespaces and consumers in it and changes nothing else."""

    service: Literal["kubernetes"]
    """Always kubernetes."""
    existing: ExistingKubernetesCluster
    """The existing cluster. Network policies limit the consumers only if the cluster enforces them (kubernetes.io, Network Policies)."""

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield consumer settings without effect, and brokers without a storage class."""
        yield from consumer_errors(context.pipes)
        if context.system_workloads.volumes and self.existing.storage_class is None:
            text = "is required (the brokers of the streaming service store their records on volumes). Set it to one that `kubectl get sc` prints."
            yield ConfigError(path=("platform", "existing", "storageClass"), text=text)
