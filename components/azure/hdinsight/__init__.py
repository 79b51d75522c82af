"""Kafka on Azure HDInsight."""

from components.azure.hdinsight.existing import ExistingHdInsight
from components.azure.hdinsight.existing_settings import ExistingHdInsightSettings
from components.azure.hdinsight.service import HdInsight
from components.azure.hdinsight.settings import HdInsightPipeSettings, HdInsightSettings
from components.azure.hdinsight.sizing import HdInsightSizing
from components.existing_sizing import ExistingServiceSizing
from components.kafka.existing_topic import ExistingKafkaPipeSettings
from components.kubernetes.jobs.job_topic import PARTITION_COUNT
from components.service import StreamingService

SERVICE = StreamingService(
    "Kafka on Azure HDInsight",
    HdInsightSettings,
    HdInsightPipeSettings,
    HdInsight,
    PARTITION_COUNT,
    HdInsightSizing(),
    existing_pipe=ExistingKafkaPipeSettings,
    existing=StreamingService(
        "Kafka on Azure HDInsight, existing cluster",
        ExistingHdInsightSettings,
        HdInsightPipeSettings,
        ExistingHdInsight,
        PARTITION_COUNT,
        ExistingServiceSizing(),
        existing_pipe=ExistingKafkaPipeSettings,
    ),
)
