"""MSK settings and their validation."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, Literal, cast

from pydantic import AfterValidator, Field
from typing_extensions import override

from components.aws.encryption import LogDays
from components.aws.msk.brokers import (
    BROKERS,
    MOST_BROKERS,
    SMALLEST,
    VERSIONS,
    check_broker,
    partitions_error,
    version_error,
    zones_error,
)
from components.aws.msk.topic import (
    EXPRESS_LIMITS,
    EXPRESS_SETTINGS,
    TIER_SOURCE,
    TIERED_HOURS,
    TIERED_LIMITS,
    MskPipeSettings,
)
from components.aws.network.network import VpcSettings
from components.consumer_group import group_errors
from components.dead_letters import no_redrive
from components.kafka.config import Limits, config_errors
from components.section import ClosedCidr, ConfigError, Distinct, Pattern, SettingsModel, unknown
from components.settings_bases import ServiceSettings, ValidationContext

LARGEST_VOLUME = 16_384
"""The largest disk of a broker in GiB (MSK quota)."""


class StorageAutoscalingSettings(SettingsModel, frozen=True):
    """Automatic growth of the brokers' disks."""

    max_size: Annotated[int, Field(ge=1, le=LARGEST_VOLUME)]
    """The size in GiB up to which each broker's disk may grow."""
    target_utilization: Annotated[int, Field(ge=10, le=80)] = 60
    """The disk utilization in percent at which a disk grows, by 10 percent or by 10 GiB (MSK, Automatic scaling)."""


class ConnectivitySettings(SettingsModel, frozen=True):
    """Access to the brokers from outside the VPC. MSK cannot create a cluster with it, so set it after the first deployment."""

    multi_vpc: bool = False
    """Whether clients in other VPCs may connect through AWS PrivateLink (MSK, Multi-VPC private connectivity).

    To disable it again, set it to false. If you only remove it, MSK keeps it enabled.
    """
    public_cidrs: Annotated[tuple[ClosedCidr, ...], Distinct] = ()
    """The IPv4 ranges on the internet whose clients may connect (MSK, Public access). Requires brokerSubnets public."""


class MskSettings(ServiceSettings, frozen=True):
    """Streaming section of a stack file for MSK."""

    renamed_keys: ClassVar = {"volumeSize": "diskSize"}
    counts_unread: ClassVar = True

    service: Literal["msk"]
    """Always msk."""
    version: Annotated[
        str,
        Pattern(r"[1-9]\d*\.\d+\.x\.kraft", "a Kafka version with KRaft as AWS lists it, such as 3.9.x.kraft"),
        AfterValidator(VERSIONS.check),
    ] = VERSIONS.default
    """The Kafka version. It can only be raised. AWS recommends 3.9 (MSK, Supported Apache Kafka versions)."""
    brokers: Annotated[int, Field(ge=3, le=MOST_BROKERS)] = 3
    """The number of brokers, a multiple of the number of zones. A KRaft cluster has at most 60 (MSK quota). Before lowering it, remove
    brokers by hand (docs/aws.md, Fewer brokers on MSK)."""
    instance_type: Annotated[str, AfterValidator(check_broker)] = "kafka.m5.large"
    """The size of each broker: kafka.* is a standard broker, express.* an Express broker. A cluster cannot change between the two."""
    broker_subnets: Literal["private", "public"] = "private"
    """The subnets of the brokers. Changing it replaces the cluster. connectivity.publicCidrs requires public subnets."""
    disk_size: Annotated[int, Field(ge=1, le=LARGEST_VOLUME)] = 100
    """The disk size of each standard broker in GiB. It can only be raised (MSK, Scale broker storage).

    If storageAutoscaling is set, it is the initial size, and a later change has no effect.
    """
    storage_autoscaling: StorageAutoscalingSettings | None = None
    """The automatic growth of the brokers' disks. By default the disks keep their size."""
    tiered_storage: bool = False
    """Whether topics may store older records in a low-cost tier (MSK, Tiered storage). A topic uses it if its localRetentionHours is
    set. It cannot be disabled on an existing cluster."""
    authentication: Literal["iam", "scram"] = "iam"
    """The authentication of the consumers: iam uses their IAM role, scram a user and password for each pipe (SASL/SCRAM).

    Kafka ACLs set the permissions of SCRAM users. If there are no ACLs, they may do everything (MSK, Apache Kafka ACLs).
    """
    connectivity: ConnectivitySettings = ConnectivitySettings()
    """The access to the brokers from outside the VPC. These clients authenticate with IAM."""
    monitoring: Literal["PER_BROKER", "PER_TOPIC_PER_BROKER", "PER_TOPIC_PER_PARTITION"] = "PER_BROKER"
    """The level of detail of the metrics that MSK sends to CloudWatch."""
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
    """The ARNs of ACM Private CAs whose certificates clients may use instead of an IAM identity. On an existing cluster, keep at least
    one.

    Kafka ACLs set the permissions of these clients. If there are no ACLs, they may do everything (MSK, Apache Kafka ACLs).
    """
    log_days: LogDays = 90
    """The number of days that the brokers' logs are kept."""

    @property
    def express(self) -> bool:
        """Whether the brokers are Express brokers."""
        return BROKERS[self.instance_type].express

    @property
    def replication(self) -> int:
        """Replication factor of the topics."""
        return min(3, self.brokers)

    @property
    def methods(self) -> list[str]:
        """Authentication methods in use, by their names in METHODS. IAM is always enabled, because the deployer needs it."""
        scram = ["scram"] if self.authentication == "scram" else []
        tls = ["tls"] if self.certificate_authority_arns else []
        return ["iam", *scram, *tls]

    @property
    def connected(self) -> bool:
        """Whether the brokers can be reached from outside the VPC."""
        return self.connectivity.multi_vpc or bool(self.connectivity.public_cidrs)

    @property
    @override
    def warnings(self) -> Sequence[str]:
        """Warning about a version that the program does not know."""
        return VERSIONS.warnings("streaming.version", self.version)

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield errors about zones, versions, partitions, storage and connectivity."""
        pipes = cast("Mapping[str, MskPipeSettings]", context.made)
        zones = zones_error(self.brokers, context.network.zone_count)
        version = version_error(self.version, self.instance_type)
        partitions = partitions_error(
            sum(pipe.parallelism for pipe in pipes.values()),
            dead_letters=sum(pipe.topic.dead_letter.enabled for pipe in pipes.values()),
            brokers=self.brokers,
            instance_type=self.instance_type,
            replication=self.replication,
        )
        for key, text in (("brokers", zones), ("version", version), ("brokers", partitions)):
            if text:
                yield ConfigError(path=("streaming", key), text=text)
        yield from self._storage_errors()
        yield from self._connectivity_errors(cast("VpcSettings", context.network))
        yield from group_errors(context.pipes)
        if self.authentication == "scram":
            yield from no_redrive(
                context.pipes,
                "without Kafka ACLs, a user with authentication scram may do everything, so its rights cannot be limited",
            )
        for name, pipe in pipes.items():
            yield from (error.under("pipes", name, "topic") for error in self._topic_errors(pipe))

    def _storage_errors(self) -> Iterator[ConfigError]:
        scaling = self.storage_autoscaling
        if self.express:
            absent = {
                "disk_size": "is not available on Express brokers (they have no disks to size). Remove it.",
                "storage_autoscaling": "is not available on Express brokers (they have no disks to size). Remove it.",
                "tiered_storage": "is not available on Express brokers (MSK manages their storage). Remove it.",
            }
            for field, text in absent.items():
                if field in self.model_fields_set and getattr(self, field) not in (None, False):
                    yield ConfigError(path=("streaming", type(self).model_fields[field].alias or field), text=text)
            return
        if scaling and scaling.max_size < self.disk_size:
            text = (
                f"must be at least diskSize ({self.disk_size}), got {scaling.max_size} (disks never shrink). Raise it."
            )
            yield ConfigError(path=("streaming", "storageAutoscaling", "maxSize"), text=text)
        if self.tiered_storage and self.instance_type == SMALLEST:
            text = f"is not available on {SMALLEST} (MSK, Tiered storage). Use a larger instanceType, or remove it."
            yield ConfigError(path=("streaming", "tieredStorage"), text=text)

    def _connectivity_errors(self, network: VpcSettings) -> Iterator[ConfigError]:
        if self.connected and self.methods != ["iam"]:
            text = (
                "cannot be combined with authentication scram or certificateAuthorityArns (without Kafka ACLs, clients with a "
                "password or a certificate could do everything: MSK, Public access; Multi-VPC private connectivity). "
                "Set authentication to iam and remove certificateAuthorityArns, or remove connectivity."
            )
            yield ConfigError(path=("streaming", "connectivity"), text=text)
        if self.connectivity.public_cidrs and self.broker_subnets == "private":
            text = (
                "requires brokerSubnets public, got private (MSK, Public access). "
                "Remove it, or set brokerSubnets to public, which replaces an existing cluster."
            )
            yield ConfigError(path=("streaming", "connectivity", "publicCidrs"), text=text)
        if self.connectivity.multi_vpc and self.instance_type == SMALLEST:
            text = f"is not available on {SMALLEST} (MSK, Multi-VPC private connectivity). Use a larger instanceType, or remove it."
            yield ConfigError(path=("streaming", "connectivity", "multiVpc"), text=text)
        if self.broker_subnets == "public" and (missing := network.public_subnets_key):
            text = f"requires public subnets, but {missing.rpartition('.')[0]} has none. Set {missing}."
            yield ConfigError(path=("streaming", "brokerSubnets"), text=text)

    def _topic_errors(self, pipe: MskPipeSettings) -> Iterator[ConfigError]:
        if pipe.topic.local_retention_hours is not None and not self.tiered_storage:
            text = "requires streaming.tieredStorage, got false. Set streaming.tieredStorage to true, or remove localRetentionHours."
            yield ConfigError(path=("localRetentionHours",), text=text)
        if pipe.topic.local_retention_hours is not None and pipe.topic.retention_hours < TIERED_HOURS:
            text = (
                f"must be at least {TIERED_HOURS} with localRetentionHours, got {pipe.topic.retention_hours} ({TIER_SOURCE}). Raise it, or "
                "remove localRetentionHours."
            )
            yield ConfigError(path=("retentionHours",), text=text)
        set_by_msk = pipe.topic.config.keys() - EXPRESS_SETTINGS if self.express else set[str]()
        for name in sorted(set_by_msk):
            text = f"cannot be set on Express brokers (MSK sets it). Remove it. {unknown(name, EXPRESS_SETTINGS)}"
            yield ConfigError(path=("config", name), text=text)
        config = {name: value for name, value in pipe.topic.config.items() if name not in set_by_msk}
        limits: Limits = {
            **(EXPRESS_LIMITS if self.express else {}),
            **(TIERED_LIMITS if pipe.topic.local_retention_hours is not None else {}),
        }
        found = list(config_errors(config, self.version, limits)) or _tier_errors(config)
        yield from (error.under("config") for error in found)


def _tier_errors(config: Mapping[str, str]) -> Iterator[ConfigError]:
    """Yield an error if local.retention.bytes is not below retention.bytes. Both values are valid numbers."""
    local, whole = "local.retention.bytes", "retention.bytes"
    limit = int(config.get(whole, -1))
    if local in config and limit >= 0 and (config[local] == "-1" or int(config[local]) >= limit):
        text = f"must be less than {whole}, which is {limit}, got {config[local]!r} ({TIER_SOURCE}). Lower it, or raise {whole}."
        yield ConfigError(path=(local,), text=text)
