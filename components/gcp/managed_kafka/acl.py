"""Kafka ACLs of a Managed Service for Apache Kafka cluster."""

from collections.abc import Mapping

import pulumi_gcp as gcp
from pulumi import Input, Output, Resource, ResourceOptions

EVERYTHING: Mapping[str, str] = {
    "cluster": "cluster",
    "topics": "allTopics",
    "groups": "allConsumerGroups",
    "transactions": "allTransactionalIds",
}
"""IDs of the ACLs that cover all resources of a type (Managed Service for Apache Kafka API, Acl)."""


def allowed(account: Input[str], *operations: str) -> list[gcp.managedkafka.AclAclEntryArgs]:
    """Return ACL entries that allow an account these operations from any host. The service does not distinguish client hosts."""
    return [
        gcp.managedkafka.AclAclEntryArgs(
            principal=Output.concat("User:", account), permission_type="ALLOW", operation=operation, host="*"
        )
        for operation in operations
    ]


def closed(
    name: str, cluster: gcp.managedkafka.Cluster, agent: Input[str], parent: Resource
) -> list[gcp.managedkafka.Acl]:
    """Create ACLs on all resources, so that clients have only explicitly granted permissions.

    The brokers run with allow.everyone.if.no.acl.found. Any client may do everything on a topic, group or cluster without an ACL, even
    write ACLs (Managed Service for Apache Kafka, Access control with Kafka ACLs). Each ACL here has one entry, for the service agent,
    which has that permission anyway.
    """
    return [
        gcp.managedkafka.Acl(
            f"{name}-{kind}-acl",
            acl_id=acl_id,
            cluster=cluster.cluster_id,
            location=cluster.location,
            acl_entries=allowed(agent, "DESCRIBE"),
            opts=ResourceOptions(parent=parent),
        )
        for kind, acl_id in EVERYTHING.items()
    ]
