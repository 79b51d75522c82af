"""Simulated Confluent Cloud: table of its resource types, and results of functions.

Times are planning values in minutes. The provider's own waits are in its source. Inputs that replace an object are ForceNew in the
provider's source, or become so in a change (CustomizeDiff). Environments, identities and private links are in this file; clusters,
topics and ksqlDB are in kafka.py.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from workbench.cloud.confluent.kafka import CLUSTER, KAFKA, KEY, ROLE_BINDING, binding_blocks_delete
from workbench.cloud.confluent.outputs import ORGANIZATION, crn, described, domain, environment_of, identifier
from workbench.cloud.model import COMMON, Inputs, Lookup, Others, ResourceModel, at, digits, text

_LINK = "common use, no log found: the provider asks once a minute whether it is ready"
_NOT_ON_BASIC = ("DeveloperRead", "DeveloperWrite", "DeveloperManage", "ResourceOwner")


def _environment(id_: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    """Return an environment's outputs. Every environment gets a Schema Registry with its first cluster."""
    return {"resourceName": crn(environment=id_), "streamGovernance": {"package": "ESSENTIALS"}}


def _account(_id: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    return {**described("iam/v2", "ServiceAccount"), "description": ""}


def _key_id(name: str, _inputs: Inputs) -> str:
    return digits(f"API key {name}", 16).upper()


def _key(id_: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    """Return the secret of an API key. The service returns it only at the creation."""
    return {"secret": f"stand-in for the secret of {id_}"}


def _binding_refusal(_old: Inputs | None, new: Inputs, others: Others) -> str | None:
    """Refuse roles on topics, groups and transactions of a Basic cluster. They need ACLs."""
    inside = "/kafka=" in text(new, "crnPattern", "")
    if not inside or text(new, "roleName", "") not in _NOT_ON_BASIC:
        return None
    basic = any(
        at(cluster, "basic") is not None and f"/environment={environment_of(cluster)}/" in text(new, "crnPattern", "")
        for cluster in others(CLUSTER)
    )
    if basic:
        return (
            f"400 Bad Request: role {text(new, 'roleName', '')} is not available for resources of a Basic Kafka cluster"
        )
    return None


def _pool_refusal(_old: Inputs | None, new: Inputs) -> str | None:
    """Refuse filters and identity claims of a pool that do not use a token's claims."""
    condition, claim = text(new, "filter", ""), text(new, "identityClaim", "")
    if "==" in condition and "claims." not in condition:
        return f"400 Bad Request: filter {condition!r} says nothing of the claims of a token, such as claims.sub"
    if re.fullmatch(r"[a-z_]+", claim):
        return f"400 Bad Request: identity_claim {claim!r} is no claim of a token, such as claims.sub"
    return None


def _attachment(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the service that the stack's cloud connects to, in that cloud's format. The other clouds' services are empty."""
    region, suffix = text(inputs, "region", "region"), digits(id_, 17)
    services = {
        "AWS": ("aws", {"vpcEndpointServiceName": f"com.amazonaws.vpce.{region}.vpce-svc-{suffix}"}),
        "AZURE": (
            "azures",
            {
                "privateLinkServiceAlias": f"platt-{suffix[:8]}-privatelink.{suffix}.{region}.azure.privatelinkservice",
                "privateLinkServiceResourceId": "/subscriptions/00000000-0000-0000-0000-00000000000c/resourceGroups/confluent"
                f"/providers/Microsoft.Network/privateLinkServices/platt-{suffix[:8]}",
            },
        ),
        "GCP": (
            "gcps",
            {
                "privateServiceConnectServiceAttachment": f"projects/confluent-{suffix[:4]}/regions/{region}"
                f"/serviceAttachments/plattg-{suffix[:8]}-service-attachment"
            },
        ),
    }
    here, service = services.get(text(inputs, "cloud", "AWS"), services["AWS"])
    return {
        "resourceName": crn(environment=environment_of(inputs), **{"private-link-attachment": id_}),
        "dnsDomain": domain(inputs, private=True),
        **{key: [service] if key == here else [] for key, _ in services.values()},
    }


def _connection(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    return {
        "resourceName": crn(
            environment=environment_of(inputs),
            **{
                "private-link-attachment": text(inputs, "privateLinkAttachment.id", "platt-00000000"),
                "private-link-attachment-connection": id_,
            },
        )
    }


KINDS: Mapping[str, ResourceModel] = {
    "confluentcloud:index/environment:Environment": ResourceModel(
        holds_data=True,
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=identifier("env"),
        name_property="displayName",
        outputs=_environment,
        unique=("displayName",),
    ),
    "confluentcloud:index/serviceAccount:ServiceAccount": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=identifier("sa"),
        name_property="displayName",
        outputs=_account,
        unique=("displayName",),
    ),
    KEY: ResourceModel(
        create_minutes=1,
        delete_minutes=0.1,
        source="the provider's source: it asks until the key works on the cluster, within a minute; a key of a Schema Registry "
        "or of ksqlDB waits for 1 and 5 minutes",
        identifier=_key_id,
        name_property="displayName",
        outputs=_key,
        replace_on=frozenset({"managedResource", "owner"}),
    ),
    ROLE_BINDING: ResourceModel(
        create_minutes=1.5,
        delete_minutes=0.1,
        source="the provider's source: it waits for 90 seconds, until all of Confluent Cloud knows the role binding",
        identifier=identifier("rb"),
        replace_on=frozenset({"crnPattern", "principal", "roleName"}),
        refusal_beside=_binding_refusal,
        blocks_delete=binding_blocks_delete,
        unique=("principal", "roleName", "crnPattern"),
    ),
    "confluentcloud:index/identityProvider:IdentityProvider": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=identifier("op"),
        outputs=lambda _id, _name, _inputs: {"identityClaim": ""},
    ),
    "confluentcloud:index/identityPool:IdentityPool": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=identifier("pool"),
        replace_on=frozenset({"identityProvider"}),
        refusal=_pool_refusal,
    ),
    "confluentcloud:index/privateLinkAttachment:PrivateLinkAttachment": ResourceModel(
        create_minutes=2,
        delete_minutes=1,
        source=_LINK,
        identifier=identifier("platt"),
        outputs=_attachment,
        replace_on=frozenset({"cloud", "environment", "region"}),
    ),
    "confluentcloud:index/privateLinkAttachmentConnection:PrivateLinkAttachmentConnection": ResourceModel(
        create_minutes=2,
        delete_minutes=1,
        source=_LINK,
        identifier=identifier("plattc"),
        outputs=_connection,
        replace_on=frozenset({"aws", "azure", "environment", "gcp", "privateLinkAttachment"}),
    ),
    **KAFKA,
}


def _schema_registry(args: Inputs) -> Mapping[str, Any]:
    """Return an environment's Schema Registry."""
    environment = environment_of(args)
    id_ = identifier("lsrc")(environment, args)
    return {
        **described("srcm/v3", "Cluster"),
        "id": id_,
        "displayName": "Stream Governance Package",
        "package": "ESSENTIALS",
        "resourceName": crn(environment=environment, **{"schema-registry": id_}),
        "restEndpoint": f"https://psrc-{digits(id_, 5)}.{domain(args, private=False)}",
    }


def _organization(_args: Inputs) -> Mapping[str, Any]:
    return {"id": ORGANIZATION, "resourceName": crn()}


INVOKES: Mapping[str, Callable[[Inputs], Mapping[str, Any]]] = {
    "confluentcloud:index/getOrganization:getOrganization": _organization,
    "confluentcloud:index/getSchemaRegistryCluster:getSchemaRegistryCluster": _schema_registry,
}

LOOKUPS: Mapping[str, Lookup] = {}
"""Functions that find objects which were there before the stack."""
