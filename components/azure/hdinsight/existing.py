"""A Kafka cluster on HDInsight that was there before the stack."""

from collections.abc import Mapping

import pulumi
import pulumi_azure_native as azure
from pulumi import InvokeOptions, Output, ResourceOptions, RunError
from pulumi_azure_native.hdinsight import GetClusterResult

from components.arguments import StreamingArgs
from components.azure.existing import check_region
from components.azure.hdinsight.cluster import private_address, refuse_fewer_workers
from components.azure.hdinsight.existing_settings import ExistingHdInsightCluster, ExistingHdInsightSettings
from components.azure.hdinsight.service import PORT, KafkaOnHdInsight
from components.azure.hdinsight.settings import KAFKA_VERSION
from components.azure.network.base import Network
from components.azure.network.subnet_range import subnet_range
from components.kubernetes.jobs.brokers import BrokersJob, BrokersJobArgs
from components.kubernetes.jobs.topic import TopicNamespace
from components.kubernetes.platform import KubernetesPlatform
from components.lookup import lookup, unanswered

KEY = "streaming.existing.name"


class ExistingHdInsight(KafkaOnHdInsight):
    """Kafka cluster of another owner. The program reads it, and Jobs make topics on it. Its owner opens its network."""

    cluster: azure.hdinsight.Cluster
    keep_settings = True

    def __init__(
        self,
        name: str,
        args: StreamingArgs[ExistingHdInsightSettings, Network, KubernetesPlatform],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("data-pipes:azure:ExistingHdInsight", name, None, opts)
        self.name = name
        self.args = args
        self.platform = args.platform
        existing, child = args.settings.existing, ResourceOptions(parent=self)
        found = lookup(
            azure.hdinsight.get_cluster_output(
                cluster_name=existing.name,
                resource_group_name=existing.resource_group,
                opts=InvokeOptions(parent=self),
            ),
            KEY,
            rule=f"the name of an HDInsight cluster in the resource group {existing.resource_group} of the stack's subscription",
            got=existing.name,
            fix="Correct name or resourceGroup (az hdinsight list --output table prints both), or set azure-native:subscriptionId to the "
            "subscription of the cluster.",
        ).apply(self._checked)
        self.cluster = azure.hdinsight.Cluster.get(
            f"{name}-hdinsight", found.apply(lambda result: result.id), opts=child
        )
        self.cidr = subnet_range(found.apply(brokers_subnet), KEY, args.network.account, parent=self)
        Output.all(own=args.network.vnet_id, theirs=found.apply(brokers_vnet)).apply(self._warn_if_elsewhere)
        self.image = args.registry.image(args.settings.topic_image)
        self.jobs = TopicNamespace(name, args.platform, child)
        host = found.apply(lambda result: f"{result.name}-int.azurehdinsight.net")
        address = found.apply(lambda result: private_address(result.properties) or "")
        gateway = host.apply(lambda known: f"https://{known}")
        self.bootstrap_servers = BrokersJob(
            f"{name}-brokers",
            BrokersJobArgs(
                gateway=gateway,
                address=Output.all(address, host).apply(lambda known: known[0] or known[1]),
                cluster=found.apply(lambda result: result.name),
                username=existing.credentials.username,
                password=args.secrets["existing.credentials.password"],
                brokers=existing.brokers,
                setting="streaming.existing.brokers",
                rule=refuse_fewer_workers,
                image=self.image,
                topic_namespace=self.jobs,
                platform=args.platform,
            ),
            child,
        ).bootstrap_servers
        self.outputs = {"bootstrapServers": self.bootstrap_servers, "gateway": gateway}
        self.register_outputs(dict(self.outputs))

    def _checked(self, cluster: GetClusterResult) -> GetClusterResult:
        """Return the cluster. Raise RunError if the program cannot use it."""
        check_region(cluster.location, self.args.network.account, KEY)
        refusal = unusable(cluster, self.args.settings.existing)
        if refusal:
            raise refusal
        return cluster

    def _warn_if_elsewhere(self, networks: Mapping[str, str]) -> None:
        if networks["own"].lower() != networks["theirs"].lower():
            pulumi.log.warn(
                f"{KEY}: the cluster is in {networks['theirs']}, the consumers are in {networks['own'] or 'a network that AKS manages'}. Peer the "
                f"two networks, forward DNS queries for the brokers' names to the cluster's network, and allow TCP ports 443 and {PORT} from the "
                "nodes in the security group of the cluster's subnet.",
                self,
            )


def unusable(cluster: GetClusterResult, existing: ExistingHdInsightCluster) -> RunError | None:
    """Return the error for a cluster that is not ready, does not run Kafka 3.2 in a network, or has another number of brokers."""
    properties = cluster.properties
    state = properties.cluster_state
    if state != "Running":
        return unanswered(
            KEY,
            rule="the name of a cluster that runs",
            got=cluster.name,
            reason=f"its state is {state}",
            fix="Wait until it runs.",
        )
    kind = properties.cluster_definition.kind or "none"
    version = (properties.cluster_definition.component_version or {}).get("Kafka")
    if kind.lower() != "kafka" or version != KAFKA_VERSION:
        runs = f"Kafka {version}" if kind.lower() == "kafka" else kind
        return unanswered(
            KEY,
            rule=f"the name of a cluster with Kafka {KAFKA_VERSION}",
            got=cluster.name,
            reason=f"it runs {runs}",
            fix="Use a Kafka cluster of HDInsight 5.1.",
        )
    if not brokers_subnet(cluster):
        return unanswered(
            KEY,
            rule="the name of a cluster in a virtual network",
            got=cluster.name,
            reason="its brokers cannot be reached from outside",
            fix="Use a cluster in the virtual network of the consumers.",
        )
    count = _workers(cluster)
    if count != existing.brokers:
        return unanswered(
            "streaming.existing.brokers",
            rule=f"{count}, the number of worker nodes of {cluster.name}",
            got=existing.brokers,
            reason="the Job that finds the brokers waits for all of them",
            fix=f"Set it to {count}.",
        )
    return None


def brokers_subnet(cluster: GetClusterResult) -> str:
    """Return the ID of the brokers' subnet. Empty if they are in no virtual network."""
    profile = next((role.virtual_network_profile for role in _worker_roles(cluster)), None)
    return (profile.subnet if profile else None) or ""


def brokers_vnet(cluster: GetClusterResult) -> str:
    """Return the ID of the brokers' virtual network."""
    return brokers_subnet(cluster).rsplit("/subnets/", 1)[0]


def _workers(cluster: GetClusterResult) -> int:
    return sum(role.target_instance_count or 0 for role in _worker_roles(cluster))


def _worker_roles(cluster: GetClusterResult) -> list[azure.hdinsight.outputs.RoleResponse]:
    profile = cluster.properties.compute_profile
    return [role for role in (profile.roles if profile else None) or [] if role.name == "workernode"]
