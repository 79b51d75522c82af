"""Simulated Google Cloud: objects that were there before a stack and that it adopts. They are in one VPC network.

A GKE cluster with the word autopilot in its name is an Autopilot cluster. All topics have three partitions.
"""

import re
from collections.abc import Mapping
from typing import Any, cast

from workbench.cloud.gcp.resource import project_of, region_of
from workbench.cloud.model import Inputs, mapping, text

NETWORK, SUBNET = "shared", "gke"
"""Names of the network and of the subnet."""
CIDR, POD_CIDR, SERVICE_CIDR = "10.20.0.0/20", "10.24.0.0/14", "10.28.0.0/20"
_PLACE = re.compile(r"projects/(?P<project>[^/]+)/(?:locations|regions)/(?P<location>[^/]+)/")


def network_id(project: str) -> str:
    """Return the ID of the network."""
    return f"projects/{project}/global/networks/{NETWORK}"


def subnet_id(project: str, region: str) -> str:
    """Return the ID of the subnet."""
    return f"projects/{project}/regions/{region}/subnetworks/{SUBNET}"


def _place(id_: str) -> tuple[str, str]:
    """Return the project and the location in an ID."""
    found = _PLACE.match(id_)
    return (found["project"], found["location"]) if found else (project_of({}), region_of({}))


def _name(id_: str) -> str:
    return id_.rsplit("/", 1)[-1]


def subnet(id_: str, _location: Inputs) -> Mapping[str, Any]:
    """Return the subnet of the nodes, with its secondary ranges."""
    project, region = _place(id_)
    return {
        "name": _name(id_),
        "region": region,
        "network": network_id(project),
        "ipCidrRange": CIDR,
        "secondaryIpRanges": [
            {"rangeName": "pods", "ipCidrRange": POD_CIDR},
            {"rangeName": "services", "ipCidrRange": SERVICE_CIDR},
        ],
        "privateIpGoogleAccess": True,
    }


def gke_cluster(id_: str, _location: Inputs) -> Mapping[str, Any]:
    """Return a cluster with Workload Identity Federation, Dataplane V2 and managed collection."""
    project, location = _place(id_)
    region = re.sub(r"-[a-z]$", "", location)
    common = {
        "name": _name(id_),
        "location": location,
        "network": network_id(project),
        "subnetwork": subnet_id(project, region),
        "networkingMode": "VPC_NATIVE",
        "ipAllocationPolicy": {"clusterSecondaryRangeName": "pods", "servicesSecondaryRangeName": "services"},
        "releaseChannel": {"channel": "REGULAR"},
        "datapathProvider": "ADVANCED_DATAPATH",
        "controlPlaneEndpointsConfig": {"dnsEndpointConfig": {"allowExternalTraffic": True}},
        "workloadIdentityConfig": {"workloadPool": f"{project}.svc.id.goog"},
        "monitoringConfig": {"enableComponents": ["SYSTEM_COMPONENTS"], "managedPrometheus": {"enabled": True}},
    }
    if "autopilot" in _name(id_):
        return {**common, "enableAutopilot": True}
    pool = {
        "name": "apps",
        "nodeConfig": {"machineType": "e2-standard-4", "workloadMetadataConfig": {"mode": "GKE_METADATA"}},
    }
    return {**common, "nodePools": [pool]}


def kafka_cluster(id_: str, _location: Inputs) -> Mapping[str, Any]:
    """Return a Managed Kafka cluster that is accessible from the network."""
    project, location = _place(id_)
    return {
        "clusterId": _name(id_),
        "location": location,
        "capacityConfig": {"vcpuCount": "6", "memoryBytes": str(24 * 2**30)},
        "gcpConfig": {"accessConfig": {"networkConfigs": [{"subnet": subnet_id(project, location)}]}},
        "rebalanceConfig": {"mode": "AUTO_REBALANCE_ON_SCALE_UP"},
    }


def kafka_topic(id_: str, _location: Inputs) -> Mapping[str, Any]:
    """Return a topic of a Managed Kafka cluster with three partitions."""
    _, location = _place(id_)
    cluster = id_.split("/")[-3]
    return {
        "topicId": _name(id_),
        "cluster": cluster,
        "location": location,
        "partitionCount": 3,
        "replicationFactor": 3,
        "configs": {},
    }


def pubsub_topic(id_: str, _location: Inputs) -> Mapping[str, Any]:
    """Return a Pub/Sub topic."""
    return {"name": _name(id_)}


def _plural(key: str) -> str:
    if key.endswith("s"):
        return f"{key}es"
    return f"{key[:-1]}ies" if key.endswith("y") else f"{key}s"


_BLOCKS = (
    "controlPlaneEndpointsConfigs",
    "masterAuths",
    "monitoringConfigs",
    "networkPolicies",
    "nodePools",
    "workloadIdentityConfigs",
)


def found_cluster(state: Inputs) -> Mapping[str, Any]:
    """Return a cluster as container.getCluster returns it: each block is a list, and a block that is not set is an empty list."""
    project, location = _place(text(state, "id", ""))
    listed = cast("dict[str, Any]", _lists(state))
    return {**{key: [] for key in _BLOCKS}, **listed, "project": project, "location": location}


def _lists(value: object) -> object:
    """Return a value with a list instead of each nested map, except labels."""
    if isinstance(value, list):
        return [_lists(each) for each in cast("list[object]", value)]
    if not isinstance(value, Mapping):
        return value
    listed: dict[str, object] = {}
    for key, item in cast("Mapping[str, object]", value).items():
        if key.endswith("abels"):
            listed[key] = item
        elif isinstance(item, Mapping):
            listed[_plural(key)] = [_lists(cast("object", item))]
        else:
            listed[key] = _lists(item)
    return listed


def found_subnet(state: Inputs) -> Mapping[str, Any]:
    """Return a subnet as compute.getSubnetwork returns it: the network is an address."""
    return {**state, "network": f"https://www.googleapis.com/compute/v1/{text(state, 'network', '')}"}


def found_topic(state: Inputs) -> Mapping[str, Any]:
    """Return a topic as pubsub.getTopic returns it."""
    return {**state, "labels": mapping(state, "labels"), "effectiveLabels": mapping(state, "effectiveLabels")}
