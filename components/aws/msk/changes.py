"""Changes that MSK cannot make to a live cluster or topic, refused while they are still a preview."""

import json
from functools import reduce

from pulumi import ResourceHookBinding

from components.changes import guard, older_kafka, refuse_fewer_partitions, refused_change, refused_creation, value_at

VOLUME_SIZE = "brokerNodeGroupInfo.storageInfo.ebsStorageInfo.volumeSize"
INSTANCE_TYPE = "brokerNodeGroupInfo.instanceType"
MULTI_VPC = "brokerNodeGroupInfo.connectivityInfo.vpcConnectivity"
AUTHORITIES = "clientAuthentication.tls.certificateAuthorityArns"

CONNECTED_LATER = (
    "MSK makes no cluster that is reached from outside its VPC. Deploy in two steps: first without connectivity; once the cluster "
    "is there, set connectivity again and deploy. MSK then updates the brokers one after the other, which takes a while."
)
"""Why a cluster is not made with connectivity (MSK API, CreateCluster), and what to do instead."""

ANOTHER_STACK = "create a stack of another name, move the pipes there, then destroy this one"
"""What to do about an option that is for the life of a cluster."""


def cluster_hooks(name: str, *, connected: bool) -> ResourceHookBinding:
    """Hooks of the cluster of that name. `connected`: clients outside the VPC reach it, which MSK accepts only for a live cluster."""
    hooks = [
        guard(name, "streaming.diskSize", VOLUME_SIZE, refuse_smaller_volume),
        refused_change(name, "streaming.instanceType", INSTANCE_TYPE, refuse_broker_type_change),
        refused_change(name, "streaming.connectivity", MULTI_VPC, refuse_open_connectivity),
        refused_change(name, "streaming.certificateAuthorityArns", AUTHORITIES, no_authorities),
        refused_change(name, "streaming.tieredStorage", "storageMode", no_tier),
        refused_change(name, "streaming.version", "kafkaVersion", older_kafka),
        guard(name, "streaming.brokers", "numberOfBrokerNodes", refuse_fewer_brokers),
    ]
    if connected:
        hooks.append(refused_creation(name, "streaming.connectivity", CONNECTED_LATER))
    return reduce(ResourceHookBinding.merge, hooks)


def topic_hooks(name: str, pipe: str) -> ResourceHookBinding:
    """Hooks of the topic of that name, which belongs to a pipe."""
    return ResourceHookBinding.merge(
        guard(name, f"pipes.{pipe}.parallelism", "partitionCount", refuse_fewer_partitions),
        refused_change(name, f"pipes.{pipe}.topic.localRetentionHours", "configs", no_remote_storage),
    )


def refuse_smaller_volume(present: int, wanted: int) -> str | None:
    """The brokers' disks grow and never shrink (MSK, Scale broker storage)."""
    if wanted >= present:
        return None
    return f"The disks of MSK's brokers cannot shrink. Set diskSize back to {present} or more."


def refuse_open_connectivity(present: object, wanted: object) -> str | None:
    """Why a way that is open cannot just be left out: MSK would keep it open (MSK API, UpdateConnectivity)."""
    way = "clientAuthentication.sasl.iam"
    if value_at(present, way) is not True or value_at(wanted, way) is not None:
        return None
    return (
        "the brokers can be reached from other VPCs, and MSK keeps open what is left out. Set connectivity.multiVpc to false and "
        "deploy; then it can be removed."
    )


def refuse_broker_type_change(present: object, wanted: object) -> str | None:
    """Standard and Express brokers are different clusters (MSK, Express brokers)."""
    if str(present).startswith("express.") == str(wanted).startswith("express."):
        return None
    return (
        f"cannot go from {present} to {wanted}. MSK makes no Express brokers of standard ones, nor the other way round. Set "
        f"instanceType back to {present}; to change over, make a stack of another name and move the pipes to it."
    )


def no_authorities(present: object, wanted: object) -> str | None:
    """MSK keeps accepting certificates after the list is removed (terraform-provider-aws, aws_msk_cluster; its issue 24914).

    The provider sends no request with tls disabled. If nothing else changes, MSK rejects the empty request, now and in every later update.
    """
    if wanted or not present:
        return None
    return (
        "cannot be removed: the AWS provider has no request that stops MSK from accepting certificates. Set the list back; its ARNs may "
        f"change. To accept no certificates, {ANOTHER_STACK}."
    )


def no_tier(present: object, wanted: object) -> str | None:
    """A cluster keeps its low-cost tier; only topics leave it (MSK, Tiered storage)."""
    if present != "TIERED" or wanted == "TIERED":
        return None
    return (
        "cannot go from true to false, since MSK takes no cluster back to local storage only. Set tieredStorage back to true; a topic "
        f"without localRetentionHours does not use the tier. To have no tier, {ANOTHER_STACK}."
    )


def refuse_fewer_brokers(present: int, wanted: int) -> str | None:
    """MSK removes brokers of M5 and M7g clusters that hold no partitions, one in each zone at a time (MSK, Remove a broker).

    This program knows no broker's partitions and moves none, so it never asks MSK to.
    """
    if wanted >= present:
        return None
    return (
        "MSK removes only brokers that hold no partitions, and this program cannot move partitions. Set brokers back to "
        f"{present}, or remove brokers by hand first (docs/aws.md, Fewer brokers on MSK)."
    )


def no_remote_storage(present: object, wanted: object) -> str | None:
    """Kafka disables remote storage only if the remote records go too (Apache Kafka, KIP-950). The settings are given as JSON text.

    MSK never enables it again for that topic (MSK, Enable and disable tiered storage on an existing topic; read 2026-11-29).
    """
    if not _remote(present) or _remote(wanted):
        return None
    return (
        "cannot be removed: Kafka would delete the records in the low-cost tier. Set it back; to keep records on the disks for longer, "
        "raise it, up to one hour below retentionHours. To end without the tier, add a pipe of another name, point the producers at it, "
        "let the old one drain, then remove the old one (README, Removing a pipe)."
    )


def _remote(configs: object) -> bool:
    """Whether a topic's settings, as JSON text, enable remote storage."""
    settings = json.loads(configs) if isinstance(configs, str) else None
    return value_at(settings, '["remote.storage.enable"]') == "true"
