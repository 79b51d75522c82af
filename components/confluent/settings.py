"""Streaming settings for Confluent Cloud, and their validation."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, cast

from pydantic import Field
from typing_extensions import override

from components.confluent.settings_base import ConfluentBaseSettings
from components.confluent.tiers import HIGH_UNITS, Availability, TierName
from components.confluent.topic_settings import ConfluentPipe, ConfluentPipeSettings
from components.section import ConfigError, SettingsModel
from components.settings_bases import ValidationContext

SOURCE = "(Confluent Cloud, Kafka cluster types)"


class KsqldbSettings(SettingsModel, frozen=True):
    """ksqlDB cluster with its own service account, which can read the stack's topics."""

    csu: Literal[1, 2, 4, 8, 12] = 4
    """The streaming units (CSU) of the ksqlDB cluster: 1, 2, 4, 8 or 12. From 8 on, its state is replicated (Confluent Cloud, ksqlDB). It
    cannot be changed after the ksqlDB cluster is created."""


class ConfluentSettings(ConfluentBaseSettings, frozen=True):
    """Streaming settings for Confluent Cloud."""

    tier: TierName = "standard"
    """The cluster type: basic for trials, standard, enterprise for a private link, or dedicated. The only possible change is from basic to
    standard (Confluent Cloud, Kafka cluster types)."""
    availability: Availability | None = None
    """The number of zones that store the records: one or more with low, three with high. By default high, except on the tier basic, which
    supports only low. It cannot be changed after the cluster is created."""
    cku: Annotated[int, Field(ge=1, le=152)] | None = None
    """The units (CKU) of a dedicated cluster, 1 to 152. High availability needs at least 2. More than 4 are available only if your contract
    includes them (Confluent Cloud, Kafka cluster types)."""
    max_ecku: Annotated[int, Field(ge=1, le=50)] | None = None
    """The most units (eCKU) that a cluster of the other tiers can scale to. The limit, and the default, is 50 on basic, 10 on standard and 32
    on enterprise, or 10 over a private link on AWS (Confluent Cloud, Kafka cluster types). Once set, it can be changed but not removed."""
    governance: Literal["none", "essentials", "advanced"] = "essentials"
    """The stream governance package of the environment, which includes the Schema Registry. It can be upgraded but not downgraded (Confluent
    Cloud, Stream Governance packages)."""
    ksqldb: KsqldbSettings | None = None
    """The ksqlDB cluster. By default there is none."""
    private_link: bool = False
    """Whether the cluster is reachable only over a private link from the stack's network. Enterprise clusters require it. The machine that
    runs Pulumi then needs access to that network."""

    @property
    @override
    def tier_name(self) -> TierName:
        return self.tier

    @property
    def zones(self) -> Availability:
        """Availability, with its default."""
        return self.availability or ("high" if "high" in self.limits.availabilities else "low")

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield errors for features that the tier lacks, and for pipes that exceed its limits."""
        pipes = cast("Mapping[str, ConfluentPipeSettings]", context.made)
        own = (*self._unit_errors(), *self._feature_errors(), *self._partition_errors(pipes))
        yield from (error.under("streaming") for error in own)
        yield from self.pipe_errors(context)
        for name, pipe in context.pipes.items():
            if isinstance(pipe, ConfluentPipe) and pipe.topic.schema_registry and self.governance == "none":
                text = "is not available with streaming.governance none (it includes no Schema Registry). Set streaming.governance to essentials, or remove schemaRegistry."
                yield ConfigError(path=("pipes", name, "topic", "schemaRegistry"), text=text)

    def _unit_errors(self) -> Iterator[ConfigError]:
        limits, dedicated = self.limits, self.tier == "dedicated"
        key, units = ("cku", self.cku) if dedicated else ("maxEcku", self.max_ecku)
        if self.zones not in limits.availabilities:
            text = f"{self.zones} is not available on tier {self.tier} {SOURCE}. Remove availability, or set tier to standard."
            yield ConfigError(path=("availability",), text=text)
        if dedicated and self.cku is None:
            least = HIGH_UNITS if self.zones == "high" else 1
            text = f"is required on tier dedicated. Set cku to {least} or more."
            yield ConfigError(path=("cku",), text=text)
        if dedicated and self.max_ecku is not None:
            text = "is not available on tier dedicated (cku sets the units). Remove maxEcku."
            yield ConfigError(path=("maxEcku",), text=text)
        if not dedicated and self.cku is not None:
            text = f"is not available on tier {self.tier} (it scales automatically, up to maxEcku). Remove cku."
            yield ConfigError(path=("cku",), text=text)
        if units is not None and units > limits.most_units:
            text = f"must be at most {limits.most_units} on tier {self.tier}, got {units} {SOURCE}. Lower {key}."
            yield ConfigError(path=(key,), text=text)
        if units is not None and units < HIGH_UNITS and self.zones == "high":
            text = f"must be at least {HIGH_UNITS} with availability high, got {units} {SOURCE}. Raise {key}, or set availability to low."
            yield ConfigError(path=(key,), text=text)

    def _feature_errors(self) -> Iterator[ConfigError]:
        if self.ksqldb and not self.limits.ksqldb:
            text = (
                f"is not available on tier {self.tier} {SOURCE}. Remove ksqldb, or set tier to standard or dedicated."
            )
            yield ConfigError(path=("ksqldb",), text=text)
        if self.ksqldb and self.governance == "none":
            text = (
                "is not available with governance none (ksqlDB needs the Schema Registry; Confluent provider, KsqlCluster). Set governance to "
                "essentials, or remove ksqldb."
            )
            yield ConfigError(path=("ksqldb",), text=text)
        if self.private_link and self.limits.public:
            text = f"is not available on tier {self.tier} (only enterprise clusters are private here). Remove privateLink, or set tier to enterprise."
            yield ConfigError(path=("privateLink",), text=text)
        if not self.private_link and not self.limits.public:
            text = f"must be true on tier {self.tier}, got false (its clusters have no public address; {SOURCE[1:-1]}). Set it to true, or set tier to standard."
            yield ConfigError(path=("privateLink",), text=text)

    def _partition_errors(self, pipes: Mapping[str, ConfluentPipeSettings]) -> Iterator[ConfigError]:
        """Yield an error if the pipes have more partitions than the tier and its units support."""
        limits = self.limits
        units = (self.cku if self.tier == "dedicated" else self.max_ecku) or limits.most_units
        most = min(units * limits.unit_partitions, limits.most_partitions)
        partitions = sum(pipe.partitions for pipe in pipes.values())
        if partitions > most:
            key = "cku" if self.tier == "dedicated" else "maxEcku"
            fix = f"Raise {key}" if units < limits.most_units else "Set tier to a larger one"
            text = (
                f"{self.tier} supports at most {most} partitions with {units} {limits.unit}, got {partitions} including dead letters {SOURCE}. "
                f"{fix}, or lower parallelism."
            )
            yield ConfigError(path=("tier",), text=text)
