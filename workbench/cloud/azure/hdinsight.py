"""Simulated Azure: HDInsight. Times and rules are explained in kinds.py."""

from collections.abc import Mapping
from typing import Any

from workbench.cloud.azure import existing
from workbench.cloud.azure.resource import resource
from workbench.cloud.model import CREATED_AT, Inputs, ResourceModel, text, uuid_of

_HDINSIGHT_VERSIONS = {"5.1": "5.1.3000.0"}
"""Version -> full version that the service stores (azurerm #4485 shows the format)."""


def _hdinsight(id_: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of an HDInsight cluster. The API does not return the names of its brokers."""
    name = id_.rsplit("/", 1)[-1]
    endpoints = [
        {"name": "SSH", "protocol": "TCP", "location": f"{name}-ssh.azurehdinsight.net", "port": 22},
        {
            "name": "HTTPS",
            "protocol": "TCP",
            "location": f"{name}.azurehdinsight.net",
            "port": 443,
            "privateIPAddress": "10.0.5.20",
        },
    ]
    properties = {
        "clusterId": uuid_of(id_).replace("-", ""),
        "clusterState": "Running",
        "connectivityEndpoints": endpoints,
        "createdDate": CREATED_AT,
        "provisioningState": "Succeeded",
    }
    return {"properties": properties}


def _hdinsight_stored(inputs: Inputs) -> Mapping[str, Any]:
    """Return the full version and the tier in lower case, as the service stores them."""
    version, tier = text(inputs, "properties.clusterVersion", ""), text(inputs, "properties.tier", "")
    stored = {"clusterVersion": _HDINSIGHT_VERSIONS.get(version, version), "tier": tier.lower()}
    return {"properties": {key: value for key, value in stored.items() if value}}


def _hdinsight_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """Refuse to change the properties of a cluster. Only tags, and the number of workers in a separate API call, can be changed."""
    changed = [key for key in ("identity", "properties", "zones") if old is not None and old.get(key) != new.get(key)]
    if changed:
        return f"Conflict: the HDInsight cluster exists with other {', '.join(changed)}; only its tags can be changed"
    return None


def _private_link(_id: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    return {"linkIdentifier": "1"}


HDINSIGHT: Mapping[str, ResourceModel] = {
    "azure-native:hdinsight:Cluster": resource(
        "Microsoft.HDInsight/clusters",
        "clusterName",
        holds_data=True,
        create=20,
        delete=10,
        update=0.2,
        source="Microsoft Learn: a cluster takes about 20 min; its deletion by common use",
        common="name type",
        outputs=_hdinsight,
        stored=_hdinsight_stored,
        refusal=_hdinsight_refusal,
        existing=existing.hdinsight_cluster,
        replace_on=frozenset({"zones"}),
        worldwide=True,
    ),
    "azure-native:hdinsight:PrivateEndpointConnection": resource(
        "Microsoft.HDInsight/clusters/privateEndpointConnections",
        "clusterName",
        "privateEndpointConnectionName",
        create=0.3,
        delete=0.3,
        outputs=_private_link,
        tracked=False,
    ),
}
