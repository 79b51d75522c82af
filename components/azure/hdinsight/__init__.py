"""Kafka on Azure HDInsight."""

from components.azure.hdinsight.service import HdInsight
from components.azure.hdinsight.settings import HdInsightPipeSettings, HdInsightSettings
from components.azure.hdinsight.sizing import HdInsightSizing
from components.service import Count, StreamingService

SERVICE = StreamingService(
    "Kafka on Azure HDInsight",
    HdInsightSettings,
    HdInsightPipeSettings,
    HdInsight,
    Count("kubernetes:batch/v1:Job", 'metadata.annotations["data-pipes/partitions"]'),
    HdInsightSizing(),
)
