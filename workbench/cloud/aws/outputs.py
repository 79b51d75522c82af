"""Simulated AWS: formats of ids and computed outputs."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from workbench.cloud.model import (
    ACCOUNT,
    DEFAULT_REGION,
    Inputs,
    at,
    digits,
    text,
)


def region_of(inputs: Inputs) -> str:
    """Return an object's region."""
    return text(inputs, "region", DEFAULT_REGION)


def arn(service: str, resource: str, inputs: Inputs) -> str:
    """Return an ARN in the simulated account. ARNs of IAM have no region."""
    region = "" if service == "iam" else region_of(inputs)
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{resource}"


def ec2(resource: str, **more: Callable[[str], object]) -> Callable[[str, str, Inputs], Mapping[str, Any]]:
    """Return the outputs of an EC2 object: its ARN, its owner, and outputs derived from its id."""

    def outputs(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
        extra = {key: make(id_) for key, make in more.items()}
        return {"arn": arn("ec2", f"{resource}/{id_}", inputs), "ownerId": ACCOUNT, **extra}

    return outputs


def part(prefix: str) -> Callable[[str], str]:
    """Generate the id of an object that is created with another object, such as a VPC's default security group."""
    return lambda whole: f"{prefix}-0{digits(prefix + whole, 16)}"


def named(service: str, prefix: str, **more: object) -> Callable[[str, str, Inputs], Mapping[str, Any]]:
    """Return the outputs of an object whose ARN ends with its id."""
    return lambda id_, _name, inputs: {"arn": arn(service, f"{prefix}{id_}", inputs), **more}


def address(id_: str) -> str:
    """Return a public IPv4 address."""
    number = int(digits(id_, 2), 16)
    return f"203.0.113.{number}"  # RFC 5737: documentation only


def vpc_endpoint(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a VPC endpoint. With subnets it is an interface endpoint, otherwise a gateway endpoint."""
    subnets = at(inputs, "subnetIds")
    count = len(cast("list[object]", subnets)) if isinstance(subnets, list) else 0
    service = text(inputs, "serviceName", "com.amazonaws.service").rsplit(".", 1)[-1]
    host = f"{id_}.{service}.{region_of(inputs)}.vpce.amazonaws.com"
    return {
        "arn": arn("ec2", f"vpc-endpoint/{id_}", inputs),
        "ownerId": ACCOUNT,
        "state": "available",
        "requesterManaged": False,
        "prefixListId": "" if count else f"pl-{digits(id_, 8)}",
        "networkInterfaceIds": [f"eni-0{digits(f'{id_}{number}', 16)}" for number in range(count)],
        "dnsEntries": [{"dnsName": host, "hostedZoneId": "Z0SIMULATED"}] if count else [],
        "cidrBlocks": [],
    }


def security_group_rule(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a rule of a security group."""
    return {"arn": arn("ec2", f"security-group-rule/{id_}", inputs), "securityGroupRuleId": id_}
