"""Confluent Cloud on Google Cloud."""

from components.confluent.catalog import TOPICS, existing
from components.confluent.settings import ConfluentSettings
from components.confluent.sizing import ConfluentSizing
from components.confluent.topic_settings import ConfluentPipeSettings, ExistingConfluentPipeSettings
from components.gcp.confluent.service import confluent, existing_confluent
from components.service import StreamingService

SERVICE = StreamingService(
    "Confluent Cloud",
    ConfluentSettings,
    ConfluentPipeSettings,
    confluent,
    TOPICS,
    ConfluentSizing(),
    cloud_services=("dns",),
    existing_pipe=ExistingConfluentPipeSettings,
    existing=existing(existing_confluent),
)
