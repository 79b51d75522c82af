"""Kafka on Azure HDInsight: brokers are virtual machines in the network, and Jobs in the cluster create the topics."""

from abc import ABC

from pulumi import Output, ResourceOptions
from typing_extensions import override

from components.arguments import StreamingArgs
from components.azure.hdinsight.cluster import ADMIN, HdInsightCluster, HdInsightClusterArgs, refuse_fewer_workers
from components.azure.hdinsight.settings import COPIES, TOPIC_SETTINGS, HdInsightPipeSettings, HdInsightSettings
from components.azure.network.base import Network
from components.contracts import EgressRule, Streaming, Topic
from components.kafka.existing_topic import ExistingKafkaPipeSettings
from components.kubernetes.jobs.brokers import BrokersJob, BrokersJobArgs
from components.kubernetes.jobs.job_topic import ExistingJobTopic, JobTopic, JobTopicArgs, PipeT
from components.kubernetes.jobs.topic import TopicNamespace
from components.kubernetes.platform import KubernetesPlatform

PORT = 9092
"""Port of the brokers (HDInsight, Ports used by Apache Hadoop services)."""


TYPE = "data-pipes:azure:HdInsightTopic"
"""Type token of topics, made or existing, so that a pipe keeps its dead letters when it changes from one to the other."""


class KafkaOnHdInsight(Streaming[HdInsightPipeSettings], ABC):
    """Kafka without authentication, new or existing.

    Only its Ambari API returns the brokers' names. Jobs in the platform's cluster read them, and make and check the topics.
    """

    name: str
    bootstrap_servers: Output[str]
    cidr: Output[str]
    """IP range with the addresses of the brokers."""
    image: Output[str]
    """Image of the Jobs."""
    jobs: TopicNamespace
    platform: KubernetesPlatform
    keep_settings: bool
    """Whether Jobs only check the settings of a topic that is there."""

    @override
    def topic(self, name: str, pipe: HdInsightPipeSettings, opts: ResourceOptions) -> Topic:
        """Make the topic of the pipe of that name on this cluster."""
        return JobTopic(TYPE, f"{self.name}-{name}", self._topic(name, pipe), opts)

    @override
    def existing_topic(self, name: str, pipe: ExistingKafkaPipeSettings, opts: ResourceOptions) -> Topic:
        """Check the existing topic of a pipe."""
        return ExistingJobTopic(TYPE, f"{self.name}-{name}", self._topic(name, pipe), opts)

    def _topic(self, name: str, pipe: PipeT) -> JobTopicArgs[PipeT]:
        return JobTopicArgs(
            pipe_name=name,
            pipe=pipe,
            client={"KAFKA_BOOTSTRAP_SERVERS": self.bootstrap_servers, "KAFKA_SECURITY_PROTOCOL": "PLAINTEXT"},
            replication={"TOPIC_REPLICATION_FACTOR": str(COPIES)},
            resettable=TOPIC_SETTINGS,
            keep_settings=self.keep_settings,
            brokers=[EgressRule(cidr=self.cidr, port=PORT)],
            # Without grants: brokers do not authenticate clients, so neither Jobs nor consumers need permissions.
            image=self.image,
            topic_namespace=self.jobs,
            platform=self.platform,
        )


class HdInsight(KafkaOnHdInsight):
    """A Kafka cluster without authentication: every client in the network can read and write every topic.

    The cluster is created in parallel with the platform. The brokers' names resolve only in the virtual network's DNS. Clients in
    other networks, peered or not, need a DNS server that forwards to it.
    """

    cluster: HdInsightCluster
    keep_settings = False

    def __init__(
        self,
        name: str,
        args: StreamingArgs[HdInsightSettings, Network, KubernetesPlatform],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("data-pipes:azure:HdInsight", name, None, opts)
        self.name = name
        self.platform = args.platform
        self.cidr = args.network.hdinsight_cidr
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
