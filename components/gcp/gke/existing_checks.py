"""What an existing GKE cluster lacks for the consumers of a stack, with the command that mends it."""

from collections.abc import Iterator, Mapping
from typing import NoReturn

from pulumi_gcp.container import GetClusterResult

from components.gcp.gke.autopilot import MOST, adjusted
from components.gcp.gke.cluster import workload_pool
from components.gcp.gke.existing_settings import NAME_KEY
from components.kubernetes.nodes.capacity import replica_resources
from components.lookup import unanswered
from components.settings_bases import PipeSettings, SystemWorkloads

METADATA_LABEL = 'iam.gke.io/gke-metadata-server-enabled: "true"'
"""Label of the nodes that run the GKE metadata server (GKE, Authenticate to Google Cloud APIs from GKE workloads)."""


def gcloud(cluster: GetClusterResult, command: str, more: str) -> str:
    """Return a gcloud command about a cluster."""
    return f"gcloud container {command} --location={cluster.location} --project={cluster.project} {more}"


def update(cluster: GetClusterResult, more: str) -> str:
    """Return the gcloud command that updates a cluster."""
    return gcloud(cluster, f"clusters update {cluster.name}", more)


def refuse(cluster: GetClusterResult, *, rule: str, reason: str, fix: str) -> NoReturn:
    """Raise RunError about a cluster that cannot run the consumers."""
    raise unanswered(NAME_KEY, rule=rule, got=cluster.name, reason=reason, fix=fix)


def identity_pool(cluster: GetClusterResult) -> str:
    """Return the workload identity pool of a cluster. Raise RunError if its pods could get no cloud identity."""
    pools = [each.workload_pool for each in cluster.workload_identity_configs if each.workload_pool]
    rule = "the name of a GKE cluster whose pods can get a cloud identity"
    if not pools:
        command = update(cluster, f"--workload-pool={workload_pool(cluster.project or 'PROJECT')}")
        refuse(
            cluster,
            rule=rule,
            reason="Workload Identity Federation is off",
            fix=f"Turn it on, and then the metadata server of the node pools: {command}",
        )
    without = pools_without_metadata_server(cluster)
    if without and len(without) == len(cluster.node_pools):
        command = gcloud(
            cluster, f"node-pools update {without[0]} --cluster={cluster.name}", "--workload-metadata=GKE_METADATA"
        )
        refuse(
            cluster,
            rule=rule,
            reason="no node pool runs the GKE metadata server",
            fix=f"Turn it on for the pools of the consumers (GKE recreates their nodes): {command}",
        )
    return pools[0]


def pools_without_metadata_server(cluster: GetClusterResult) -> list[str]:
    """Return the node pools whose pods get no cloud identity. All Autopilot nodes run the metadata server."""
    if cluster.enable_autopilot:
        return []
    return [
        pool.name
        for pool in cluster.node_pools
        if not any(
            metadata.mode == "GKE_METADATA" for node in pool.node_configs for metadata in node.workload_metadata_configs
        )
    ]


def refuse_missing_collection(cluster: GetClusterResult) -> None:
    """Raise RunError if a cluster does not have managed collection. Autopilot always has it."""
    has = any(each.enabled for config in cluster.monitoring_configs for each in config.managed_prometheuses)
    if not has and not cluster.enable_autopilot:
        raise unanswered(
            "monitoring.collector",
            rule=f"operator or none on {cluster.name}, which has no managed collection",
            got="managed",
            reason="it is the default",
            fix=f"Set it, or turn managed collection on: {update(cluster, '--enable-managed-prometheus')}",
        )


def weaknesses(
    cluster: GetClusterResult, pipes: Mapping[str, PipeSettings], system_workloads: SystemWorkloads
) -> Iterator[str]:
    """Yield what makes the consumers weaker or costlier than on a new cluster. Each starts with the key."""
    if not cluster.enable_autopilot:
        yield from _policy_warnings(cluster)
        for pool in pools_without_metadata_server(cluster):
            command = gcloud(
                cluster, f"node-pools update {pool} --cluster={cluster.name}", "--workload-metadata=GKE_METADATA"
            )
            yield (
                f"{NAME_KEY}: the node pool {pool} of {cluster.name} does not run the GKE metadata server, so consumers on it get no cloud "
                f"identity. Keep them away with consumer.nodeSelector {{{METADATA_LABEL}}}, or turn it on (GKE recreates the nodes): {command}"
            )
        return
    for name, pipe in pipes.items():
        consumer = pipe.consumer
        asked = replica_resources(consumer.cpu, consumer.memory)
        given = adjusted(asked)
        if given != asked:
            yield (
                f"pipes.{name}.consumer: requests {consumer.cpu} CPU and {consumer.memory}, which Autopilot raises to {given.cpu}m and "
                f"{given.memory}Mi and bills. Each preview then shows a change. Set cpu to {given.cpu}m and memory to {given.memory}Mi."
            )
    for pod, _ in system_workloads.pods:
        given = adjusted(pod)
        if given != pod:
            yield (
                f"streaming: has pods that request {pod.cpu}m and {pod.memory}Mi, which Autopilot raises to {given.cpu}m and {given.memory}Mi "
                "and bills."
            )


def _policy_warnings(cluster: GetClusterResult) -> Iterator[str]:
    """Yield a warning if nothing enforces network policies."""
    calico = any(each.enabled for each in cluster.network_policies)
    if cluster.datapath_provider != "ADVANCED_DATAPATH" and not calico:
        first = update(cluster, "--update-addons=NetworkPolicy=ENABLED")
        yield (
            f"{NAME_KEY}: {cluster.name} has no network policy engine, so the network policies of the consumers have no effect. Turn it on "
            f"(GKE recreates all nodes): {first} && {update(cluster, '--enable-network-policy')}"
        )


def refuse_large_pods(cluster: GetClusterResult, pipes: Mapping[str, PipeSettings]) -> None:
    """Raise RunError if a consumer is larger than a pod of Autopilot can be."""
    for name, pipe in pipes.items():
        consumer = pipe.consumer
        if cluster.enable_autopilot and not MOST.fits(adjusted(replica_resources(consumer.cpu, consumer.memory))):
            raise unanswered(
                f"pipes.{name}.consumer",
                rule=f"at most {MOST.cpu}m CPU and {MOST.memory}Mi on the Autopilot cluster {cluster.name}",
                got=f"{consumer.cpu} and {consumer.memory}",
                reason="GKE, Resource requests in Autopilot",
                fix="Lower cpu or memory, or use a Standard cluster.",
            )
