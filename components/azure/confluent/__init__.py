"""Confluent Cloud on Azure."""

from components.azure.confluent.service import confluent
from components.confluent.settings import ConfluentSettings
from components.confluent.sizing import ConfluentSizing
from components.confluent.topic_settings import ConfluentPipeSettings
from components.service import Count, StreamingService

SERVICE = StreamingService(
    "Confluent Cloud",
    ConfluentSettings,
    ConfluentPipeSettings,
    confluent,
    Count("confluentcloud:index/kafkaTopic:KafkaTopic", "partitionsCount"),
    ConfluentSizing(),
    cloud_services=("confluent",),
)
