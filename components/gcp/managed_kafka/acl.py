"""Who may do what on a Managed Service for Apache Kafka cluster, beyond connecting to it."""

from collections.abc import Mapping

import pulumi_gcp as gcp
from pulumi import Input, Output, Resource, ResourceOptions

EVERYTHING: Mapping[str, str] = {
    "cluster": "cluster",
    "topics": "allTopics",
    "groups": "allConsumerGroups",
    "transactions": "allTransactionalIds",
}
"""The ACLs that stand for all there is in a cluster (Managed Service for Apache Kafka API, Acl), by what they are about."""


def allowed(account: Input[str], *operations: str) -> list[gcp.managedkafka.AclAclEntryArgs]:
    """The entries that let one account do these operations; the hosts that clients come from are not told apart by the service."""
    return [
        gcp.managedkafka.AclAclEntryArgs(
            principal=Output.concat("User:", account), permission_type="ALLOW", operation=operation, host="*"
        )
        for operation in operations
    ]


def closed(
    name: str, cluster: gcp.managedkafka.Cluster, agent: Input[str], parent: Resource
) -> list[gcp.managedkafka.Acl]:
    """Take from everybody who may connect the rights that no ACL names.

    The brokers run with allow.everyone.if.no.acl.found: on a topic, group or cluster without an ACL every client may do everything,
    write ACLs too (Managed Service for Apache Kafka, Access control with Kafka ACLs). With an ACL on each of them only what is allowed
    is. The one entry of each names the service's own agent, which may do that in any case.
    """
    return [
        gcp.managedkafka.Acl(
            f"{name}-{what}-acl",
            acl_id=acl_id,
            cluster=cluster.cluster_id,
            location=cluster.location,
            acl_entries=allowed(agent, "DESCRIBE"),
            opts=ResourceOptions(parent=parent),
        )
        for what, acl_id in EVERYTHING.items()
    ]
