"""Simulated Azure: Event Hubs. Times and rules are explained in kinds.py."""

from collections.abc import Mapping
from typing import Any

from workbench.cloud.azure import existing
from workbench.cloud.azure.resource import location_of, resource
from workbench.cloud.model import CREATED_AT, Inputs, Others, ResourceModel, at, number, text

_NAMESPACE = "azure-native:eventhub:Namespace"
_CLEANUP = "retentionDescription.cleanupPolicy"
_HUB = "common use, no log found: 5 to 20 s"


def _namespace(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of an Event Hubs namespace."""
    name = id_.rsplit("/", 1)[-1]
    return {
        "serviceBusEndpoint": f"https://{name}.servicebus.windows.net:443/",
        "metricId": f"{id_.split('/')[2]}:{name}",
        "kafkaEnabled": text(inputs, "sku.name", "Standard") != "Basic",
        "status": "Active",
        "createdAt": CREATED_AT,
        "updatedAt": CREATED_AT,
    }


def _namespace_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """Refuse invalid auto-inflate settings and tier changes (Event Hubs quotas and limits; Automatically scale up throughput units)."""
    inflates, most = at(new, "isAutoInflateEnabled") is True, number(new, "maximumThroughputUnits", 0)
    if inflates and not 1 <= most <= 40:
        return f"BadRequest: SubCode=40000. MaximumThroughputUnits must be 1 to 40 where auto-inflate is enabled, not {most}"
    if most and not inflates:
        return "BadRequest: SubCode=40000. MaximumThroughputUnits is only allowed where auto-inflate is enabled"
    before, after = text(old or new, "sku.name", ""), text(new, "sku.name", "")
    if before != after and "Premium" in (before, after):
        return f"BadRequest: SubCode=40000. The sku of a namespace cannot be changed from {before} to {after}"
    return None


def _inflated(inputs: Inputs, _others: Others) -> Mapping[str, Any]:
    """Return the capacity after auto-inflate added a throughput unit."""
    units, most = number(inputs, "sku.capacity", 1), number(inputs, "maximumThroughputUnits", 0)
    if at(inputs, "isAutoInflateEnabled") is not True or units >= most:
        return {}
    return {"sku": {**inputs["sku"], "capacity": units + 1}}


def _hub(_id: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of an event hub."""
    partitions = [str(each) for each in range(number(inputs, "partitionCount", 4))]
    return {
        "partitionIds": partitions,
        "partitionCount": len(partitions),
        "location": location_of(inputs),
        "status": "Active",
        "createdAt": CREATED_AT,
        "updatedAt": CREATED_AT,
    }


def _regrown(state: Inputs, inputs: Inputs) -> Mapping[str, Any]:
    """Return the partitions of an event hub that grew."""
    partitions = [str(each) for each in range(number(inputs, "partitionCount", 4))]
    return {} if state.get("partitionIds") == partitions else {"partitionIds": partitions}


def _hub_refusal(old: Inputs | None, new: Inputs, others: Others) -> str | None:
    """Refuse unsupported numbers of partitions: up to 32 and fixed on Standard, 100 on Premium, 1024 on Dedicated; never fewer.

    Sources: Event Hubs quotas; the cleanup policy cannot be changed either (Azure/azure-cli #26865).
    """
    namespaces = {text(each, "namespaceName", ""): each for each in others(_NAMESPACE)}
    namespace = namespaces.get(text(new, "namespaceName", ""), {})
    tier = "Dedicated" if at(namespace, "clusterArmId") else text(namespace, "sku.name", "Premium")
    most = {"Premium": 100, "Dedicated": 1024}.get(tier, 32)
    after = number(new, "partitionCount", 4)
    if not 1 <= after <= most:
        return f"BadRequest: SubCode=40000. The value of PartitionCount must be 1 to {most} on {tier}, not {after}"
    before = after if old is None else number(old, "partitionCount", 4)
    if before != after and tier in ("Basic", "Standard"):
        return "BadRequest: SubCode=40000. PartitionCount cannot be changed for EventHub."
    if after < before:
        return f"BadRequest: SubCode=40000. PartitionCount cannot be decreased for EventHub: it is {before}, {after} was asked for."
    if old is not None and at(old, _CLEANUP) != at(new, _CLEANUP):
        return "BadRequest: SubCode=40000. CleanupPolicy changes are not allowed in update."
    return None


def _schema_group_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """Refuse to change a schema group's type and compatibility (Event Hubs, Schema Registry concepts)."""
    for key in ("schemaCompatibility", "schemaType"):
        if old is not None and old.get(key) != new.get(key):
            return f"BadRequest: {key} of a schema group cannot be changed"
    return None


EVENT_HUBS: Mapping[str, ResourceModel] = {
    _NAMESPACE: resource(
        "Microsoft.EventHub/namespaces",
        "namespaceName",
        holds_data=True,
        create=1.5,
        delete=2,
        update=0.5,
        source="common use, no log found: made in one to two minutes, deleted in one to three",
        outputs=_namespace,
        refusal=_namespace_refusal,
        drift=_inflated,
        existing=existing.namespace,
        replace_on=frozenset({"clusterArmId", "zoneRedundant"}),
        worldwide=True,
    ),
    "azure-native:eventhub:EventHub": resource(
        "Microsoft.EventHub/namespaces/eventhubs",
        "namespaceName",
        "eventHubName",
        holds_data=True,
        create=0.2,
        delete=0.2,
        source=_HUB,
        common="name type",
        outputs=_hub,
        updated=_regrown,
        refusal_beside=_hub_refusal,
        existing=existing.event_hub,
        tracked=False,
    ),
    "azure-native:eventhub:ConsumerGroup": resource(
        "Microsoft.EventHub/namespaces/eventhubs/consumergroups",
        "namespaceName",
        "eventHubName",
        "consumerGroupName",
        create=0.2,
        delete=0.2,
        source=_HUB,
        common="name type",
        tracked=False,
    ),
    "azure-native:eventhub:SchemaRegistry": resource(
        "Microsoft.EventHub/namespaces/schemagroups",
        "namespaceName",
        "schemaGroupName",
        holds_data=True,
        create=0.2,
        delete=0.2,
        source=_HUB,
        common="name type",
        refusal=_schema_group_refusal,
        tracked=False,
    ),
    "azure-native:eventhub:NamespaceNetworkRuleSet": resource(
        "Microsoft.EventHub/namespaces/networkRuleSets",
        "namespaceName",
        "=default",
        create=0.2,
        delete=0.2,
        source=_HUB,
        common="name type",
        tracked=False,
        existing=existing.network_rules,
    ),
    "azure-native:eventhub:Cluster": resource(
        "Microsoft.EventHub/clusters",
        "clusterName",
        create=120,
        delete=5,
        source="azurerm's documentation: up to two hours",
        outputs=lambda id_, _name, _inputs: {
            "metricId": id_.rsplit("/", 1)[-1],
            "status": "Active",
            "createdAt": CREATED_AT,
        },
    ),
}
