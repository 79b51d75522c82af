"""Simulated AWS: objects that were there before a stack and that it adopts. They are in one VPC."""

from collections.abc import Mapping
from typing import Any

from workbench.cloud.aws.outputs import arn, region_of
from workbench.cloud.model import Inputs, Lookup, at, mapping, text

VPC = "vpc-0123456789abcdef0"
CIDR = "172.20.0.0/16"
SUBNETS = tuple(f"subnet-0123456789abcde{number:02d}" for number in (1, 2, 3))
BROKERS, NODES = "sg-0123456789abcdb01", "sg-0123456789abcd0de"
"""Security groups of the brokers and of the nodes of a cluster."""


def vpc(_id: str, _location: Inputs) -> Mapping[str, Any]:
    """Return a VPC."""
    return {"cidrBlock": CIDR, "enableDnsHostnames": True, "enableDnsSupport": True}


def subnet(id_: str, location: Inputs) -> Mapping[str, Any]:
    """Return a private subnet of the VPC."""
    number = SUBNETS.index(id_) if id_ in SUBNETS else 0
    return {
        "vpcId": VPC,
        "availabilityZone": f"{region_of(location)}{'abc'[number]}",
        "cidrBlock": f"172.20.{16 * number}.0/20",
        "mapPublicIpOnLaunch": False,
    }


def msk_cluster(arn: str, _location: Inputs) -> Mapping[str, Any]:
    """Return an MSK cluster with IAM authentication."""
    return {
        "clusterName": arn.split("/")[-2],
        "kafkaVersion": "3.9.x.kraft",
        "numberOfBrokerNodes": 3,
        "brokerNodeGroupInfo": {
            "azDistribution": "DEFAULT",
            "clientSubnets": list(SUBNETS),
            "instanceType": "kafka.m7g.large",
            "securityGroups": [BROKERS],
            "storageInfo": {"ebsStorageInfo": {"volumeSize": 500}},
        },
        "clientAuthentication": {"sasl": {"iam": True, "scram": False}, "unauthenticated": False},
        "encryptionInfo": {"encryptionInTransit": {"clientBroker": "TLS", "inCluster": True}},
        "enhancedMonitoring": "PER_BROKER",
    }


def msk_topic(id_: str, _location: Inputs) -> Mapping[str, Any]:
    """Return a topic with three partitions."""
    cluster, _, name = id_.partition(",")
    return {"clusterArn": cluster, "name": name, "partitionCount": 3, "replicationFactor": 3, "configs": "{}"}


# Platforms


def security_group(_id: str, _location: Inputs) -> Mapping[str, Any]:
    """Return a security group of the VPC."""
    return {"vpcId": VPC, "description": "Nodes of a cluster"}


def eks_cluster(name: str, _location: Inputs) -> Mapping[str, Any]:
    """Return an EKS cluster that admits only identities with an access entry."""
    return {
        "name": name,
        "version": "1.34",
        "vpcConfig": {
            "clusterSecurityGroupId": NODES,
            "endpointPrivateAccess": True,
            "endpointPublicAccess": False,
            "subnetIds": list(SUBNETS),
            "vpcId": VPC,
        },
        "accessConfig": {"authenticationMode": "API"},
        "kubernetesNetworkConfig": {"ipFamily": "ipv4", "serviceIpv4Cidr": "10.100.0.0/16"},
    }


def eks_addon(id_: str, _location: Inputs) -> Mapping[str, Any]:
    """Return an add-on. The one of the network enforces network policies."""
    cluster, _, name = id_.partition(":")
    policies = {"configurationValues": '{"enableNetworkPolicy": "true"}'} if name == "vpc-cni" else {}
    return {"clusterName": cluster, "addonName": name, **policies}


def eks_access_entry(id_: str, _location: Inputs) -> Mapping[str, Any]:
    """Return an access entry."""
    cluster, _, principal = id_.partition(":")
    return {"clusterName": cluster, "principalArn": principal, "type": "STANDARD"}


def oidc_provider(provider_arn: str, _location: Inputs) -> Mapping[str, Any]:
    """Return an OpenID Connect provider for the tokens of pods."""
    return {"url": provider_arn.partition("oidc-provider/")[2], "clientIdLists": ["sts.amazonaws.com"]}


def ecs_cluster(name: str, _location: Inputs) -> Mapping[str, Any]:
    """Return an ECS cluster with Container Insights."""
    return {"name": name, "settings": [{"name": "containerInsights", "value": "enhanced"}]}


def ecs_capacity(name: str, _location: Inputs) -> Mapping[str, Any]:
    """Return the capacity providers of an ECS cluster."""
    return {"clusterName": name, "capacityProviders": ["FARGATE", "FARGATE_SPOT"]}


def _eks_found(state: Inputs) -> Mapping[str, Any]:
    """Return the result of getCluster: it has lists instead of single objects."""
    lists = {
        "accessConfigs": "accessConfig",
        "certificateAuthorities": "certificateAuthority",
        "computeConfigs": "computeConfig",
        "kubernetesNetworkConfigs": "kubernetesNetworkConfig",
    }
    return {
        **{
            key: state[key] for key in ("arn", "endpoint", "id", "identities", "name", "status", "version", "vpcConfig")
        },
        **{key: [mapping(state, one)] if at(state, one) else [] for key, one in lists.items()},
    }


PLATFORM_LOOKUPS: Mapping[str, Lookup] = {
    "aws:ec2/getSecurityGroup:getSecurityGroup": Lookup(
        type="aws:ec2/securityGroup:SecurityGroup", identifier=lambda args: text(args, "id", "")
    ),
    "aws:ecs/getCluster:getCluster": Lookup(
        type="aws:ecs/cluster:Cluster",
        identifier=lambda args: text(args, "clusterName", ""),
        result=lambda state: {"status": "ACTIVE", **state, "clusterName": state["name"]},
    ),
    "aws:eks/getAccessEntry:getAccessEntry": Lookup(
        type="aws:eks/accessEntry:AccessEntry",
        identifier=lambda args: f"{text(args, 'clusterName', '')}:{text(args, 'principalArn', '')}",
    ),
    "aws:eks/getAddon:getAddon": Lookup(
        type="aws:eks/addon:Addon",
        identifier=lambda args: f"{text(args, 'clusterName', '')}:{text(args, 'addonName', '')}",
    ),
    "aws:eks/getCluster:getCluster": Lookup(
        type="aws:eks/cluster:Cluster", identifier=lambda args: text(args, "name", ""), result=_eks_found
    ),
    "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": Lookup(
        type="aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        identifier=lambda args: arn("iam", "oidc-provider/" + text(args, "url", "").removeprefix("https://"), args),
    ),
}
"""Functions that find existing platforms and what belongs to them."""
