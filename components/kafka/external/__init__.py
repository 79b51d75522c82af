"""Any Kafka that was there before the stack."""

from components.existing_sizing import ExistingServiceSizing
from components.kafka.existing_topic import ExistingKafkaPipeSettings
from components.kafka.external.service import KafkaExternal
from components.kafka.external.settings import KafkaExternalPipeSettings, KafkaExternalSettings
from components.kubernetes.jobs.job_topic import PARTITION_COUNT
from components.service import StreamingService

SERVICE = StreamingService(
    "Any other Kafka",
    KafkaExternalSettings,
    KafkaExternalPipeSettings,
    KafkaExternal,
    PARTITION_COUNT,
    ExistingServiceSizing(),
    existing_pipe=ExistingKafkaPipeSettings,
)
