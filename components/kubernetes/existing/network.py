"""Network of stacks on any Kubernetes cluster: that of the cluster, which the program does not know."""

from typing import Any

from pulumi import ComponentResource, ResourceOptions

from components.arguments import NetworkArgs
from components.settings_bases import NetworkSettings


class KubernetesNetworkSettings(NetworkSettings, frozen=True):
    """Network section of a stack file on any Kubernetes cluster. It has no keys: the network is that of the cluster."""

    @property
    def zone_count(self) -> int:
        """Return 1: nothing is placed in zones."""
        return 1


class Network(ComponentResource):
    """The network of the cluster. Nothing is made."""

    def __init__(
        self, name: str, args: NetworkArgs[Any, KubernetesNetworkSettings], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("data-pipes:kubernetes:Network", name, None, opts)
        _ = args
        self.register_outputs({})
