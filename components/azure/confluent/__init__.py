"""Confluent Cloud on Azure."""

from components.azure.confluent.service import confluent, existing_confluent
from components.confluent.catalog import TOPICS, existing
from components.confluent.settings import ConfluentSettings
from components.confluent.sizing import ConfluentSizing
from components.confluent.topic_settings import ConfluentPipeSettings, ExistingConfluentPipeSettings
from components.service import StreamingService

SERVICE = StreamingService(
    "Confluent Cloud",
    ConfluentSettings,
    ConfluentPipeSettings,
    confluent,
    TOPICS,
    ConfluentSizing(),
    cloud_services=("confluent",),
    existing_pipe=ExistingConfluentPipeSettings,
    existing=existing(existing_confluent),
)
