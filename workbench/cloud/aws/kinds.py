"""Simulated AWS: times, rules and outputs of the resource types that the stacks use, and results of functions.

Times are planning values in minutes. If a source names a log, it is a public Terraform log. "Common use" means that no log was found
and the time is an estimate. Inputs that replace an object are ForceNew in the provider's schema. Add new types to the table of
their service, next to this file.
"""

from collections.abc import Callable, Mapping
from typing import Any

from workbench.cloud.aws.account import ACCOUNT_WIDE
from workbench.cloud.aws.dynamodb import DYNAMODB
from workbench.cloud.aws.ecs import ECS
from workbench.cloud.aws.eks import EKS
from workbench.cloud.aws.kinesis import KINESIS
from workbench.cloud.aws.kinesis_video import KINESIS_VIDEO
from workbench.cloud.aws.monitoring import MONITORING
from workbench.cloud.aws.msk import AUTOSCALING, MSK
from workbench.cloud.aws.msk_serverless import MSK_SERVERLESS
from workbench.cloud.aws.network import NETWORK
from workbench.cloud.aws.outputs import region_of
from workbench.cloud.aws.registry import ECR
from workbench.cloud.model import ACCOUNT, Inputs, Lookup, ResourceModel, text

KINDS: Mapping[str, ResourceModel] = {
    **NETWORK,
    **ACCOUNT_WIDE,
    **MSK,
    **MSK_SERVERLESS,
    **AUTOSCALING,
    **KINESIS,
    **KINESIS_VIDEO,
    **DYNAMODB,
    **EKS,
    **ECS,
    **ECR,
    **MONITORING,
}


DEPLOYER = "platform-admin"


def _identity(_args: Inputs) -> Mapping[str, Any]:
    user = f"arn:aws:sts::{ACCOUNT}:assumed-role/{DEPLOYER}/rehearsal"
    return {"id": ACCOUNT, "accountId": ACCOUNT, "arn": user, "userId": "AROASIMULATED:rehearsal"}


def _session(args: Inputs) -> Mapping[str, Any]:
    """Return the deployer's session. Its role is the administrator in the shipped stacks."""
    given = text(args, "arn", "")
    role = f"arn:aws:iam::{ACCOUNT}:role/{DEPLOYER}"
    return {"id": given, "arn": given, "issuerArn": role, "issuerName": DEPLOYER, "sessionName": "rehearsal"}


def _region(args: Inputs) -> Mapping[str, Any]:
    region = region_of(args)
    return {
        "id": region,
        "name": region,
        "region": region,
        "endpoint": f"ec2.{region}.amazonaws.com",
        "description": region,
    }


def _zones(args: Inputs) -> Mapping[str, Any]:
    region = region_of(args)
    return {
        "id": region,
        "names": [f"{region}{zone}" for zone in "abc"],
        "zoneIds": [f"{region}-az{n}" for n in (1, 2, 3)],
    }


INVOKES: Mapping[str, Callable[[Inputs], Mapping[str, Any]]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _identity,
    "aws:index/getPartition:getPartition": lambda _args: {
        "id": "aws",
        "partition": "aws",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    },
    "aws:iam/getSessionContext:getSessionContext": _session,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
}

LOOKUPS: Mapping[str, Lookup] = {
    "aws:ec2/getVpc:getVpc": Lookup(type="aws:ec2/vpc:Vpc", identifier=lambda args: text(args, "id", "")),
    "aws:ec2/getSubnet:getSubnet": Lookup(type="aws:ec2/subnet:Subnet", identifier=lambda args: text(args, "id", "")),
    "aws:msk/getBootstrapBrokers:getBootstrapBrokers": Lookup(
        type="aws:msk/cluster:Cluster", identifier=lambda args: text(args, "clusterArn", "")
    ),
    "aws:msk/getTopic:getTopic": Lookup(
        type="aws:msk/topic:Topic", identifier=lambda args: f"{text(args, 'clusterArn', '')},{text(args, 'name', '')}"
    ),
}
"""Functions that find objects which were there before the stack."""
