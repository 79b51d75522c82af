"""The simulated AWS: the shapes of its ids and computed outputs, as the services typically give them."""

import base64
from collections.abc import Callable, Mapping
from typing import Any, cast

from workbench.cloud.model import (
    ACCOUNT,
    DEFAULT_REGION,
    MOMENT,
    Inputs,
    at,
    digits,
    text,
    uuid_of,
)


def region_of(inputs: Inputs) -> str:
    """The region an object is in."""
    return text(inputs, "region", DEFAULT_REGION)


def arn(service: str, resource: str, inputs: Inputs) -> str:
    """An ARN in the simulated account; IAM's have no region."""
    region = "" if service == "iam" else region_of(inputs)
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{resource}"


def ec2(resource: str, **more: Callable[[str], object]) -> Callable[[str, str, Inputs], Mapping[str, Any]]:
    """Outputs of an EC2 object: its ARN, its owner and more made from its id."""

    def outputs(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
        extra = {key: make(id_) for key, make in more.items()}
        return {"arn": arn("ec2", f"{resource}/{id_}", inputs), "ownerId": ACCOUNT, **extra}

    return outputs


def part(prefix: str) -> Callable[[str], str]:
    """The id of something that comes into being with another object, such as a VPC's default security group."""
    return lambda whole: f"{prefix}-0{digits(prefix + whole, 16)}"


def named(service: str, prefix: str, **more: object) -> Callable[[str, str, Inputs], Mapping[str, Any]]:
    """Outputs of an object whose ARN ends in its id."""
    return lambda id_, _name, inputs: {"arn": arn(service, f"{prefix}{id_}", inputs), **more}


def address(id_: str) -> str:
    """A public IPv4 address."""
    number = int(digits(id_, 2), 16)
    return f"203.0.113.{number}"  # RFC 5737: documentation only


def vpc_endpoint(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Of a VPC endpoint; one with subnets is an interface endpoint, else a gateway endpoint."""
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


def eks_cluster(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Of an EKS cluster."""
    region = region_of(inputs)
    host = digits(f"{name}{id_}", 32).upper()
    return {
        "arn": arn("eks", f"cluster/{id_}", inputs),
        "endpoint": f"https://{host}.gr7.{region}.eks.amazonaws.com",
        "certificateAuthority": {"data": base64.b64encode(f"simulated certificate of {id_}".encode()).decode()},
        "identities": [{"oidcs": [{"issuer": f"https://oidc.eks.{region}.amazonaws.com/id/{host}"}]}],
        "vpcConfig": {
            "clusterSecurityGroupId": f"sg-0{digits(f'eks {id_} {name}', 16)}",
            "vpcId": f"vpc-0{digits(name, 16)}",
        },
        "version": "1.35",
        "platformVersion": "eks.1",
        "status": "ACTIVE",
        "createdAt": MOMENT,
    }


def node_group(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Of an EKS node group."""
    group = f"eks-{id_.rsplit(':', 1)[-1]}-{uuid_of(name)}"
    return {
        "arn": arn("eks", f"nodegroup/{id_.replace(':', '/')}/{uuid_of(name)}", inputs),
        "resources": [{"autoscalingGroups": [{"name": group}], "remoteAccessSecurityGroupId": ""}],
        "status": "ACTIVE",
        "version": "1.35",
    }


def msk_cluster_id(name: str, inputs: Inputs) -> str:
    """An MSK cluster's id, which is its ARN."""
    return arn("kafka", f"cluster/{text(inputs, 'clusterName', name)}/{uuid_of(name)}-2", inputs)


def msk_cluster(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """The service answers with a bootstrap string for each method that is switched on, and an empty one for the others."""
    _, cluster, unique = id_.split(":", 5)[-1].split("/")
    count = at(inputs, "numberOfBrokerNodes")
    brokers = int(count) if isinstance(count, int | float) else 3
    host = f"{cluster}.{digits(id_, 6)}.c2.kafka.{region_of(inputs)}.amazonaws.com"

    def bootstrap(port: int, *switched_on: object) -> str:
        return ",".join(f"b-{n}.{host}:{port}" for n in range(1, min(brokers, 3) + 1)) if any(switched_on) else ""

    methods = at(inputs, "clientAuthentication")
    in_transit = text(inputs, "encryptionInfo.encryptionInTransit.clientBroker", "TLS")
    anonymous = methods is None or at(methods, "unauthenticated")
    return {
        "arn": id_,
        "clusterUuid": unique,
        "currentVersion": "K" + digits(id_, 13).upper(),
        "bootstrapBrokers": bootstrap(9092, anonymous and in_transit != "TLS"),
        "bootstrapBrokersTls": bootstrap(
            9094, at(methods, "tls.certificateAuthorityArns"), anonymous and in_transit != "PLAINTEXT"
        ),
        "bootstrapBrokersSaslScram": bootstrap(9096, at(methods, "sasl.scram")),
        "bootstrapBrokersSaslIam": bootstrap(9098, at(methods, "sasl.iam")),
        "zookeeperConnectString": "",
        "zookeeperConnectStringTls": "",
        "storageMode": "LOCAL",
    }


def msk_topic(_id: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Of an MSK topic."""
    cluster = text(inputs, "clusterArn", arn("kafka", f"cluster/unknown/{uuid_of(name)}-2", inputs))
    return {
        "arn": f"{cluster.replace(':cluster/', ':topic/', 1)}/{text(inputs, 'name', name)}",
        "configsActual": text(inputs, "configs", "{}"),
    }


def next_revision(state: Inputs, inputs: Inputs) -> Mapping[str, Any]:
    """A changed MSK configuration is a new revision of it."""
    revision = at(state, "latestRevision")
    same = all(at(state, key) == at(inputs, key) for key in ("serverProperties", "description"))
    return {} if same else {"latestRevision": (int(revision) if isinstance(revision, int | float) else 1) + 1}


def security_group_rule(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Of a rule of a security group."""
    return {"arn": arn("ec2", f"security-group-rule/{id_}", inputs), "securityGroupRuleId": id_}


def iam_role(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Of an IAM role."""
    path = text(inputs, "path", "/")
    return {
        "arn": arn("iam", f"role{path}{id_}", inputs),
        "uniqueId": "AROA" + digits(name, 16).upper(),
        "createDate": MOMENT,
    }


def addon(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Of an EKS add-on."""
    whole = arn("eks", f"addon/{id_.replace(':', '/')}/{uuid_of(name)}", inputs)
    return {"arn": whole, "addonVersion": "v1.0.0-eksbuild.1", "createdAt": MOMENT, "modifiedAt": MOMENT}


def access_entry(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Of an EKS access entry."""
    cluster, _, principal = id_.partition(":")
    kind = "user" if ":user/" in principal else "role"
    resource = f"access-entry/{cluster}/{kind}/{ACCOUNT}/{principal.rsplit('/', 1)[-1]}/{uuid_of(name)}"
    return {
        "accessEntryArn": arn("eks", resource, inputs),
        "type": "STANDARD",
        "userName": principal,
        "kubernetesGroups": [],
        "createdAt": MOMENT,
        "modifiedAt": MOMENT,
    }


def access_policy_association(_id: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    """Of an access policy on an EKS access entry."""
    return {"associatedAt": MOMENT, "modifiedAt": MOMENT}


def pod_identity_association(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Of an EKS Pod Identity association."""
    cluster = text(inputs, "clusterName", name)
    return {
        "associationArn": arn("eks", f"podidentityassociation/{cluster}/{id_}", inputs),
        "associationId": id_,
        "externalId": "",
    }
