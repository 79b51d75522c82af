"""Streaming settings for Confluent Cloud, and their validation."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, cast

from pydantic import AfterValidator, Field, model_validator
from typing_extensions import override

from components.confluent.tiers import HIGH_UNITS, TIERS, Availability, Tier, TierName
from components.confluent.topic_settings import LIMITS, ConfluentPipeSettings
from components.consumer import SecretName
from components.consumer_group import consumer_group, group_errors
from components.kafka.config import Limit, Limits, Whole, pipe_config_errors
from components.section import ConfigError, SettingsModel
from components.settings_bases import ServiceSettings, ValidationContext

SOURCE = "(Confluent Cloud, Kafka cluster types)"

KAFKA_VERSION = "4.3.1"
"""Version of the topic setting definitions. Confluent Cloud has no versions, so the newest one is used."""


def _refuse_plain_key(name: str) -> str:
    if re.fullmatch("[A-Z0-9]{16}", name):
        raise ValueError(
            "must be the name of a Pulumi secret, got a value that looks like an API key ID. Choose a name such as confluentKey, and set "
            "its value with: pulumi config set --secret --path 'data-pipes:secrets.confluentKey'"
        )
    return name


class CredentialsSettings(SettingsModel, frozen=True):
    """Names of the Pulumi secrets with the Cloud API key for Confluent Cloud."""

    hidden = True

    api_key: Annotated[SecretName, AfterValidator(_refuse_plain_key)]
    """The name of the Pulumi secret under data-pipes:secrets with the ID of a Cloud API key."""
    api_secret: SecretName
    """The name of the Pulumi secret under data-pipes:secrets with the secret of that key."""

    @model_validator(mode="after")
    def _distinct_secrets(self) -> "CredentialsSettings":
        if self.api_key == self.api_secret:
            raise ValueError(
                "must name two different secrets, got the same name twice (an API key has an ID and a secret). Use one secret for each."
            )
        return self


class KsqldbSettings(SettingsModel, frozen=True):
    """ksqlDB cluster with its own service account, which can read the stack's topics."""

    csu: Literal[1, 2, 4, 8, 12] = 4
    """The streaming units (CSU) of the ksqlDB cluster: 1, 2, 4, 8 or 12. From 8 on, its state is replicated (Confluent Cloud, ksqlDB). It
    cannot be changed after the ksqlDB cluster is created."""


class ConfluentSettings(ServiceSettings, frozen=True):
    """Streaming settings for Confluent Cloud."""

    service: Literal["confluent"]
    """Always confluent."""
    credentials: CredentialsSettings
    """The Cloud API key that deploys the stack, as the names of two Pulumi secrets. Consumers never get this key."""
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
    def limits(self) -> Tier:
        """Features and limits of the tier."""
        return TIERS[self.tier]

    @property
    def zones(self) -> Availability:
        """Availability, with its default."""
        return self.availability or ("high" if "high" in self.limits.availabilities else "low")

    @property
    @override
    def secrets(self) -> Mapping[str, str]:
        """Secret names of the Cloud API key."""
        return {"credentials.apiKey": self.credentials.api_key, "credentials.apiSecret": self.credentials.api_secret}

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield errors for features that the tier lacks, and for pipes that exceed its limits."""
        pipes = cast("Mapping[str, ConfluentPipeSettings]", context.made)
        own = (*self._unit_errors(), *self._feature_errors(), *self._partition_errors(pipes))
        yield from (error.under("streaming") for error in own)
        size = Limit(
            definition=Whole(0, self.limits.message_bytes),
            source=f"Confluent Cloud, Kafka cluster types, tier {self.tier}",
        )
        limits: Limits = {**LIMITS, "max.message.bytes": size}
        configs = {name: pipe.topic.config for name, pipe in pipes.items()}
        yield from pipe_config_errors(configs, KAFKA_VERSION, limits)
        yield from group_errors(context.pipes)
        for name, pipe in pipes.items():
            yield from (error.under("pipes", name) for error in self._pipe_errors(name, pipe, pipes))

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

    def _pipe_errors(
        self, name: str, pipe: ConfluentPipeSettings, pipes: Mapping[str, ConfluentPipeSettings]
    ) -> Iterator[ConfigError]:
        if pipe.topic.schema_registry and self.governance == "none":
            text = "is not available with streaming.governance none (it includes no Schema Registry). Set streaming.governance to essentials, or remove schemaRegistry."
            yield ConfigError(path=("topic", "schemaRegistry"), text=text)
        prefix = f"{consumer_group(name, pipe)}-"
        others = sorted(other for other in pipes if other.startswith(prefix))
        if pipe.topic.kafka_streams and others:
            text = (
                f"cannot be true if a pipe's name begins with {prefix}, got {others[0]} (the consumer may delete all topics with that prefix, which "
                "Kafka Streams uses for internal topics). Rename the pipe, set another consumer.group, or remove kafkaStreams."
            )
            yield ConfigError(path=("topic", "kafkaStreams"), text=text)
