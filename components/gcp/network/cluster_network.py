"""Network of an existing GKE cluster."""

from typing import cast

import pulumi_gcp as gcp
from pulumi import InvokeOptions, Output, ResourceOptions
from typing_extensions import override

from components.arguments import NetworkArgs
from components.gcp.account import GcpSettings
from components.gcp.encryption import Keys
from components.gcp.gke.existing_settings import NAME_KEY, ClusterNetworkSettings, ExistingGkeSettings
from components.gcp.network.network import Network
from components.gcp.network.subnet import relative, subnet_parts
from components.gcp.services import WITHOUT_CLUSTER
from components.lookup import lookup


class ClusterNetwork(Network):
    """Network and subnet of an existing GKE cluster. They are only read.

    The key ring is made when the streaming service asks for a key.
    """

    cluster: Output[gcp.container.GetClusterResult]
    """The cluster, for the platform."""

    def __init__(
        self, name: str, args: NetworkArgs[GcpSettings, ClusterNetworkSettings], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__(name, args, token="data-pipes:gcp:ClusterNetwork", apis=WITHOUT_CLUSTER, opts=opts)
        self._keys: Keys | None = None
        self.outbound = []
        asked = cast("ExistingGkeSettings", args.platform).existing
        location = asked.location or self.account.region
        options = InvokeOptions(parent=self)
        self.cluster = lookup(
            gcp.container.get_cluster_output(
                name=asked.name, location=location, project=self.account.project, opts=options
            ),
            NAME_KEY,
            rule=f"the name of a GKE cluster in {location} of the project {self.account.project}",
            got=asked.name,
            fix=f"Correct it, or set platform.existing.location: gcloud container clusters list --project={self.account.project} prints both.",
        )
        account = self.account
        subnet = self.cluster.subnetwork.apply(
            lambda found: subnet_parts(found, project=account.project, region=account.region)
        )
        found = lookup(
            gcp.compute.get_subnetwork_output(
                name=subnet["name"], region=subnet["region"], project=subnet["project"], opts=options
            ),
            NAME_KEY,
            rule="the name of a GKE cluster whose subnet the deployer may read (compute.subnetworks.get)",
            got=asked.name,
            fix="Grant the deployer the role Compute Network Viewer on the project of the subnet.",
        )
        self.network_id = self.cluster.network.apply(relative)
        self.subnet_id = found.id
        self.cidr = found.ip_cidr_range
        self.register_outputs({"networkId": self.network_id, "subnetId": self.subnet_id})

    @property
    @override
    def keys(self) -> Keys:
        """Return the key ring of the stack. The first call makes it."""
        if self._keys is None:
            self._keys = Keys(self.name, self.account, self._services.enabled("cloudkms"), ResourceOptions(parent=self))
        return self._keys
