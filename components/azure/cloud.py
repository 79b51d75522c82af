"""Account, network and registry of every stack on Azure."""

from components.azure.account import AzureSettings, azure_provider
from components.azure.network.network import AzureNetworkSettings, Network
from components.azure.registry import AcrRegistry
from components.service import CloudBase

CLOUD = CloudBase(
    account=AzureSettings,
    first_account={"azure-native:location": "westeurope"},
    provider=azure_provider,
    network_settings=AzureNetworkSettings,
    network=Network,
    registry=AcrRegistry,
)
