"""Google Cloud Managed Service for Apache Kafka."""

from components.gcp.managed_kafka.service import ManagedKafka
from components.gcp.managed_kafka.settings import ManagedKafkaSettings
from components.gcp.managed_kafka.sizing import ManagedKafkaSizing
from components.gcp.managed_kafka.topic import ManagedKafkaPipeSettings
from components.service import Count, StreamingService

SERVICE = StreamingService(
    "Google Managed Service for Apache Kafka",
    ManagedKafkaSettings,
    ManagedKafkaPipeSettings,
    ManagedKafka,
    Count("gcp:managedkafka/topic:Topic", "partitionCount"),
    ManagedKafkaSizing(),
    reports_lag=True,
)
