"""Simulated AWS: objects that were there before a stack and that it adopts. They are in one VPC."""

from collections.abc import Mapping
from typing import Any

from workbench.cloud.aws.outputs import region_of
from workbench.cloud.model import Inputs

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
