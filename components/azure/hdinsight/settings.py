"""The streaming section of a stack file for HDInsight, and what must fit together in it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, Literal, cast

from pydantic import AfterValidator, Field
from typing_extensions import override

from components.azure.account import Uuid
from components.azure.network.network import AzureNetworkSettings
from components.consumer import Image
from components.kafka import topic_settings
from components.kafka.config import pipe_config_errors
from components.kafka.dead_letters import KafkaDeadLetterSettings
from components.kubernetes.jobs.topic import DEAD_LETTERS, TOPIC, name_errors
from components.section import ConfigError, Pattern, QuotedText, SettingsModel
from components.settings_bases import PipeSettings, ServiceSettings, ValidationContext

_TWO_LIMITS = {"message.timestamp.after.max.ms", "message.timestamp.before.max.ms"}

TOPIC_SETTINGS = topic_settings.TOPIC_SETTINGS - _TWO_LIMITS | {"message.timestamp.difference.max.ms"}
"""The settings of a topic that a pipe may choose; Kafka 3.2 has one limit for both (Apache Kafka 3.2, Topic-Level Configs)."""

COPIES, IN_SYNC = 3, 2
"""How many brokers have each record, and how many of them must have it before it counts as written: one may fail, and none is lost."""


KAFKA_VERSION = "3.2"
"""The only Kafka that HDInsight still makes (HDInsight, Component versioning)."""

MOST_WORKERS = 32
"""Up to which head nodes of any size do."""

LARGE_HEAD_VCPUS = 8
"""The vCPUs of a head node with more workers, along with 14 GB, which every size of known_vcpus with as many vCPUs has."""

HEAD_SOURCE = "HDInsight, Create clusters by using the Azure portal, read 2026-11-29"


class HdInsightTopicSettings(SettingsModel, frozen=True):
    """What a user may say of a topic on HDInsight."""

    retention_hours: Annotated[int, Field(ge=1, le=87_600)] = 168
    """The hours that records are kept, read or not; a lower number deletes the records that are older."""
    config: Mapping[
        Annotated[
            str, AfterValidator(topic_settings.setting_names(TOPIC_SETTINGS, what="a setting of topics in Kafka 3.2"))
        ],
        QuotedText,
    ] = {}
    """More settings of the topic by their Kafka names, each with a text as value."""
    dead_letter: KafkaDeadLetterSettings = KafkaDeadLetterSettings()
    """What becomes of records that the consumers cannot handle."""

    @property
    def kafka_config(self) -> dict[str, str]:
        """The topic's Kafka settings."""
        return {
            "retention.ms": str(self.retention_hours * 3_600_000),
            "min.insync.replicas": str(IN_SYNC),
            **self.config,
        }

    @property
    def dead_letter_config(self) -> dict[str, str]:
        """The Kafka settings of the topic of dead letters."""
        return {**self.dead_letter.kafka_config(self.config), "min.insync.replicas": str(IN_SYNC)}


class HdInsightPipeSettings(PipeSettings, frozen=True):
    """A pipe on HDInsight; its topic and its records stay when the pipe is removed, until the cluster is."""

    topic: HdInsightTopicSettings = HdInsightTopicSettings()
    """The topic's own settings."""


class RestProxySettings(SettingsModel, frozen=True):
    """Who may use Kafka's REST proxy: the members of one group, whom it knows by their Entra tokens."""

    client_group_id: Uuid
    """The object id, in Entra, of the group whose members may use the proxy."""
    client_group_name: Annotated[str, Pattern(r".{1,200}", "the name of a group in Entra, 200 characters at most")]
    """The name of that group."""


_D_SERIES = {1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 11: 2, 12: 4, 13: 8, 14: 16, 15: 20}
"""The vCPUs of Dv2 and DSv2 by their number, which counts sizes (Azure Virtual Machines, Dv2 and DSv2-series)."""


def known_vcpus(size: str) -> int | None:
    """Return the vCPUs of a virtual machine of the series D, E, F or Av2, as its name says them; None for other names."""
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
    """The streaming section of a stack file, for Kafka on HDInsight.

    Its brokers know no users: whoever reaches them in the network may read and write every topic. All but brokers is fixed when
    the cluster is made.
    """

    renamed_keys: ClassVar = {"workers": "brokers"}

    cloud_services: ClassVar = ("blob", "dfs", "hdinsight", "vault")

    service: Literal["hdinsight"]
    """Always hdinsight."""
    brokers: Annotated[int, Field(ge=3, le=200)] = 3
    """The number of brokers, at least 3 since each record has 3 copies, at most 200 since the subnet has addresses for no more.

    To have more, add them by az hdinsight resize and then say so here; HDInsight takes none away (HDInsight, Apache Kafka).
    """
    worker_vm_size: VmSize = "Standard_DS3_v2"
    """The size of each broker's virtual machine, one that can be encrypted at host (HDInsight, Supported node configurations)."""
    disks_per_worker: Annotated[int, Field(ge=1, le=8)] = 2
    """The number of disks of 1 TiB that each broker keeps its records on, from 1 to 8 (HDInsight, Configure storage for Kafka)."""
    head_vm_size: VmSize = "Standard_DS3_v2"
    """The size of the two head nodes, and of the two that the REST proxy runs on; with more than 32 brokers it needs 8 vCPUs and 14 GB
    (HDInsight, Create clusters by using the Azure portal, read 2026-11-29)."""
    zookeeper_vm_size: VmSize = "Standard_DS2_v2"
    """The size of the three ZooKeeper nodes."""
    rest_proxy: RestProxySettings | None = None
    """Kafka's REST proxy, for producers that do not speak Kafka's protocol; by default there is none."""
    private_link: bool = False
    """Whether other networks may reach the cluster's gateway through private endpoints of theirs (HDInsight, Private Link)."""
    topic_image: Image = ":topic-1.0.0"
    """The container image of the programs in topic/, which find the brokers and make the topics; by default in the stack's own
    registry."""

    @property
    @override
    def images(self) -> Sequence[str]:
        """The image of the programs that find the brokers and make the topics."""
        return (self.topic_image,)

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield head nodes that are too small, an adopted network without a subnet, values that topics refuse, and names that jobs cannot take."""
        vcpus = known_vcpus(self.head_vm_size)
        if self.brokers > MOST_WORKERS and vcpus is not None and vcpus < LARGE_HEAD_VCPUS:
            text = (
                f"must have at least {LARGE_HEAD_VCPUS} vCPUs and 14 GB with more than {MOST_WORKERS} brokers, got {self.head_vm_size} with "
                f"{vcpus} for {self.brokers} ({HEAD_SOURCE}). Set it to Standard_DS4_v2, or lower brokers. The head nodes of an existing "
                "cluster keep their size."
            )
            yield ConfigError(path=("streaming", "headVmSize"), text=text)
        pipes = cast("Mapping[str, HdInsightPipeSettings]", context.pipes)
        yield from pipe_config_errors({name: pipe.topic.config for name, pipe in pipes.items()}, KAFKA_VERSION)
        existing = cast("AzureNetworkSettings", context.network).existing
        if existing and not existing.hdinsight_subnet_id:
            yield ConfigError(
                path=("network", "existing", "hdinsightSubnetId"),
                text="is missing, and HDInsight's machines stand in a subnet of their own (HDInsight, Plan a virtual network); "
                "add one to the virtual network and name it here",
            )
        yield from name_errors(context)
        yield from _shared_identities(context.pipes)


def _shared_identities(pipes: Mapping[str, PipeSettings]) -> Iterator[ConfigError]:
    """Yield the pipes whose consumers would have the identity of a job of another pipe, which Azure knows by the same name."""
    for name in pipes:
        for job in (TOPIC, DEAD_LETTERS):
            other = name.removesuffix(job)
            if other != name and other in pipes:
                text = f"is also what a job that makes a topic of the pipe {other} is called, and both would have one identity; choose another name"
                yield ConfigError(path=("pipes", name), text=text)
