"""Platform settings for a GKE cluster that was there before the stack."""

from collections.abc import Iterator
from typing import Annotated, Literal

from typing_extensions import override

from components.gcp.account import GcpSettings
from components.kubernetes.existing_cluster import ExistingCluster
from components.section import ConfigError, Pattern
from components.settings_bases import NetworkSettings, ServiceSettings, ValidationContext

ZONES = 3
"""Zones of a regional cluster (GKE, Regional clusters). The zones of an existing cluster are not checked."""

NAME_KEY = "platform.existing.name"


class ExistingGkeCluster(ExistingCluster, frozen=True):
    """An existing GKE cluster. Its owner manages its nodes, versions, network and access."""

    name: Annotated[
        str,
        Pattern(
            r"[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?", "the name of a GKE cluster without its location, such as production"
        ),
    ]
    """The name of the cluster, in the project of the stack. It needs Workload Identity Federation."""
    location: (
        Annotated[
            str,
            Pattern(
                r"[a-z]+-[a-z]+[1-9][0-9]?(-[a-z])?",
                "a Google Cloud region such as europe-west1, or a zone such as europe-west1-b",
            ),
        ]
        | None
    ) = None
    """The region or the zone of the cluster. A zone must be in the region of the stack. The default is the region of the stack."""


class ExistingGkeSettings(ServiceSettings, frozen=True):
    """Platform section for an existing GKE cluster. The program makes namespaces, identities and consumers, and nothing else on it."""

    cloud_services = ("container",)

    service: Literal["gke"]
    """Always gke."""
    existing: ExistingGkeCluster
    """The existing cluster. The program looks up its endpoint, network and workload identity pool, and changes nothing of it."""

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield errors about a cluster in another region, and about brokers without a storage class."""
        yield from self.existing.errors(context)
        path, location = ("platform", "existing"), self.existing.location
        if isinstance(context.account, GcpSettings) and location:
            region = context.account.region
            if location != region and not location.startswith(f"{region}-"):
                text = (
                    f"must be {region} or one of its zones (gcp:region is the region of the whole stack), got {location}. Use a cluster there, "
                    "or change gcp:region."
                )
                yield ConfigError(path=(*path, "location"), text=text)


class ClusterNetworkSettings(NetworkSettings, frozen=True):
    """Network settings of a stack on an existing GKE cluster. There are none: the network of the cluster is looked up."""

    @property
    @override
    def zone_count(self) -> int:
        """Return the number of zones of a region."""
        return ZONES
