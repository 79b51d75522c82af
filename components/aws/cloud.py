"""Account, network, registry and monitoring of every stack on AWS."""

from components.aws.account import AwsSettings, aws_provider
from components.aws.monitoring.monitoring import Monitoring
from components.aws.monitoring.settings import AwsMonitoringSettings
from components.aws.network.network import AwsNetworkSettings, StackNetwork
from components.aws.registry import EcrRegistry
from components.service import CloudBase

CLOUD = CloudBase(
    account=AwsSettings,
    first_account={"aws:region": "eu-west-1"},
    provider=aws_provider,
    network_settings=AwsNetworkSettings,
    network=StackNetwork,
    registry=EcrRegistry,
    monitoring_settings=AwsMonitoringSettings,
    monitoring=Monitoring,
    cheap_collector=False,
)
