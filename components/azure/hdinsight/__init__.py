"""Kafka on Azure HDInsight."""

from components.azure.hdinsight.service import HdInsight
from components.azure.hdinsight.settings import HdInsightPipeSettings, HdInsightSettings
from components.azure.hdinsight.sizing import HdInsightSizing
from components.kubernetes.jobs.job_topic import PARTITION_COUNT
from components.service import StreamingService

SERVICE = StreamingService(
    "Kafka on Azure HDInsight",
    HdInsightSettings,
    HdInsightPipeSettings,
    HdInsight,
    PARTITION_COUNT,
    HdInsightSizing(),
)
