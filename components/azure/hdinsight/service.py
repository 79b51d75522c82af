"""Kafka on Azure HDInsight: brokers are virtual machines in the network, and Jobs in the cluster create the topics."""

from pulumi import ResourceOptions
from typing_extensions import override

from components.arguments import StreamingArgs
from components.azure.hdinsight.cluster import ADMIN, HdInsightCluster, HdInsightClusterArgs, refuse_fewer_workers
from components.azure.hdinsight.settings import COPIES, TOPIC_SETTINGS, HdInsightPipeSettings, HdInsightSettings
from components.azure.network.network import Network
from components.contracts import EgressRule, Streaming, Topic
from components.kubernetes.jobs.brokers import BrokersJob, BrokersJobArgs
from components.kubernetes.jobs.job_topic import JobTopic, JobTopicArgs
from components.kubernetes.jobs.topic import TopicNamespace
from components.kubernetes.platform import KubernetesPlatform

PORT = 9092
"""Port of the brokers (HDInsight, Ports used by Apache Hadoop services)."""


class HdInsight(Streaming[HdInsightPipeSettings]):
    """A Kafka cluster without authentication: every client in the network can read and write every topic.

    The cluster is created in parallel with the platform. Only its Ambari API returns the brokers' names. A Job in the platform's
    cluster reads them, and other Jobs create the topics. The brokers' names resolve only in the virtual network's DNS. Clients in
    other networks, peered or not, need a DNS server that forwards to it.
    """

    cluster: HdInsightCluster

    def __init__(
        self,
        name: str,
        args: StreamingArgs[HdInsightSettings, Network, KubernetesPlatform],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("data-pipes:azure:HdInsight", name, None, opts)
        self.name = name
        self.args = args
        child = ResourceOptions(parent=self)
        settings = args.settings
        self.cluster = HdInsightCluster(
            name, HdInsightClusterArgs(settings=settings, network=args.network, protect=args.protect), child
        )
        self.image = args.registry.image(settings.topic_image)
        self.jobs = TopicNamespace(name, args.platform, child)
        self.bootstrap_servers = BrokersJob(
            f"{name}-brokers",
            BrokersJobArgs(
                gateway=self.cluster.gateway,
                address=self.cluster.address,
                cluster=self.cluster.cluster_name,
                username=ADMIN,
                password=self.cluster.password,
                brokers=settings.brokers,
                setting="streaming.brokers",
                rule=refuse_fewer_workers,
                image=self.image,
                topic_namespace=self.jobs,
                platform=args.platform,
            ),
            child,
        ).bootstrap_servers
        self.outputs = {
            "bootstrapServers": self.bootstrap_servers,
            "gateway": self.cluster.gateway,
            "keyVault": self.cluster.vault.vault_name,
        }
        self.register_outputs(dict(self.outputs))

    @override
    def topic(self, name: str, pipe: HdInsightPipeSettings, opts: ResourceOptions) -> Topic:
        """Make the topic of the pipe of that name on this cluster."""
        args = JobTopicArgs(
            topic_name=name,
            pipe=pipe,
            client={
                "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap_servers,
                "KAFKA_SECURITY_PROTOCOL": "PLAINTEXT",
            },
            replication={"TOPIC_REPLICATION_FACTOR": str(COPIES)},
            resettable=TOPIC_SETTINGS,
            brokers=EgressRule(cidr=self.args.network.cidr, port=PORT),
            # Brokers do not authenticate clients, so neither Jobs nor consumers need permissions.
            job_grants=lambda _topic: [],
            consumer_grants=[],
            redrive_grants=[],
            image=self.image,
            topic_namespace=self.jobs,
            platform=self.args.platform,
        )
        return JobTopic("data-pipes:azure:HdInsightTopic", f"{self.name}-{name}", args, opts)
