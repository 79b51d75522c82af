"""Rules that refuse changes that MSK cannot make to an existing cluster or topic. They also run in previews."""

import json
from functools import reduce

from pulumi import ResourceHookBinding

from components.changes import guard, older_kafka, refuse_fewer_partitions, refused_change, refused_creation, value_at

VOLUME_SIZE = "brokerNodeGroupInfo.storageInfo.ebsStorageInfo.volumeSize"
INSTANCE_TYPE = "brokerNodeGroupInfo.instanceType"
MULTI_VPC = "brokerNodeGroupInfo.connectivityInfo.vpcConnectivity"
AUTHORITIES = "clientAuthentication.tls.certificateAuthorityArns"

CONNECTED_LATER = (
    "MSK cannot create a cluster with access from outside its VPC. Deploy in two steps: first without connectivity; once the cluster "
    "exists, set connectivity again and deploy. MSK then updates the brokers one by one."
)
"""Why a cluster cannot be created with connectivity (MSK API, CreateCluster), and the fix."""

ANOTHER_STACK = "create a new stack with a different name, move the pipes there, then destroy this one"
"""Fix for settings that MSK cannot change on an existing cluster."""


def cluster_hooks(name: str, *, connected: bool) -> ResourceHookBinding:
    """Return the hooks of a cluster. `connected` means access from outside the VPC, which MSK allows only on an existing cluster."""
    hooks = [
        guard(name, "streaming.diskSize", VOLUME_SIZE, refuse_smaller_volume),
        refused_change(name, "streaming.instanceType", INSTANCE_TYPE, refuse_broker_type_change),
        refused_change(name, "streaming.connectivity", MULTI_VPC, refuse_open_connectivity),
        refused_change(name, "streaming.certificateAuthorityArns", AUTHORITIES, refuse_removed_authorities),
        refused_change(name, "streaming.tieredStorage", "storageMode", refuse_removed_tier),
        refused_change(name, "streaming.version", "kafkaVersion", older_kafka),
        guard(name, "streaming.brokers", "numberOfBrokerNodes", refuse_fewer_brokers),
    ]
    if connected:
        hooks.append(refused_creation(name, "streaming.connectivity", CONNECTED_LATER))
    return reduce(ResourceHookBinding.merge, hooks)


def topic_hooks(name: str, pipe: str) -> ResourceHookBinding:
    """Return the hooks of a pipe's topic."""
    return ResourceHookBinding.merge(
        guard(name, f"pipes.{pipe}.parallelism", "partitionCount", refuse_fewer_partitions),
        refused_change(name, f"pipes.{pipe}.topic.localRetentionHours", "configs", refuse_disabled_remote_storage),
    )


def refuse_smaller_volume(present: int, wanted: int) -> str | None:
    """Refuse smaller disks: MSK can only grow them (MSK, Scale broker storage)."""
    if wanted >= present:
        return None
    return f"MSK cannot shrink the disks of brokers. Set diskSize back to {present} or more."


def refuse_open_connectivity(present: object, wanted: object) -> str | None:
    """Refuse to remove enabled connectivity from the stack file: MSK would keep it enabled (MSK API, UpdateConnectivity)."""
    iam = "clientAuthentication.sasl.iam"
    if value_at(present, iam) is not True or value_at(wanted, iam) is not None:
        return None
    return (
        "cannot be removed while multiVpc is enabled (MSK keeps it enabled if the setting is missing). Set connectivity.multiVpc to "
        "false and deploy. Then remove connectivity."
    )


def refuse_broker_type_change(present: object, wanted: object) -> str | None:
    """Refuse a change between standard and Express brokers: MSK cannot convert a cluster (MSK, Express brokers)."""
    if str(present).startswith("express.") == str(wanted).startswith("express."):
        return None
    return (
        f"cannot be changed from {present} to {wanted} (MSK does not convert between standard and Express brokers). Set "
        f"instanceType back to {present}. To change it, {ANOTHER_STACK}."
    )


def refuse_removed_authorities(present: object, wanted: object) -> str | None:
    """Refuse to remove all authorities: MSK keeps accepting certificates (terraform-provider-aws, issue 24914).

    The provider does not send that TLS is disabled. If nothing else changes, its request is empty, and MSK rejects it on every update.
    """
    if wanted or not present:
        return None
    return (
        "cannot be removed (the AWS provider has no request that stops MSK from accepting certificates). Set the list back; you can "
        f"replace its ARNs. To accept no certificates, {ANOTHER_STACK}."
    )


def refuse_removed_tier(present: object, wanted: object) -> str | None:
    """Refuse to remove tiered storage from a cluster: only topics can stop using it (MSK, Tiered storage)."""
    if present != "TIERED" or wanted == "TIERED":
        return None
    return (
        "cannot be changed from true to false (MSK cannot disable tiered storage of a cluster). Set tieredStorage back to true. A "
        f"topic without localRetentionHours does not use the tier. To have no tier, {ANOTHER_STACK}."
    )


def refuse_fewer_brokers(present: int, wanted: int) -> str | None:
    """Refuse fewer brokers. MSK removes only M5 and M7g brokers, only if they hold no partitions (MSK, Remove a broker).

    This program cannot see or move a broker's partitions, so it never removes brokers.
    """
    if wanted >= present:
        return None
    return (
        "MSK removes only brokers that hold no partitions, and this program cannot move partitions. Set brokers back to "
        f"{present}, or remove brokers by hand first (docs/aws.md, Fewer brokers on MSK)."
    )


def refuse_disabled_remote_storage(present: object, wanted: object) -> str | None:
    """Refuse to disable remote storage of a topic: Kafka deletes the remote records (Apache Kafka, KIP-950).

    Both values are topic settings as JSON text. MSK cannot enable remote storage again for that topic (MSK, Enable and disable tiered
    storage on an existing topic; read 2026-11-29).
    """
    if not _remote(present) or _remote(wanted):
        return None
    return (
        "cannot be removed (Kafka would delete the records in the low-cost tier). Set it back. To keep records on the disks for longer, "
        "raise it, up to one hour below retentionHours. To stop using the tier, add a pipe with a different name, move the producers to "
        "it, wait until the old pipe is empty, then remove the old pipe (docs/changing.md, Remove a pipe)."
    )


def _remote(configs: object) -> bool:
    """Return whether a topic's settings, as JSON text, enable remote storage."""
    settings = json.loads(configs) if isinstance(configs, str) else None
    return value_at(settings, '["remote.storage.enable"]') == "true"
