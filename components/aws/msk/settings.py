"""The streaming section of a stack file for MSK, and what must fit together in it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, Literal, cast

from pydantic import AfterValidator, Field
from typing_extensions import override

from components.aws.encryption import LogDays
from components.aws.msk.brokers import (
    BROKERS,
    SMALLEST,
    VERSIONS,
    known_broker,
    partitions_mistake,
    share_mistake,
    version_mistake,
)
from components.aws.msk.topic import (
    EXPRESS_LIMITS,
    EXPRESS_SETTINGS,
    TIER_SOURCE,
    TIERED_HOURS,
    TIERED_LIMITS,
    MskPipeSettings,
)
from components.aws.network.network import AwsNetworkSettings
from components.kafka.config import Limits, config_errors
from components.section import ClosedCidr, ConfigError, Distinct, Pattern, SettingsModel, unknown
from components.settings_bases import ServiceSettings, ValidationContext

LARGEST_VOLUME = 16_384
"""The largest disk of a broker in GiB (MSK quota)."""


class StorageAutoscalingSettings(SettingsModel, frozen=True):
    """How the brokers' disks grow by themselves."""

    max_size: Annotated[int, Field(ge=1, le=LARGEST_VOLUME)]
    """The size in GiB up to which the disk of each broker may grow."""
    target_utilization: Annotated[int, Field(ge=10, le=80)] = 60
    """The percentage of a disk in use from which it grows, by a tenth or by 10 GiB (MSK, Automatic scaling)."""


class ConnectivitySettings(SettingsModel, frozen=True):
    """Who besides the consumers reaches the brokers; MSK refuses all of it while a cluster is made, so set it afterwards."""

    multi_vpc: bool = False
    """Whether clients in other VPCs may connect through AWS PrivateLink (MSK, Multi-VPC private connectivity).

    To close the way again, set it to false: MSK keeps open what is left out.
    """
    public_cidrs: Annotated[tuple[ClosedCidr, ...], Distinct] = ()
    """The ranges on the internet whose clients may connect (MSK, Public access); it needs brokerSubnets public."""


class MskSettings(ServiceSettings, frozen=True):
    """The streaming section of a stack file, for MSK."""

    renamed_keys: ClassVar = {"volumeSize": "diskSize"}

    service: Literal["msk"]
    """Always msk."""
    version: Annotated[
        str,
        Pattern(r"[1-9]\d*\.\d+\.x\.kraft", "a Kafka version with KRaft as AWS lists it, such as 3.9.x.kraft"),
        AfterValidator(VERSIONS.check),
    ] = VERSIONS.default
    """The Kafka version, which goes up and never down; 3.9 is the one that AWS recommends (MSK, Supported Apache Kafka versions)."""
    brokers: Annotated[int, Field(ge=3, le=60)] = 3
    """The number of brokers, the same in every zone; a KRaft cluster has at most 60 (MSK quota). Fewer are removed by hand first
    (docs/aws.md, Fewer brokers on MSK)."""
    instance_type: Annotated[str, AfterValidator(known_broker)] = "kafka.m5.large"
    """The size of each broker: kafka.* is a standard broker, express.* an Express broker; one does not become the other."""
    broker_subnets: Literal["private", "public"] = "private"
    """The subnets that the brokers stand in, fixed when the cluster is made; public ones are for connectivity.publicCidrs."""
    disk_size: Annotated[int, Field(ge=1, le=LARGEST_VOLUME)] = 100
    """The disk of each standard broker in GiB; it can grow, never shrink (MSK, Scale broker storage).

    With storageAutoscaling it is the size to begin with, and a later change has no effect.
    """
    storage_autoscaling: StorageAutoscalingSettings | None = None
    """How the brokers' disks grow by themselves; by default they keep their size."""
    tiered_storage: bool = False
    """Whether topics may keep older records in a low-cost tier, each by its localRetentionHours (MSK, Tiered storage); a cluster keeps
    the tier for life."""
    authentication: Literal["iam", "scram"] = "iam"
    """How the pipes' consumers say who they are: by their IAM role, or each pipe by a user with a password of its own (SASL/SCRAM).

    What such users may do is said by Kafka's ACLs, and without any ACL they may do everything (MSK, Apache Kafka ACLs).
    """
    connectivity: ConnectivitySettings = ConnectivitySettings()
    """Who besides the consumers reaches the brokers, each known by its IAM identity."""
    monitoring: Literal["PER_BROKER", "PER_TOPIC_PER_BROKER", "PER_TOPIC_PER_PARTITION"] = "PER_BROKER"
    """How fine the metrics are that MSK sends to CloudWatch."""
    certificate_authority_arns: Annotated[
        tuple[
            Annotated[
                str,
                Pattern(r"arn:[a-z-]+:acm-pca:[^:]+:\d{12}:certificate-authority/.+", "the ARN of an ACM Private CA"),
            ],
            ...,
        ],
        Field(max_length=20),
        Distinct,
    ] = ()
    """The ARNs of the ACM Private CAs whose certificates clients may show in place of an IAM identity; a live cluster keeps at least one.

    What such clients may do is said by Kafka's ACLs, and without any ACL they may do everything (MSK, Apache Kafka ACLs).
    """
    log_days: LogDays = 90
    """How many days the brokers' logs are kept."""

    @property
    def express(self) -> bool:
        """Whether the brokers are Express brokers, whose storage and replication are MSK's own."""
        return BROKERS[self.instance_type].express

    @property
    def replication(self) -> int:
        """How many brokers hold each partition."""
        return min(3, self.brokers)

    @property
    def methods(self) -> list[str]:
        """The methods of authentication in use, by their names in METHODS; whoever deploys needs IAM in every case."""
        scram = ["scram"] if self.authentication == "scram" else []
        tls = ["tls"] if self.certificate_authority_arns else []
        return ["iam", *scram, *tls]

    @property
    def connected(self) -> bool:
        """Whether anybody outside the VPC reaches the brokers."""
        return self.connectivity.multi_vpc or bool(self.connectivity.public_cidrs)

    @property
    @override
    def warnings(self) -> Sequence[str]:
        """A version that the program does not know."""
        return VERSIONS.warnings("streaming.version", self.version)

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield what the brokers cannot do together: zones, versions, partitions, storage and ways in."""
        pipes = cast("Mapping[str, MskPipeSettings]", context.pipes)
        share = share_mistake(self.brokers, context.network.zone_count)
        version = version_mistake(self.version, self.instance_type)
        room = partitions_mistake(
            sum(pipe.parallelism for pipe in pipes.values()),
            dead_letters=sum(pipe.topic.dead_letter.enabled for pipe in pipes.values()),
            brokers=self.brokers,
            instance_type=self.instance_type,
            replication=self.replication,
        )
        for key, text in (("brokers", share), ("version", version), ("brokers", room)):
            if text:
                yield ConfigError(path=("streaming", key), text=text)
        yield from self._storage_errors()
        yield from self._connectivity_errors(cast("AwsNetworkSettings", context.network))
        for name, pipe in pipes.items():
            yield from (error.under("pipes", name, "topic") for error in self._topic_errors(pipe))

    def _storage_errors(self) -> Iterator[ConfigError]:
        scaling = self.storage_autoscaling
        if self.express:
            absent = {
                "disk_size": "Express brokers have no disk to size; remove it",
                "storage_autoscaling": "Express brokers have no disk to size; remove it",
                "tiered_storage": "Express brokers keep all records in storage of MSK's own; remove it",
            }
            for field, text in absent.items():
                if field in self.model_fields_set and getattr(self, field) not in (None, False):
                    yield ConfigError(path=("streaming", type(self).model_fields[field].alias or field), text=text)
            return
        if scaling and scaling.max_size < self.disk_size:
            text = f"must be at least diskSize, which is {self.disk_size}, not {scaling.max_size}: disks never shrink; raise it"
            yield ConfigError(path=("streaming", "storageAutoscaling", "maxSize"), text=text)
        if self.tiered_storage and self.instance_type == SMALLEST:
            text = f"is not to be had on {SMALLEST} (MSK, Tiered storage); choose a larger instanceType or remove it"
            yield ConfigError(path=("streaming", "tieredStorage"), text=text)

    def _connectivity_errors(self, network: AwsNetworkSettings) -> Iterator[ConfigError]:
        if self.connected and self.methods != ["iam"]:
            text = (
                "cannot go with authentication scram or with certificateAuthorityArns: once there is a way from outside, clients known by a "
                "password or a certificate may do only what Kafka's ACLs allow them (MSK, Public access; Multi-VPC private connectivity), and "
                "there are none yet; set authentication to iam and remove certificateAuthorityArns, or remove connectivity"
            )
            yield ConfigError(path=("streaming", "connectivity"), text=text)
        if self.connectivity.public_cidrs and self.broker_subnets == "private":
            text = (
                "needs brokers in public subnets, which have a way to the internet, and they stand in private ones (MSK, Public access); "
                "remove it, or set brokerSubnets to public, which replaces a cluster that is there already"
            )
            yield ConfigError(path=("streaming", "connectivity", "publicCidrs"), text=text)
        if self.connectivity.multi_vpc and self.instance_type == SMALLEST:
            text = f"is not to be had on {SMALLEST} (MSK, Multi-VPC private connectivity); choose a larger instanceType or remove it"
            yield ConfigError(path=("streaming", "connectivity", "multiVpc"), text=text)
        if self.broker_subnets == "public" and network.existing and network.existing.public_subnet_ids is None:
            text = "needs public subnets, and the existing VPC is given without; set network.existing.publicSubnetIds"
            yield ConfigError(path=("streaming", "brokerSubnets"), text=text)

    def _topic_errors(self, pipe: MskPipeSettings) -> Iterator[ConfigError]:
        if pipe.topic.local_retention_hours is not None and not self.tiered_storage:
            text = (
                "needs the low-cost tier, which this cluster lacks; set streaming.tieredStorage to true, or remove it"
            )
            yield ConfigError(path=("localRetentionHours",), text=text)
        if pipe.topic.local_retention_hours is not None and pipe.topic.retention_hours < TIERED_HOURS:
            text = (
                f"must be at least {TIERED_HOURS} with localRetentionHours, got {pipe.topic.retention_hours} ({TIER_SOURCE}). Raise it, or "
                "remove localRetentionHours."
            )
            yield ConfigError(path=("retentionHours",), text=text)
        foreign = pipe.topic.config.keys() - EXPRESS_SETTINGS if self.express else set[str]()
        for name in sorted(foreign):
            text = f"is MSK's own to set on Express brokers. {unknown(name, EXPRESS_SETTINGS)}"
            yield ConfigError(path=("config", name), text=text)
        config = {name: value for name, value in pipe.topic.config.items() if name not in foreign}
        limits: Limits = {
            **(EXPRESS_LIMITS if self.express else {}),
            **(TIERED_LIMITS if pipe.topic.local_retention_hours is not None else {}),
        }
        found = list(config_errors(config, self.version, limits)) or _tier_errors(config)
        yield from (error.under("config") for error in found)


def _tier_errors(config: Mapping[str, str]) -> Iterator[ConfigError]:
    """Yield a part on the brokers' disks that is not smaller than the whole; the values themselves are right."""
    local, whole = "local.retention.bytes", "retention.bytes"
    limit = int(config.get(whole, -1))
    if local in config and limit >= 0 and (config[local] == "-1" or int(config[local]) >= limit):
        text = f"must be less than {whole}, which is {limit}, got {config[local]!r} ({TIER_SOURCE}). Lower it, or raise {whole}."
        yield ConfigError(path=(local,), text=text)
