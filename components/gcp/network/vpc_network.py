"""VPC network of a stack with a new cluster: created, or there before."""

from pulumi import Output, ResourceOptions
from typing_extensions import override

from components.arguments import NetworkArgs
from components.gcp.account import GcpSettings
from components.gcp.encryption import Keys
from components.gcp.network.flow_logs import FlowLogs, FlowLogsArgs
from components.gcp.network.network import GcpNetworkSettings, Network
from components.gcp.network.subnets import PODS, SERVICES, layout
from components.gcp.network.vpc import Vpc, VpcArgs
from components.gcp.services import ALWAYS


class VpcNetwork(Network):
    """VPC network with its subnet, the enabled APIs and the KMS key ring."""

    pods_range: Output[str]
    """Name of the secondary range for pods."""
    services_range: Output[str]
    """Name of the secondary range for Kubernetes services."""
    registry_customer_managed_key: bool

    def __init__(
        self, name: str, args: NetworkArgs[GcpSettings, GcpNetworkSettings], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__(name, args, token="data-pipes:gcp:Network", apis=ALWAYS, opts=opts)
        child = ResourceOptions(parent=self)
        self.registry_customer_managed_key = args.settings.registry_customer_managed_key
        self._keys = Keys(name, self.account, self.apis["cloudkms"], child)

        existing = args.settings.existing
        if existing:
            owner = existing.network.split("/")[1]
            self.network_id = Output.from_input(existing.network)
            self.subnet_id = Output.from_input(
                f"projects/{owner}/regions/{self.account.region}/subnetworks/{existing.subnetwork}"
            )
            self.cidr = Output.from_input(existing.cidr)
            self.pods_range = Output.from_input(existing.pods_range)
            self.services_range = Output.from_input(existing.services_range)
            self.outbound = []
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
            self.pods_range = Output.from_input(PODS)
            self.services_range = Output.from_input(SERVICES)
            self.outbound = vpc.outbound
        self.register_outputs({"networkId": self.network_id, "subnetId": self.subnet_id})

    @property
    @override
    def keys(self) -> Keys:
        """Return the key ring of the stack."""
        return self._keys
