"""Account, network and registry of every stack on AWS."""

from components.aws.account import AwsSettings, aws_provider
from components.aws.network.network import AwsNetworkSettings, Network
from components.aws.registry import EcrRegistry
from components.service import CloudBase

CLOUD = CloudBase(
    account=AwsSettings,
    first_account={"aws:region": "eu-west-1"},
    provider=aws_provider,
    network_settings=AwsNetworkSettings,
    network=Network,
    registry=EcrRegistry,
)
