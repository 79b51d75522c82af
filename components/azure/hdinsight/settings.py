"""Settings of Kafka on HDInsight and of its topics."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, Literal, cast

from pydantic import AfterValidator, Field
from typing_extensions import override

from components.azure.account import Uuid
from components.azure.network.network import AzureNetworkSettings
from components.consumer import Image
from components.consumer_group import group_errors
from components.kafka import topic_settings
from components.kafka.config import pipe_config_errors
from components.kafka.topic_settings import KafkaPipeSettings, KafkaTopicSettings
from components.kubernetes.jobs.topic import DEAD_LETTERS, TOPIC, name_errors
from components.section import ConfigError, Pattern, QuotedText, SettingsModel
from components.settings_bases import PipeSettings, ServiceSettings, ValidationContext

_TWO_LIMITS = {"message.timestamp.after.max.ms", "message.timestamp.before.max.ms"}

TOPIC_SETTINGS = topic_settings.TOPIC_SETTINGS - _TWO_LIMITS | {"message.timestamp.difference.max.ms"}
"""Topic settings that a pipe may choose. Kafka 3.2 has one timestamp limit instead of two (Apache Kafka 3.2, Topic-Level Configs)."""

COPIES, IN_SYNC = 3, 2
"""Copies of each record, and copies that must exist before it is acknowledged. No record is lost if one broker fails."""

KAFKA_VERSION = "3.2"
"""The only Kafka version of new HDInsight clusters (HDInsight, Component versioning)."""

LEAST_BROKERS, MOST_BROKERS = COPIES, 200
"""Fewest brokers: one for each copy. Most brokers: the addresses of the subnet."""

MOST_WORKERS = 32
"""Most workers for which head nodes of any size suffice."""

LARGE_HEAD_VCPUS = 8
"""vCPUs that a head node needs for more workers. It needs 14 GB too, which all known sizes with 8 vCPUs have."""

HEAD_SOURCE = "HDInsight, Create clusters by using the Azure portal, read 2026-11-29"


class HdInsightTopicSettings(KafkaTopicSettings, frozen=True):
    """Settings of a topic on HDInsight."""

    min_insync_replicas = IN_SYNC

    config: Mapping[
        Annotated[
            str,
            AfterValidator(topic_settings.allowed_names(TOPIC_SETTINGS, what="a topic setting of Kafka 3.2")),
        ],
        QuotedText,
    ] = {}
    """More topic settings by their Kafka names. Each value is a string."""


class HdInsightPipeSettings(KafkaPipeSettings, frozen=True):
    """A pipe on HDInsight. If it is removed, its topic and records stay until the cluster is deleted."""

    topic: HdInsightTopicSettings = HdInsightTopicSettings()
    """The topic's settings."""


class RestProxySettings(SettingsModel, frozen=True):
    """Access to Kafka's REST proxy: the members of one group, authenticated by Entra tokens."""

    client_group_id: Uuid
    """The Entra object id of the group whose members may use the proxy."""
    client_group_name: Annotated[str, Pattern(r".{1,200}", "the name of a group in Entra, 200 characters at most")]
    """The name of that group."""


_D_SERIES = {1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 11: 2, 12: 4, 13: 8, 14: 16, 15: 20}
"""vCPUs of Dv2 and DSv2 by the number in the name, which is not the vCPU count (Azure Virtual Machines, Dv2 and DSv2-series)."""


def known_vcpus(size: str) -> int | None:
    """Return the vCPUs of a D, E, F or Av2 virtual machine from its name, or None for other names."""
    form = re.fullmatch(r"Standard_(?P<series>[ADEF]S?)(?P<number>\d+)[a-z]*(_v(?P<version>\d+))?", size)
    if form is None:
        return None
    number, version = int(form["number"]), int(form["version"] or 1)
    if form["series"] in ("D", "DS") and version < 3:
        return _D_SERIES.get(number)
    if form["series"] == "A" and version < 2:
        return None
    return number


VmSize = Annotated[
    str, Pattern(r"Standard_[A-Za-z0-9_]{2,60}", "the size of a virtual machine, such as Standard_DS3_v2")
]


class HdInsightSettings(ServiceSettings, frozen=True):
    """Streaming section for Kafka on HDInsight.

    Brokers do not authenticate clients: every client in the network can read and write every topic. Only workers can change after
    the cluster is created.
    """

    renamed_keys: ClassVar = {"workers": "brokers"}

    cloud_services: ClassVar = ("blob", "dfs", "hdinsight", "vault")

    service: Literal["hdinsight"]
    """Always hdinsight."""
    brokers: Annotated[int, Field(ge=LEAST_BROKERS, le=MOST_BROKERS)] = 3
    """The number of brokers. At least 3, because each record has 3 copies. At most 200, because the subnet has no addresses for more.

    To add brokers, run az hdinsight resize, then set the new number here. HDInsight removes no brokers (HDInsight, Apache Kafka).
    """
    worker_vm_size: VmSize = "Standard_DS3_v2"
    """The size of each broker's virtual machine. It must support encryption at host (HDInsight, Supported node configurations)."""
    disks_per_worker: Annotated[int, Field(ge=1, le=8)] = 2
    """The number of data disks of 1 TiB for each broker, from 1 to 8 (HDInsight, Configure storage for Kafka)."""
    head_vm_size: VmSize = "Standard_DS3_v2"
    """The size of the two head nodes, and of the two REST proxy nodes. More than 32 workers require at least 8 vCPUs and 14 GB
    (HDInsight, Create clusters by using the Azure portal, read 2026-11-29)."""
    zookeeper_vm_size: VmSize = "Standard_DS2_v2"
    """The size of the three ZooKeeper nodes."""
    rest_proxy: RestProxySettings | None = None
    """The REST proxy for producers without a Kafka client. The default is no proxy."""
    private_link: bool = False
    """Whether other networks may reach the cluster's gateway through their private endpoints (HDInsight, Private Link)."""
    topic_image: Image = ":topic-1.0.0"
    """The container image that finds the brokers and creates the topics, built from topic/. The default is in the stack's own
    registry."""

    @property
    @override
    def images(self) -> Sequence[str]:
        """The image that finds the brokers and creates the topics."""
        return (self.topic_image,)

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield head nodes that are too small, invalid topic settings, a missing subnet, and pipe names that Jobs cannot use."""
        vcpus = known_vcpus(self.head_vm_size)
        if self.brokers > MOST_WORKERS and vcpus is not None and vcpus < LARGE_HEAD_VCPUS:
            text = (
                f"must have at least {LARGE_HEAD_VCPUS} vCPUs and 14 GB with more than {MOST_WORKERS} brokers, got {self.head_vm_size} with "
                f"{vcpus} for {self.brokers} ({HEAD_SOURCE}). Set it to Standard_DS4_v2, or lower brokers. The head nodes of an existing "
                "cluster keep their size."
            )
            yield ConfigError(path=("streaming", "headVmSize"), text=text)
        pipes = cast("Mapping[str, HdInsightPipeSettings]", context.made)
        yield from pipe_config_errors({name: pipe.topic.config for name, pipe in pipes.items()}, KAFKA_VERSION)
        yield from group_errors(context.pipes)
        existing = cast("AzureNetworkSettings", context.network).existing
        if existing and not existing.hdinsight_subnet_id:
            yield ConfigError(
                path=("network", "existing", "hdinsightSubnetId"),
                text="is required (HDInsight needs a separate subnet; HDInsight, Plan a virtual network). "
                "Add one to the virtual network and set its id here.",
            )
        yield from name_errors(context)
        yield from _shared_identities(context.pipes)


def _shared_identities(pipes: Mapping[str, PipeSettings]) -> Iterator[ConfigError]:
    """Yield the pipes whose consumers would share the identity of another pipe's Job. Azure identifies both by the same name."""
    for name in pipes:
        for job in (TOPIC, DEAD_LETTERS):
            other = name.removesuffix(job)
            if other != name and other in pipes:
                text = f"must differ from the names of other pipes' topic Jobs, but the pipe {other} has a Job with this name. Choose another name."
                yield ConfigError(path=("pipes", name), text=text)
