"""Simulated Google Cloud: the network. Times and rules are explained in kinds.py."""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any, cast

from workbench.cloud.gcp import existing
from workbench.cloud.gcp.resource import agent, identifier, resource, short
from workbench.cloud.model import CREATED_AT, Inputs, Others, ResourceModel, at, digits, text

_SUBNET = "gcp:compute/subnetwork:Subnetwork"
_COMPUTE = "Terraform logs: Compute Engine's network objects take 10 to 25 s each"
_REGIONAL = "projects/{project}/regions/{region}"


def _serial(id_: str) -> str:
    """Return the numeric id that Compute Engine gives an object in addition to its name."""
    return str(int(digits(id_, 15), 16)).zfill(19)[:19]


def _network(id_: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    return {"numericId": _serial(id_), "networkId": _serial(id_)}


def _subnet(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    ranges = _ranges(inputs)
    return {
        "subnetworkId": int(_serial(id_)) % 2**50,
        "gatewayAddress": str(ranges[0][1]) if ranges else "10.0.0.1",
        "creationTimestamp": CREATED_AT,
        "fingerprint": digits(id_, 11) + "=",
    }


def _ranges(subnet: Inputs) -> list[Any]:
    """Return a subnet's primary and secondary ranges. Unknown ranges are left out."""
    more = at(subnet, "secondaryIpRanges")
    given = [text(subnet, "ipCidrRange", "")]
    given += [text(each, "ipCidrRange", "") for each in cast("list[Inputs]", more)] if isinstance(more, list) else []
    return [ip_network(each, strict=False) for each in given if "/" in each]


def _shrunk(old: Inputs, new: Inputs) -> frozenset[str]:
    """Return the range's path if it shrinks or moves, which replaces the subnet. It can only grow in place."""
    before, after = (text(each, "ipCidrRange", "") for each in (old, new))
    if "/" not in before or "/" not in after or ip_network(before).subnet_of(cast("Any", ip_network(after))):
        return frozenset()
    return frozenset({"ipCidrRange"})


def _overlap_refusal(_old: Inputs | None, new: Inputs, others: Others) -> str | None:
    """Refuse overlapping ranges in a network (VPC, Subnets)."""
    own, name = _ranges(new), text(new, "name", "")
    beside = [
        (each, text(subnet, "name", ""))
        for subnet in others(_SUBNET)
        if short(text(subnet, "network", "")) == short(text(new, "network", "")) and text(subnet, "name", "") != name
        for each in _ranges(subnet)
    ]
    beside += [(each, name) for each in own]
    for number, one in enumerate(own):
        for other, owner in beside[: len(beside) - len(own) + number]:
            if one.overlaps(other):
                return f"googleapi: Error 400: Invalid IPCidrRange: {one} conflicts with existing subnetwork '{owner}' ({other})"
    return None


def _address(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a reserved address: an internal one, or an external one in a range for documentation."""
    host = int(digits(id_, 2), 16) % 200 + 20
    inside = text(inputs, "addressType", "EXTERNAL") == "INTERNAL"
    return {
        "address": f"10.0.0.{host}" if inside else f"198.51.100.{host}",
        "creationTimestamp": CREATED_AT,
        "labelFingerprint": digits(id_, 8),
    }


def _rule(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a forwarding rule. If its target is a service attachment, it is a connection that the service accepted."""
    connection = {"pscConnectionId": _serial(id_), "pscConnectionStatus": "ACCEPTED"}
    known = {"baseForwardingRule": "", "creationTimestamp": CREATED_AT, "labelFingerprint": digits(id_, 8)}
    return {**known, **(connection if "/serviceAttachments/" in text(inputs, "target", "") else {})}


def _zone(id_: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    servers = ["ns-gcp-private.googledomains.com."]
    return {"managedZoneId": _serial(id_), "nameServers": servers, "creationTime": CREATED_AT}


def _sink(_id: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    return {"writerIdentity": f"serviceAccount:{agent('gcp-sa-logging')}"}


def _record_refusal(_old: Inputs | None, new: Inputs, others: Others) -> str | None:
    """Refuse a record whose name does not end with its zone's name (Cloud DNS, Records overview)."""
    zone, name = short(text(new, "managedZone", "")), text(new, "name", "")
    domain = next(
        (
            text(each, "dnsName", "")
            for each in others("gcp:dns/managedZone:ManagedZone")
            if text(each, "name", "") == zone
        ),
        "",
    )
    if not domain or name == domain or name.endswith(f".{domain}"):
        return None
    return f"googleapi: Error 400: Invalid value for 'entity.change.additions[0].name': '{name}' is not in {domain}"


NETWORK: Mapping[str, ResourceModel] = {
    "gcp:compute/network:Network": resource(
        "projects/{project}/global/networks/{name}",
        create=0.3,
        delete=0.4,
        source=_COMPUTE,
        outputs=_network,
        linked=True,
        fixed="autoCreateSubnetworks description internalIpv6Range networkProfile params",
        defaults={"autoCreateSubnetworks": True, "networkFirewallPolicyEnforcementOrder": "AFTER_CLASSIC_FIREWALL"},
    ),
    _SUBNET: resource(
        f"{_REGIONAL}/subnetworks/{{name}}",
        create=0.3,
        delete=0.3,
        update=0.3,
        source=_COMPUTE,
        outputs=_subnet,
        existing=existing.subnet,
        linked=True,
        replaces_too=_shrunk,
        refusal_beside=_overlap_refusal,
        fixed="description externalIpv6Prefix internalIpv6Prefix network params reservedInternalRange",
        left_out="secondaryIpRanges.ipCidrRange",
        defaults={
            "logConfig.aggregationInterval": "INTERVAL_5_SEC",
            "logConfig.filterExpr": "true",
            "logConfig.flowSampling": 0.5,
            "logConfig.metadata": "INCLUDE_ALL_METADATA",
        },
    ),
    "gcp:compute/router:Router": resource(
        f"{_REGIONAL}/routers/{{name}}",
        create=0.2,
        delete=0.2,
        source=_COMPUTE,
        outputs=lambda _id, _name, _inputs: {"creationTimestamp": CREATED_AT},
        linked=True,
        fixed="encryptedInterconnectRouter nccGateway network params",
    ),
    "gcp:compute/routerNat:RouterNat": resource(
        "{project}/{region}/{router}/{name}",
        create=0.2,
        delete=0.2,
        update=0.2,
        source=_COMPUTE,
        fixed="endpointTypes initialNatIps type",
        defaults={
            "icmpIdleTimeoutSec": 30,
            "tcpEstablishedIdleTimeoutSec": 1200,
            "tcpTimeWaitTimeoutSec": 120,
            "tcpTransitoryIdleTimeoutSec": 30,
            "type": "PUBLIC",
            "udpIdleTimeoutSec": 30,
        },
    ),
    "gcp:compute/firewall:Firewall": resource(
        "projects/{project}/global/firewalls/{name}",
        create=0.2,
        delete=0.2,
        source=_COMPUTE,
        outputs=lambda _id, _name, _inputs: {"creationTimestamp": CREATED_AT},
        linked=True,
        fixed="direction params",
        defaults={"priority": 1000},
    ),
    "gcp:compute/address:Address": resource(
        f"{_REGIONAL}/addresses/{{name}}",
        create=0.2,
        delete=0.2,
        source=_COMPUTE,
        outputs=_address,
        labels="labels",
        linked=True,
        fixed="address addressType description ipVersion ipv6EndpointType network networkTier prefixLength purpose subnetwork",
        defaults={"addressType": "EXTERNAL"},
    ),
    "gcp:compute/forwardingRule:ForwardingRule": resource(
        f"{_REGIONAL}/forwardingRules/{{name}}",
        create=0.3,
        delete=0.3,
        source=_COMPUTE,
        outputs=_rule,
        labels="labels",
        linked=True,
        fixed="allPorts backendService description ipAddress ipProtocol ipVersion isMirroringCollector loadBalancingScheme network"
        " networkTier noAutomateDnsZone portRange ports serviceDirectoryRegistrations serviceLabel sourceIpRanges subnetwork",
        defaults={"loadBalancingScheme": "EXTERNAL"},
    ),
    "gcp:dns/managedZone:ManagedZone": resource(
        "projects/{project}/managedZones/{name}",
        create=0.1,
        delete=0.1,
        outputs=_zone,
        labels="labels",
        fixed="dnsName visibility",
        defaults={"visibility": "public"},
    ),
    "gcp:dns/recordSet:RecordSet": resource(
        "projects/{project}/managedZones/{managedZone}/rrsets/{name}",
        identifier=identifier("projects/{project}/managedZones/{managedZone}/rrsets/{name}/{type}"),
        create=0.1,
        delete=0.1,
        refusal_beside=_record_refusal,
        name_property=None,
    ),
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": resource(
        "projects/{project}/locations/{location}/buckets/{bucketId}",
        holds_data=True,
        create=0.2,
        delete=0.1,
        source="common use, no log found: seconds; a deletion is only asked for, and for seven days the name stays taken",
        outputs=lambda id_, _name, _inputs: {"name": id_, "lifecycleState": "ACTIVE"},
        defaults={"retentionDays": 30},
        forever=True,
    ),
    "gcp:logging/projectSink:ProjectSink": resource(
        "projects/{project}/sinks/{name}", create=0.1, delete=0.1, outputs=_sink
    ),
}
