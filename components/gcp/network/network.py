"""The network of a pipeline on Google Cloud: a VPC network made here or adopted, the APIs that the stack calls, and its keys."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from typing import Annotated

from pulumi import ComponentResource, Output, Resource, ResourceOptions
from pydantic import AfterValidator, Field, model_validator

from components.arguments import NetworkArgs
from components.gcp.account import Account, GcpSettings
from components.gcp.encryption import Keys
from components.gcp.network.flow_logs import FlowLogs, FlowLogsArgs
from components.gcp.network.subnets import PODS, SERVICES, check_usable, layout
from components.gcp.network.vpc import Vpc, VpcArgs
from components.gcp.services import Services
from components.section import Cidr, Pattern, SettingsModel
from components.settings_bases import NetworkSettings

ZONES = 3
"""A regional cluster spans three zones, which each region has at least (Compute Engine, Regions and zones; GKE, Regional clusters)."""


def _fits_the_layout(cidr: str) -> str:
    layout(cidr)
    return cidr


def _usable(cidr: str) -> str:
    check_usable(cidr)
    return cidr


RESOURCE_NAME = r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
"""Compute Engine, Naming resources."""

ResourceName = Annotated[str, Pattern(RESOURCE_NAME, "a name of Compute Engine, without a project, such as gke-pods")]
ExistingCidr = Annotated[Cidr, AfterValidator(_usable)]


class ExistingNetwork(SettingsModel, frozen=True):
    """A VPC network that somebody else made and keeps: the way out, the firewall and flow logs are theirs."""

    network: Annotated[
        str,
        Pattern(
            rf"projects/[a-z0-9:.-]+/global/networks/{RESOURCE_NAME}",
            "the id of a network, projects/.../global/networks/..., without an address before it",
        ),
    ]
    """The id of the network, in this project or, where it is shared, in another."""
    subnetwork: ResourceName
    """The name of the subnet for nodes, in the network's project and the stack's region, with a way out and Private Google Access."""
    cidr: ExistingCidr
    """The primary IPv4 range of the subnet, which nodes have their addresses from."""
    pods_range: ResourceName
    """The name of the subnet's secondary range for pods."""
    pod_cidr: ExistingCidr
    """The IPv4 range of the pods' secondary range."""
    services_range: ResourceName
    """The name of the subnet's secondary range for Kubernetes services."""

    @model_validator(mode="after")
    def _ranges_of_their_own(self) -> "ExistingNetwork":
        if self.pods_range == self.services_range:
            raise ValueError(
                "servicesRange must be another range than podsRange, since GKE takes one for each; name one for each"
            )
        if IPv4Network(self.cidr).overlaps(IPv4Network(self.pod_cidr)):
            raise ValueError(
                f"podCidr must not overlap cidr, since no two ranges of a subnet do, and {self.pod_cidr} overlaps {self.cidr}; "
                "write the two ranges as the subnet has them"
            )
        return self


class GcpNetworkSettings(NetworkSettings, frozen=True):
    """The network section of a stack file on Google Cloud."""

    cidr: Annotated[Cidr, AfterValidator(_fits_the_layout)] = "10.0.0.0/16"
    """The IPv4 range of the network, out of which nodes, pods and Kubernetes services have theirs."""
    flow_log_days: Annotated[int, Field(ge=1, le=3650)] = 90
    """How many days the network's logs are kept, from 1 to 3650 (Cloud Logging, Quotas and limits)."""
    registry_customer_managed_key: bool = False
    """Whether the registry is encrypted with a Cloud KMS key of the stack's own, in place of Google's, for its whole life."""
    existing: ExistingNetwork | None = None
    """A network to adopt in place of making one."""

    @model_validator(mode="after")
    def _only_one_network(self) -> "GcpNetworkSettings":
        idle = sorted(self.model_fields_set & {"cidr", "flow_log_days"})
        if self.existing and idle:
            names = ", ".join(type(self).model_fields[name].alias or name for name in idle)
            raise ValueError(
                f"{names} would have no effect on the existing network; remove it, or remove existing to have one made"
            )
        return self

    @property
    def zone_count(self) -> int:
        """How many availability zones the network spans."""
        return ZONES


class Network(ComponentResource):
    """The VPC network with its subnet, the APIs that the stack calls, and the key ring of everything that is encrypted.

    What the streaming service and the platform both need is here, so that neither waits for the other.
    """

    network_id: Output[str]
    subnet_id: Output[str]
    cidr: Output[str]
    """The range that nodes have their addresses from."""
    pod_cidr: Output[str]
    pods_range: Output[str]
    """The name of the subnet's secondary range for pods."""
    services_range: Output[str]
    """The name of the subnet's secondary range for Kubernetes services."""
    way_out: Sequence[Resource]
    """How what runs in the subnet reaches others; in an adopted network this is its owner's."""
    apis: Mapping[str, Resource]
    """Each API that the stack calls, by the first word of its name: what is made with one waits for it."""
    keys: Keys
    account: Account
    registry_customer_managed_key: bool

    def __init__(
        self, name: str, args: NetworkArgs[GcpSettings, GcpNetworkSettings], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("data-pipes:gcp:Network", name, None, opts)
        child = ResourceOptions(parent=self)
        self.name = name
        self.registry_customer_managed_key = args.settings.registry_customer_managed_key
        self.account = Account.of(args.account, parent=self)
        self._services = Services(name, self.account, args.cloud_services, child)
        self.apis = self._services.apis
        self.keys = Keys(name, self.account, self.apis["cloudkms"], child)

        existing = args.settings.existing
        if existing:
            owner = existing.network.split("/")[1]
            self.network_id = Output.from_input(existing.network)
            self.subnet_id = Output.from_input(
                f"projects/{owner}/regions/{self.account.region}/subnetworks/{existing.subnetwork}"
            )
            self.cidr = Output.from_input(existing.cidr)
            self.pod_cidr = Output.from_input(existing.pod_cidr)
            self.pods_range = Output.from_input(existing.pods_range)
            self.services_range = Output.from_input(existing.services_range)
            self.way_out = []
        else:
            vpc = Vpc(name, VpcArgs(cidr=args.settings.cidr, account=self.account, api=self.apis["compute"]), child)
            FlowLogs(
                name,
                FlowLogsArgs(days=args.settings.flow_log_days, account=self.account, api=self.apis["logging"]),
                child,
            )
            ranges = layout(args.settings.cidr)
            self.network_id = vpc.network_id
            self.subnet_id = vpc.subnet_id
            self.cidr = Output.from_input(ranges.nodes)
            self.pod_cidr = Output.from_input(ranges.pods)
            self.pods_range = Output.from_input(PODS)
            self.services_range = Output.from_input(SERVICES)
            self.way_out = vpc.way_out
        self.register_outputs({"networkId": self.network_id, "subnetId": self.subnet_id})

    def agent(self, service: str) -> Output[str]:
        """The member that a service of Google Cloud acts as on the stack's behalf, by the first word of its API, such as pubsub."""
        return self._services.agent(service)
