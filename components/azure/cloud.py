"""Account, network, registry and monitoring of every stack on Azure."""

from components.azure.account import AzureSettings, azure_provider
from components.azure.monitoring.monitoring import Monitoring
from components.azure.monitoring.settings import AzureMonitoringSettings
from components.azure.network.network import AzureNetworkSettings, StackNetwork
from components.azure.registry import AcrRegistry
from components.service import CloudBase

CLOUD = CloudBase(
    account=AzureSettings,
    first_account={"azure-native:location": "westeurope"},
    provider=azure_provider,
    network_settings=AzureNetworkSettings,
    network=StackNetwork,
    registry=AcrRegistry,
    monitoring_settings=AzureMonitoringSettings,
    monitoring=Monitoring,
    cheap_collector=True,
)
