"""Kafka on Azure HDInsight: brokers that are machines of a network, and topics made from inside it."""

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi import Output, ResourceOptions
from typing_extensions import override

from components.arguments import StreamingArgs
from components.azure.hdinsight.cluster import ADMIN, HdInsightCluster, HdInsightClusterArgs, refuse_fewer_workers
from components.azure.hdinsight.settings import COPIES, TOPIC_SETTINGS, HdInsightPipeSettings, HdInsightSettings
from components.azure.network.network import Network
from components.contracts import SHARED, Connection, EgressRule, Streaming, Topic
from components.dead_letters import SUFFIX
from components.kubernetes.jobs.brokers import BrokersJob, BrokersJobArgs
from components.kubernetes.jobs.topic import DEAD_LETTERS, TOPIC, TopicJob, TopicJobArgs, TopicNamespace
from components.kubernetes.platform import KubernetesPlatform

PORT = 9092
"""Where the brokers listen (HDInsight, Ports used by Apache Hadoop services)."""


class HdInsight(Streaming[HdInsightPipeSettings]):
    """A Kafka cluster whose brokers know no users: who reaches them in the network reads and writes every topic.

    The cluster is made beside the platform. Its brokers' names are told by its own Ambari only, so a job in the cluster of the
    platform asks for them, and others make the topics. Brokers are found by names of the virtual network's own DNS: clients in
    another network, peered or not, need a DNS server that asks there.
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
                place=self.jobs,
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
        topic = HdInsightTopicArgs(
            topic_name=name,
            pipe=pipe,
            network=self.args.network,
            bootstrap_servers=self.bootstrap_servers,
            image=self.image,
            place=self.jobs,
            platform=self.args.platform,
        )
        return HdInsightTopic(f"{self.name}-{name}", topic, opts)


@dataclass(frozen=True, kw_only=True)
class HdInsightTopicArgs:
    """What a topic on HDInsight is built from."""

    topic_name: str
    """The name of the topic, and of the one consumer group that reads it."""
    pipe: HdInsightPipeSettings
    network: Network
    bootstrap_servers: Output[str]
    image: Output[str]
    """The image of the program that makes topics."""
    place: TopicNamespace
    """Where the jobs run that make topics."""
    platform: KubernetesPlatform


class HdInsightTopic(Topic):
    """A Kafka topic, made and grown by a job, and one of its dead letters; when they are removed here, the topics stay in the cluster.

    Its consumers need no rights, since the brokers ask for none, and read records in the clear inside the network.
    """

    def __init__(self, name: str, args: HdInsightTopicArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:azure:HdInsightTopic", name, None, opts)
        self.args = args
        self.settings = {
            "KAFKA_BOOTSTRAP_SERVERS": args.bootstrap_servers,
            "KAFKA_SECURITY_PROTOCOL": "PLAINTEXT",
        }
        self.brokers = EgressRule(cidr=args.network.cidr, port=PORT)
        topic = args.pipe.topic
        job = self._job(f"{name}{TOPIC}", args.topic_name, args.pipe.parallelism, topic.kafka_config)
        self.partitions = job.partitions
        self.topic_name = job.topic_name
        settings = {
            **self.settings,
            "STREAM_SERVICE": "kafka",
            "STREAM_TOPIC": args.topic_name,
            "STREAM_GROUP": args.topic_name,
        }
        if topic.dead_letter.enabled:
            dead_letters = self._job(f"{name}{DEAD_LETTERS}", f"{args.topic_name}{SUFFIX}", 1, topic.dead_letter_config)
            settings |= topic.dead_letter.variables(dead_letters.topic_name)
        connection = Connection(settings=settings, secrets={}, files={}, grants=[], egress_rules=[self.brokers])
        self.connections = {SHARED: connection}
        self.register_outputs({"topicName": self.topic_name, "partitions": self.partitions})

    def _job(self, name: str, topic_name: str, partitions: int, config: Mapping[str, str]) -> TopicJob:
        args = self.args
        return TopicJob(
            name,
            TopicJobArgs(
                topic_name=topic_name,
                partitions=partitions,
                config=config,
                settings=TOPIC_SETTINGS,
                image=args.image,
                connection=Connection(
                    settings={
                        **self.settings,
                        "STREAM_TOPIC": topic_name,
                        "TOPIC_REPLICATION_FACTOR": str(COPIES),
                    },
                    secrets={},
                    files={},
                    grants=[],
                    egress_rules=[self.brokers],
                ),
                place=args.place,
                platform=args.platform,
            ),
            ResourceOptions(parent=self),
        )
