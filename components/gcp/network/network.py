"""Network of a stack, and the settings of a VPC network (created or existing)."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from typing import Annotated, Any

from pulumi import ComponentResource, Output, Resource, ResourceOptions
from pydantic import AfterValidator, Field, model_validator

from components.arguments import NetworkArgs
from components.gcp.account import Account, GcpSettings
from components.gcp.encryption import Keys
from components.gcp.network.subnets import check_usable, layout
from components.gcp.services import Services
from components.section import Cidr, Pattern, SettingsModel
from components.settings_bases import NetworkSettings

ZONES = 3
"""Zones of a regional cluster. Each region has at least three (Compute Engine, Regions and zones; GKE, Regional clusters)."""


def _fits_the_layout(cidr: str) -> str:
    layout(cidr)
    return cidr


def _usable(cidr: str) -> str:
    check_usable(cidr)
    return cidr


RESOURCE_NAME = r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
"""Compute Engine, Naming resources."""

ResourceName = Annotated[
    str, Pattern(RESOURCE_NAME, "a Compute Engine resource name without a project, such as gke-pods")
]
ExistingCidr = Annotated[Cidr, AfterValidator(_usable)]


class ExistingNetwork(SettingsModel, frozen=True):
    """An existing VPC network. Its owner manages internet access (NAT), the firewall and flow logs."""

    network: Annotated[
        str,
        Pattern(
            rf"projects/[a-z0-9:.-]+/global/networks/{RESOURCE_NAME}",
            "a network ID in the form projects/PROJECT/global/networks/NAME, without a URL prefix",
        ),
    ]
    """The ID of the network. It can be in this project, or in the host project of a Shared VPC."""
    subnetwork: ResourceName
    """The name of the nodes' subnet, in the network's project and the stack's region. It needs internet access and Private Google Access."""
    cidr: ExistingCidr
    """The primary IPv4 range of the subnet. Nodes get their addresses from it."""
    pods_range: ResourceName
    """The name of the subnet's secondary range for pods."""
    pod_cidr: ExistingCidr
    """The IPv4 range of podsRange."""
    services_range: ResourceName
    """The name of the subnet's secondary range for Kubernetes services."""

    @model_validator(mode="after")
    def _distinct_ranges(self) -> "ExistingNetwork":
        if self.pods_range == self.services_range:
            raise ValueError(
                f"servicesRange must be different from podsRange, got {self.services_range!r} for both (GKE needs one secondary range for each). "
                "Set them to two different secondary ranges."
            )
        if IPv4Network(self.cidr).overlaps(IPv4Network(self.pod_cidr)):
            raise ValueError(
                f"podCidr must not overlap cidr, got {self.pod_cidr} and {self.cidr} (ranges of a subnet never overlap). "
                "Set both to the ranges that the subnet has."
            )
        return self


class GcpNetworkSettings(NetworkSettings, frozen=True):
    """Network settings on Google Cloud."""

    cidr: Annotated[Cidr, AfterValidator(_fits_the_layout)] = "10.0.0.0/16"
    """The IPv4 range of the network. It is divided into ranges for nodes, pods and Kubernetes services."""
    flow_log_days: Annotated[int, Field(ge=1, le=3650)] = 90
    """The days that network logs are kept, from 1 to 3650 (Cloud Logging, Quotas and limits)."""
    registry_customer_managed_key: bool = False
    """Whether the registry is encrypted with the stack's Cloud KMS key instead of a Google-managed key. It cannot be changed after the
    registry is created."""
    existing: ExistingNetwork | None = None
    """The existing network to use. By default a network is created."""

    @model_validator(mode="after")
    def _no_ignored_keys(self) -> "GcpNetworkSettings":
        ignored = sorted(self.model_fields_set & {"cidr", "flow_log_days"})
        if self.existing and ignored:
            names = ", ".join(type(self).model_fields[name].alias or name for name in ignored)
            raise ValueError(
                f"existing cannot be combined with {names} (they apply only to a network that data-pipes creates). "
                f"Remove {names}, or remove existing to create a network."
            )
        return self

    @property
    def zone_count(self) -> int:
        """Number of zones that the network spans."""
        return ZONES


class Network(ComponentResource, ABC):
    """Network of a stack, with the enabled APIs and the KMS keys.

    It holds everything that both the streaming service and the platform need, so that they can be created in parallel.
    """

    network_id: Output[str]
    subnet_id: Output[str]
    cidr: Output[str]
    """Primary range of the nodes' subnet."""
    outbound: Sequence[Resource]
    """NAT and firewall that subnet workloads depend on. Empty for an existing network."""
    apis: Mapping[str, Resource]
    """APIs by the first word of their names. Resources of an API wait for it."""
    account: Account
    labels: Mapping[str, str]
    """Labels of the stack. The provider adds them to all resources, except those of Cloud Monitoring."""

    def __init__(
        self,
        name: str,
        args: NetworkArgs[GcpSettings, Any],
        *,
        token: str,
        apis: Sequence[str],
        opts: ResourceOptions | None = None,
    ) -> None:
        """`token` is the type of the component, and `apis` are enabled together with those of the stack's services."""
        super().__init__(token, name, None, opts)
        self.name = name
        self.labels = args.tags
        self.account = Account.of(args.account, parent=self)
        self._services = Services(name, self.account, [*apis, *args.cloud_services], ResourceOptions(parent=self))
        self.apis = self._services.apis

    @property
    @abstractmethod
    def keys(self) -> Keys:
        """Return the key ring of the stack."""

    def agent(self, service: str) -> Output[str]:
        """Return the IAM member of a service's agent, by the first word of its API name, such as pubsub."""
        return self._services.agent(service)
