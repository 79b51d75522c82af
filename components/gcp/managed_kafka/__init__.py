"""Google Cloud Managed Service for Apache Kafka."""

from components.existing_sizing import ExistingServiceSizing
from components.gcp.managed_kafka.existing import ExistingManagedKafka
from components.gcp.managed_kafka.existing_settings import ExistingManagedKafkaSettings
from components.gcp.managed_kafka.service import ManagedKafka
from components.gcp.managed_kafka.settings import ManagedKafkaSettings
from components.gcp.managed_kafka.sizing import ManagedKafkaSizing
from components.gcp.managed_kafka.topic import ManagedKafkaPipeSettings
from components.kafka.existing_topic import ExistingKafkaPipeSettings
from components.service import Count, StreamingService

TOPICS = Count("gcp:managedkafka/topic:Topic", "partitionCount")

SERVICE = StreamingService(
    "Google Managed Service for Apache Kafka",
    ManagedKafkaSettings,
    ManagedKafkaPipeSettings,
    ManagedKafka,
    TOPICS,
    ManagedKafkaSizing(),
    reports_lag=True,
    existing_pipe=ExistingKafkaPipeSettings,
    existing=StreamingService(
        "Google Managed Service for Apache Kafka, existing cluster",
        ExistingManagedKafkaSettings,
        ManagedKafkaPipeSettings,
        ExistingManagedKafka,
        TOPICS,
        ExistingServiceSizing(),
        reports_lag=True,
        existing_pipe=ExistingKafkaPipeSettings,
    ),
)
