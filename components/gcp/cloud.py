"""Account, network and registry classes for stacks on Google Cloud."""

from components.gcp.account import GcpSettings, gcp_provider
from components.gcp.monitoring.monitoring import Monitoring
from components.gcp.monitoring.settings import GcpMonitoringSettings
from components.gcp.network.network import GcpNetworkSettings
from components.gcp.network.vpc_network import VpcNetwork
from components.gcp.registry import ArtifactRegistry
from components.service import CloudBase

CLOUD = CloudBase(
    account=GcpSettings,
    first_account={"gcp:region": "europe-west1", "gcp:project": "data-pipes-42"},
    provider=gcp_provider,
    network_settings=GcpNetworkSettings,
    network=VpcNetwork,
    registry=ArtifactRegistry,
    monitoring_settings=GcpMonitoringSettings,
    monitoring=Monitoring,
    cheap_collector=True,
)
