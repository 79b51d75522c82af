"""Confluent Cloud on Google Cloud."""

from components.confluent.settings import ConfluentSettings
from components.confluent.sizing import ConfluentSizing
from components.confluent.topic_settings import ConfluentPipeSettings
from components.gcp.confluent.service import confluent
from components.service import Count, StreamingService

SERVICE = StreamingService(
    "Confluent Cloud",
    ConfluentSettings,
    ConfluentPipeSettings,
    confluent,
    Count("confluentcloud:index/kafkaTopic:KafkaTopic", "partitionsCount"),
    ConfluentSizing(),
    cloud_services=("dns",),
)
