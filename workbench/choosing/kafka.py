"""Kafka features of Apache Kafka's own brokers, and of services with another API."""

from components.kafka.config import CODECS
from components.kafka.topic_settings import CONSUMER_PROTOCOL_RELEASE, KafkaTopicSettings
from workbench.choosing.facts import Fact, KafkaFeatures
from workbench.choosing.sources import JUDGEMENT, KAFKA, KAFKA_GROUPS, KAFKA_QUEUES, PROGRAM

CODEC_NAMES = sorted(set(CODECS) - {"producer", "uncompressed"})

PER_PARTITION = Fact("in a partition", KAFKA)
KEYS_MOVE = Fact("yes; keys can move to another partition", KAFKA)
NEVER_SHRINKS = Fact("no", KAFKA)
DEFAULT_SIZE = Fact(
    f"`max.message.bytes`, by default {KafkaTopicSettings.default_message_bytes / 2**20:.0f} MiB", KAFKA
)
NO_VIDEO = Fact("no", PROGRAM)
MIRROR_MAKER = "MirrorMaker 2; clients stay"

CONSUMER_PROTOCOL = Fact(f"Kafka {CONSUMER_PROTOCOL_RELEASE}.0 and later, used by this program", KAFKA_GROUPS, PROGRAM)

APACHE_KAFKA = KafkaFeatures(
    transactions=Fact("yes", KAFKA),
    streams=Fact("yes", KAFKA),
    connect=Fact("yes, you run it", KAFKA),
    compaction=Fact("yes", KAFKA),
    compression=Fact(", ".join(CODEC_NAMES), KAFKA),
    acls=Fact("yes", KAFKA),
    consumer_protocol=CONSUMER_PROTOCOL,
    admin=Fact("yes", KAFKA),
    share_groups=Fact("Kafka 4.2 and later", KAFKA_QUEUES),
)
"""What Apache Kafka's newest brokers support. Each Kafka service states how it differs."""

_NO = Fact("no", JUDGEMENT)
NOT_KAFKA = KafkaFeatures(
    transactions=_NO,
    streams=_NO,
    connect=_NO,
    compaction=_NO,
    compression=_NO,
    acls=_NO,
    consumer_protocol=_NO,
    admin=_NO,
    share_groups=_NO,
)
"""For services with another API."""
