"""Simulated AWS: streaming services and topics that were there before a stack and that it adopts.

Words in the name of an object change it, for tests: see the functions.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from workbench.cloud.aws.existing import BROKERS, NODES, SUBNETS
from workbench.cloud.aws.outputs import arn
from workbench.cloud.model import Inputs, Lookup, NotFoundError, text, uuid_of

CLOSED = "sg-0123456789abcd0c1"
"""Security group of brokers without rules."""

LARGE_RECORD = 8_000_000
"""max.message.bytes of a topic with `large` in its name."""


def msk_cluster(cluster_arn: str, _location: Inputs) -> Mapping[str, Any]:
    """Return an MSK cluster. Words: `express`, `six` (brokers), `scram` (without IAM), `closed` (security group)."""
    name = cluster_arn.split("/")[-2]
    express = "express" in name
    return {
        "clusterName": name,
        "kafkaVersion": "3.9.x.kraft",
        "numberOfBrokerNodes": 6 if "six" in name else 3,
        "brokerNodeGroupInfo": {
            "azDistribution": "DEFAULT",
            "clientSubnets": list(SUBNETS),
            "instanceType": "express.m7g.large" if express else "kafka.m7g.large",
            "securityGroups": [CLOSED if "closed" in name else BROKERS],
            **({} if express else {"storageInfo": {"ebsStorageInfo": {"volumeSize": 500}}}),
        },
        "clientAuthentication": {
            "sasl": {"iam": "scram" not in name, "scram": "scram" in name},
            "unauthenticated": False,
        },
        "encryptionInfo": {"encryptionInTransit": {"clientBroker": "TLS", "inCluster": True}},
        "enhancedMonitoring": "PER_BROKER",
    }


def msk_serverless(cluster_arn: str, _location: Inputs) -> Mapping[str, Any]:
    """Return a serverless MSK cluster."""
    return {
        "clusterName": cluster_arn.split("/")[-2],
        "clientAuthentication": {"sasl": {"iam": {"enabled": True}}},
        "vpcConfigs": [{"subnetIds": list(SUBNETS), "securityGroupIds": [BROKERS]}],
    }


def cluster_type(args: Inputs) -> str:
    """Return the type of the MSK cluster with the ARN in the arguments."""
    serverless = text(args, "clusterArn", "").endswith("-s1")
    return "aws:msk/serverlessCluster:ServerlessCluster" if serverless else "aws:msk/cluster:Cluster"


def found_brokers(cluster: Inputs) -> Mapping[str, Any]:
    """Return the broker addresses of a cluster. Word: `creating`, with MSK's message (terraform-aws-msk-cluster, issue 28)."""
    if "creating" in cluster["clusterName"]:
        raise NotFoundError(
            "BadRequestException: You can't get bootstrap broker nodes for a cluster in CREATING state."
        )
    return cluster


def broker_nodes(cluster: Inputs) -> Mapping[str, Any]:
    """Return the brokers of a cluster, as aws_msk_broker_nodes lists them."""
    domain = text(cluster, "bootstrapBrokersSaslIam", "b-1.brokers:9098").partition(".")[2].partition(":")[0]
    numbers = range(1, int(cluster["numberOfBrokerNodes"]) + 1)
    return {"nodeInfoLists": [{"brokerId": each, "endpoints": [f"b-{each}.{domain}"]} for each in numbers]}


def msk_topic(id_: str, _location: Inputs) -> Mapping[str, Any]:
    """Return a topic with three partitions. Word: `large` (records)."""
    cluster, _, name = id_.partition(",")
    settings = {"max.message.bytes": str(LARGE_RECORD)} if "large" in name else {}
    return {
        "clusterArn": cluster,
        "name": name,
        "partitionCount": 3,
        "replicationFactor": 3,
        "configs": json.dumps(settings),
    }


def kinesis_stream(name: str, location: Inputs) -> Mapping[str, Any]:
    """Return a data stream with three shards. Words: `on-demand`, `unencrypted`, `alias` (of its key)."""
    key = "alias/events" if "alias" in name else arn("kms", f"key/{uuid_of('events')}", location)
    encryption = {"encryptionType": "NONE"} if "unencrypted" in name else {"encryptionType": "KMS", "kmsKeyId": key}
    mode = "ON_DEMAND" if "on-demand" in name else "PROVISIONED"
    return {
        "arn": arn("kinesis", f"stream/{name}", location),
        "name": name,
        "retentionPeriod": 24,
        "shardCount": 3,
        "streamModeDetails": {"streamMode": mode},
        **encryption,
    }


def found_stream(stream: Inputs) -> Mapping[str, Any]:
    """Return a data stream as the function getStream does. Word: `updating`."""
    shards = [f"shardId-{number:012d}" for number in range(stream["shardCount"])]
    return {
        **stream,
        "status": "UPDATING" if "updating" in stream["name"] else "ACTIVE",
        "openShards": shards,
        "closedShards": [],
        "streamModeDetails": [stream["streamModeDetails"]],
    }


def kms_key(key_id: str, location: Inputs) -> Mapping[str, Any]:
    """Return a key by its id, alias or ARN."""
    return {"arn": key_id if key_id.startswith("arn:") else arn("kms", f"key/{uuid_of(key_id)}", location)}


def security_group_rules(args: Inputs) -> Mapping[str, Any]:
    """Return the ids of the rules of security groups."""
    groups = [value for each in args["filters"] for value in each["values"]]
    return {"id": "rules", "ids": [f"sgr-{group.removeprefix('sg-')}" for group in groups if group == BROKERS]}


def security_group_rule(args: Inputs) -> Mapping[str, Any]:
    """Return a rule of the brokers' security group. It allows the nodes of the existing cluster."""
    return {
        "id": args["securityGroupRuleId"],
        "ipProtocol": "tcp",
        "fromPort": 9092,
        "toPort": 9098,
        "isEgress": False,
        "referencedSecurityGroupId": NODES,
        "cidrIpv4": "",
    }


STREAM_INVOKES: Mapping[str, Callable[[Inputs], Mapping[str, Any]]] = {
    "aws:vpc/getSecurityGroupRule:getSecurityGroupRule": security_group_rule,
    "aws:vpc/getSecurityGroupRules:getSecurityGroupRules": security_group_rules,
}
"""Functions that read the rules of existing security groups."""

STREAM_LOOKUPS: Mapping[str, Lookup] = {
    "aws:kinesis/getStream:getStream": Lookup(
        type="aws:kinesis/stream:Stream",
        identifier=lambda args: text(args, "name", ""),
        result=found_stream,
    ),
    "aws:kms/getKey:getKey": Lookup(type="aws:kms/key:Key", identifier=lambda args: text(args, "keyId", "")),
    "aws:msk/getBootstrapBrokers:getBootstrapBrokers": Lookup(
        type=cluster_type,
        identifier=lambda args: text(args, "clusterArn", ""),
        result=found_brokers,
    ),
    "aws:msk/getBrokerNodes:getBrokerNodes": Lookup(
        type="aws:msk/cluster:Cluster",
        identifier=lambda args: text(args, "clusterArn", ""),
        result=broker_nodes,
    ),
    "aws:msk/getTopic:getTopic": Lookup(
        type="aws:msk/topic:Topic", identifier=lambda args: f"{text(args, 'clusterArn', '')},{text(args, 'name', '')}"
    ),
}
"""Functions that find existing streaming services and topics."""
