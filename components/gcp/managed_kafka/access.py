"""Who may connect to a Managed Service for Apache Kafka cluster, and its address."""

import re
from collections.abc import Mapping, Sequence
from typing import cast

from pulumi import Input, Output, Resource

from components.contracts import Grant
from components.gcp.account import Account
from components.gcp.grants import granted
from components.gcp.managed_kafka.topic import PORT, ManagedKafkaPipeSettings
from components.settings_bases import PipeSettings


def with_port(address: str) -> str:
    """Return the bootstrap address with a port, which the API omits."""
    return address if re.search(r":\d+$", address) else f"{address}:{PORT}"


def connect(account: Account, cluster: Input[str]) -> Grant:
    """Return the permission to connect to a cluster, by its name."""
    return Grant(
        actions=("roles/managedkafka.client",),
        # IAM conditions use the project number (IAM, Resource attributes for conditions).
        resource=Output.concat("projects/", account.number, f"/locations/{account.region}/clusters/", cluster),
    )


def let_producers_connect(
    name: str, pipes: Mapping[str, PipeSettings], grant: Grant, *, account: Account, parent: Resource
) -> None:
    """Grant the producers of all pipes permission to connect."""
    made = cast("Mapping[str, ManagedKafkaPipeSettings]", pipes)
    for producer in sorted({producer for pipe in made.values() for producer in pipe.topic.producers}):
        granted(f"{name}-{producer}", f"serviceAccount:{producer}", [grant], account=account, parent=parent)


def acl_warning(cluster: str, account: Account, groups: Sequence[str]) -> str:
    """Return a warning about an open cluster, and about groups of its other clients. The stack adds an ACL for each of its groups."""
    added = (
        f" The stack adds an ACL for the consumer group{'s' if len(groups) > 1 else ''} {', '.join(groups)}: other clients in a group of that name "
        "lose access (set consumer.group to another name)."
        if groups
        else ""
    )
    return (
        f"every client may use a topic or group without an ACL.{added} To see the ACLs: gcloud managed-kafka acls list {cluster} "
        f"--location={account.region} --project={account.project}"
    )
