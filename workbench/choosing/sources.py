"""Sources of the facts. A vendor's page was read as a stored copy, which can be older than the date of reading."""

from components.aws.eks.settings import VERSIONS as EKS
from components.aws.msk.brokers import VERSIONS as MSK
from components.azure.aks.settings import VERSIONS as AKS
from components.gcp.managed_kafka.settings import VERSIONS as MANAGED_KAFKA
from components.versions import KnownVersions
from workbench.choosing.facts import Source


def _list_of(known: KnownVersions) -> Source:
    """Return the source of the versions that the settings accept."""
    name, read = known.source.split(", read ")
    return Source(name, read)


JUDGEMENT = Source("Judgement from the other facts on this page", "2026-11-30")
PROGRAM = Source("This program: settings, rules and resources (docs/settings.md)", "2026-11-30")
PRODUCT_DOCS = Source("This program: the page of the service or the cloud in docs/", "2026-11-30")

KAFKA = Source("Apache Kafka 4.3, documentation", "2026-11-29")
KAFKA_GROUPS = Source("Apache Kafka 4.3, Consumer Rebalance Protocol", "2026-11-30")
KAFKA_QUEUES = Source("Apache Kafka 4.2, Upgrading, Notable changes in 4.2.0", "2026-11-30")
PYTHON_CLIENT = Source("confluent-kafka-python, release v2.15.0 (2026-06-30)", "2026-11-30")

AWS_SKILL = Source("AWS, agent-toolkit-for-aws on GitHub, MSK skills (2026-08-20)", "2026-11-29")
AWS_PRICES = Source("AWS price list for us-east-1 (MSK 2026-09-11, EKS 2026-09-18)", "2026-11-29")
MSK_QUOTA = Source("MSK, Amazon MSK quota", "2026-11-29")
MSK_SIZE = Source("MSK, Best practices, Right-size your cluster", "2026-11-22")
MSK_TIERED = Source("MSK, Tiered storage for Standard brokers", "2026-11-30")
MSK_VERSIONS = _list_of(MSK)
MSK_SUPPORT = Source("MSK, Version support", "2026-11-30")
MSK_UPGRADES = Source("MSK, Upgrade the Apache Kafka version", "2026-11-30")
MSK_BROKERS = Source("MSK, Broker types", "2026-11-30")
MSK_STREAMS = Source("MSK, Using Kafka Streams with MSK Express brokers and MSK Serverless", "2026-11-30")
MSK_QUEUES = Source("MSK, Share groups (queues) on Amazon MSK", "2026-11-30")
MSK_REPLICATOR = Source("MSK, MSK Replicator, external Apache Kafka sources and serverless requirements", "2026-11-29")
MSK_ENDS = Source("endoflife.date, Amazon MSK", "2026-11-30")
SERVERLESS = Source("MSK, What is MSK Serverless?", "2026-11-30")
SERVERLESS_CONFIG = Source("MSK, Configuration properties for MSK Serverless clusters", "2026-11-30")

KINESIS_QUOTA = Source("Kinesis Data Streams, Quotas and limits", "2026-11-30")
KINESIS_API = Source("Kinesis API, UpdateShardCount and IncreaseStreamRetentionPeriod", "2026-11-22")
KINESIS_RESHARD = Source("Kinesis Data Streams, Reshard a stream", "2026-11-22")
KINESIS_READING = Source("Kinesis Data Streams, Reading data from Amazon Kinesis Data Streams", "2026-11-30")
KINESIS_KCL = Source("Kinesis Data Streams, Previous KCL version documentation", "2026-11-30")
KINESIS_CONNECTOR = Source("awslabs/kinesis-kafka-connector on GitHub (last change 2023)", "2026-11-29")
KINESIS_PRICES = Source("infracost on GitHub, golden tests (2024-07)", "2026-11-29")
VIDEO_QUOTA = Source("Kinesis Video Streams, Service quotas", "2026-11-30")
VIDEO_API = Source("Kinesis Video Streams API, CreateStream and GetMedia", "2026-11-22")
VIDEO_PLAYBACK = Source("Kinesis Video Streams, Playback", "2026-11-30")

HUBS_KAFKA = Source("Event Hubs, What is Azure Event Hubs for Apache Kafka? (2026-02-05)", "2026-11-30")
HUBS_FAQ = Source("Event Hubs, Frequently asked questions about Apache Kafka (2022-10-14)", "2026-11-30")
HUBS_LIMITS = Source("Event Hubs, Quotas and limits, table of the tiers (2022-01-05)", "2026-11-30")
HUBS_GROWTH = Source("Event Hubs, Dynamically add partitions", "2026-11-22")
HUBS_CONNECT = Source("Event Hubs, Integrate Apache Kafka Connect (2022-11-03)", "2026-11-30")
HUBS_COMPACTION = Source("Event Hubs, Log compaction", "2026-11-30")
HUBS_LARGE = Source("Event Hubs, Stream large messages", "2026-11-29")
HUBS_SCALE = Source("Event Hubs, Scaling with Event Hubs", "2026-11-29")
HUBS_PRICES = Source("Public price notes on Event Hubs (2024-07, 2026-10)", "2026-11-29")
HDINSIGHT_VERSIONS = Source("HDInsight, Component versioning", "2026-11-30")
HDINSIGHT_KAFKA = Source("HDInsight, Apache Kafka on HDInsight", "2026-11-22")
AZURE_PRICES = Source("infracost on GitHub, golden tests for West Europe (2024-07)", "2026-11-29")

STRIMZI = Source("Strimzi 1.2.0, documentation and kafka-versions.yaml (2026-08-22)", "2026-11-29")
CONFLUENT_TYPES = Source("Confluent Cloud, Kafka cluster types", "2026-11-29")
CONFLUENT_TOPICS = Source("Confluent Cloud, Cluster and topic configuration settings", "2026-11-29")
CONFLUENT_CLIENTS = Source("Confluent Cloud, Apache Kafka client FAQ", "2026-11-30")
CONFLUENT_PRICES = Source("Confluent's pricing page, by public notes of 2026-09", "2026-11-29")

MANAGED_LIMITS = Source("Managed Service for Apache Kafka, Limitations", "2026-11-30")
MANAGED_OVERVIEW = Source("Managed Service for Apache Kafka, Overview", "2026-11-30")
MANAGED_SIZE = Source(
    "Managed Service for Apache Kafka, Plan your cluster size; Configure broker disk size", "2026-11-29"
)
MANAGED_CONNECT = Source("Managed Service for Apache Kafka, Create a MirrorMaker 2.0 connector", "2026-11-30")
MANAGED_SDK = _list_of(MANAGED_KAFKA)
MANAGED_PRICES = Source("Managed Service for Apache Kafka, Pricing", "2026-11-29")
PUBSUB_QUOTA = Source("Pub/Sub, Quotas and limits", "2026-11-22")
PUBSUB_ORDER = Source("Pub/Sub, Order messages", "2026-11-30")
PUBSUB_EXACTLY_ONCE = Source("Pub/Sub, Exactly-once delivery", "2026-11-22")
PUBSUB_CONNECTOR = Source("googleapis/java-pubsub-group-kafka-connector on GitHub (2026-04)", "2026-11-29")
PUBSUB_LITE = Source("Pub/Sub Lite, documentation", "2026-11-30")
PUBSUB_PRICES = Source("infracost on GitHub, golden tests (2026-07)", "2026-11-29")

EKS_VERSIONS = Source("EKS, Understand the Kubernetes version lifecycle", "2026-11-30")
EKS_ENDS = _list_of(EKS)
EKS_QUOTA = Source("EKS, Service quotas", "2026-11-22")
ECS_QUOTA = Source("ECS, Service quotas", "2026-11-22")
ECS_STOP = Source("ECS API, ContainerDefinition, stopTimeout", "2026-11-22")
AKS_VERSIONS = _list_of(AKS)
AKS_QUOTA = Source("AKS, Quotas and limits", "2026-11-22")
GKE_ENDS = Source("endoflife.date, Google Kubernetes Engine", "2026-11-30")
GKE_QUOTA = Source("GKE, Quotas and limits", "2026-11-22")
GKE_PRICES = Source("infracost on GitHub, golden tests for us-central1 (2026-07)", "2026-11-29")
