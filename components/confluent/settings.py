"""The streaming section of a stack file for Confluent Cloud, and what must fit together in it."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, cast

from pydantic import AfterValidator, Field, model_validator
from typing_extensions import override

from components.confluent.tiers import HIGH_UNITS, TIERS, Availability, Tier, TierName
from components.confluent.topic_settings import LIMITS, ConfluentPipeSettings
from components.consumer import SecretName
from components.kafka.config import Limit, Limits, Whole, pipe_config_errors
from components.section import ConfigError, SettingsModel
from components.settings_bases import ServiceSettings, ValidationContext

SOURCE = "(Confluent Cloud, Kafka cluster types)"

KAFKA_VERSION = "4.3.1"
"""Confluent Cloud has no versions, so its topics are checked with the newest definitions that the program has."""


def _no_key_itself(name: str) -> str:
    if re.fullmatch("[A-Z0-9]{16}", name):
        raise ValueError(
            "must be the name of a Pulumi secret, and this looks like the id of an API key itself; choose a name such as confluentKey, and set "
            "its value with: pulumi config set --secret --path 'data-pipes:secrets.confluentKey'"
        )
    return name


class CredentialsSettings(SettingsModel, frozen=True):
    """The API key that a stack is made with on Confluent Cloud, by the names of the Pulumi secrets that hold its halves."""

    hidden = True

    api_key: Annotated[SecretName, AfterValidator(_no_key_itself)]
    """The name of the Pulumi secret under data-pipes:secrets that holds the id of a Cloud API key."""
    api_secret: SecretName
    """The name of the Pulumi secret under data-pipes:secrets that holds the secret half of that key."""

    @model_validator(mode="after")
    def _two_halves(self) -> "CredentialsSettings":
        if self.api_key == self.api_secret:
            raise ValueError(
                "must name two secrets, since an API key has two halves, the id and the secret; name one for each"
            )
        return self


class KsqldbSettings(SettingsModel, frozen=True):
    """A ksqlDB cluster beside the Kafka cluster, under an identity of its own that reads the stack's topics."""

    csu: Literal[1, 2, 4, 8, 12] = 4
    """The streaming units of the ksqlDB cluster: 1, 2, 4, 8 or 12, with copies of its state from 8 on (Confluent Cloud, ksqlDB);
    fixed with it."""


class ConfluentSettings(ServiceSettings, frozen=True):
    """The streaming section of a stack file, for Confluent Cloud."""

    service: Literal["confluent"]
    """Always confluent."""
    credentials: CredentialsSettings
    """The Cloud API key that the stack is made with, by the names of two Pulumi secrets; consumers never get it."""
    tier: TierName = "standard"
    """The type of the cluster: basic for trials, standard, enterprise for a private link, or dedicated; only basic can become
    another later, standard (Confluent Cloud, Kafka cluster types)."""
    availability: Availability | None = None
    """How many zones hold the records: one or more with low, three with high; by default high, and low on the tier basic, which has
    no other. Fixed with the cluster."""
    cku: Annotated[int, Field(ge=1, le=152)] | None = None
    """The units of a dedicated cluster (CKU), 1 to 152, from 5 on only where your contract has them, and at least 2 with the
    availability high (Confluent Cloud, Kafka cluster types)."""
    max_ecku: Annotated[int, Field(ge=1, le=50)] | None = None
    """The most units (eCKU) that a cluster of the other tiers takes up by itself: up to 50 on basic, 10 on standard and 32 on
    enterprise, 10 over a private link on AWS (Confluent Cloud, Kafka cluster types); by default as many. Once set, it can change and not be removed."""
    governance: Literal["none", "essentials", "advanced"] = "essentials"
    """The package of stream governance that the environment is made with, which brings the Schema Registry; it goes up and never
    down (Confluent Cloud, Stream Governance packages)."""
    ksqldb: KsqldbSettings | None = None
    """The ksqlDB cluster; by default there is none."""
    private_link: bool = False
    """Whether the cluster is reached over a private link from the stack's network alone, as every enterprise cluster must be; whoever
    runs Pulumi then needs a way into that network."""

    @property
    def limits(self) -> Tier:
        """What the tier has, and has room for."""
        return TIERS[self.tier]

    @property
    def zones(self) -> Availability:
        """The availability, with its default."""
        return self.availability or ("high" if "high" in self.limits.availabilities else "low")

    @property
    @override
    def secrets(self) -> Mapping[str, str]:
        """The two halves of the Cloud API key."""
        return {"credentials.apiKey": self.credentials.api_key, "credentials.apiSecret": self.credentials.api_secret}

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield what the tier lacks, and pipes that it has no room for."""
        pipes = cast("Mapping[str, ConfluentPipeSettings]", context.pipes)
        own = (*self._units(), *self._features(), *self._room(pipes))
        yield from (error.under("streaming") for error in own)
        size = Limit(
            definition=Whole(0, self.limits.message_bytes),
            source=f"Confluent Cloud, Kafka cluster types, tier {self.tier}",
        )
        limits: Limits = {**LIMITS, "max.message.bytes": size}
        configs = {name: pipe.topic.config for name, pipe in pipes.items()}
        yield from pipe_config_errors(configs, KAFKA_VERSION, limits)
        for name, pipe in pipes.items():
            yield from (error.under("pipes", name) for error in self._pipe(name, pipe, pipes))

    def _units(self) -> Iterator[ConfigError]:
        limits, dedicated = self.limits, self.tier == "dedicated"
        key, units = ("cku", self.cku) if dedicated else ("maxEcku", self.max_ecku)
        if self.zones not in limits.availabilities:
            text = f"{self.zones} is not to be had on the tier {self.tier} {SOURCE}; remove it, or set tier to standard"
            yield ConfigError(path=("availability",), text=text)
        if dedicated and self.cku is None:
            least = HIGH_UNITS if self.zones == "high" else 1
            text = f"is missing: a dedicated cluster has the units that it is given; set it to {least} or more"
            yield ConfigError(path=("cku",), text=text)
        if dedicated and self.max_ecku is not None:
            text = "is for the other tiers only: a dedicated cluster has the units that cku says; remove it"
            yield ConfigError(path=("maxEcku",), text=text)
        if not dedicated and self.cku is not None:
            text = f"is for the tier dedicated only, and a cluster of {self.tier} takes units as it needs them, up to maxEcku; remove it"
            yield ConfigError(path=("cku",), text=text)
        if units is not None and units > limits.most_units:
            text = f"must be at most {limits.most_units} on the tier {self.tier}, not {units} {SOURCE}; lower it"
            yield ConfigError(path=(key,), text=text)
        if units is not None and units < HIGH_UNITS and self.zones == "high":
            text = f"must be at least {HIGH_UNITS} with the availability high, not {units} {SOURCE}; raise it, or set availability to low"
            yield ConfigError(path=(key,), text=text)

    def _features(self) -> Iterator[ConfigError]:
        if self.ksqldb and not self.limits.ksqldb:
            text = f"is not to be had on the tier {self.tier} {SOURCE}; remove it, or set tier to standard or dedicated"
            yield ConfigError(path=("ksqldb",), text=text)
        if self.ksqldb and self.governance == "none":
            text = (
                "needs the Schema Registry, which comes with stream governance (Confluent provider, KsqlCluster); set governance to "
                "essentials, or remove ksqldb"
            )
            yield ConfigError(path=("ksqldb",), text=text)
        if self.private_link and self.limits.public:
            text = f"is for the tier enterprise only, and a {self.tier} cluster here has a public address; remove it, or set tier to enterprise"
            yield ConfigError(path=("privateLink",), text=text)
        if not self.private_link and not self.limits.public:
            text = f"must be true on the tier {self.tier}, whose clusters have no public address {SOURCE}; set it, or set tier to standard"
            yield ConfigError(path=("privateLink",), text=text)

    def _room(self, pipes: Mapping[str, ConfluentPipeSettings]) -> Iterator[ConfigError]:
        """More partitions than a cluster of the tier and its units has room for."""
        limits = self.limits
        units = (self.cku if self.tier == "dedicated" else self.max_ecku) or limits.most_units
        room = min(units * limits.unit_partitions, limits.most_partitions)
        partitions = sum(pipe.partitions for pipe in pipes.values())
        if partitions > room:
            key = "cku" if self.tier == "dedicated" else "maxEcku"
            way = f"raise {key}" if units < limits.most_units else "set tier to a larger one"
            text = (
                f"{self.tier} has room for {room} partitions with {units} {limits.unit}, and {partitions} are asked for, dead letters included "
                f"{SOURCE}; {way}, or ask for less"
            )
            yield ConfigError(path=("tier",), text=text)

    def _pipe(
        self, name: str, pipe: ConfluentPipeSettings, pipes: Mapping[str, ConfluentPipeSettings]
    ) -> Iterator[ConfigError]:
        if pipe.topic.schema_registry and self.governance == "none":
            text = "needs stream governance, which brings the Schema Registry; set streaming.governance to essentials, or remove it"
            yield ConfigError(path=("topic", "schemaRegistry"), text=text)
        others = sorted(other for other in pipes if other.startswith(f"{name}-"))
        if pipe.topic.kafka_streams and others:
            text = (
                f"would let this pipe's consumer delete the topic of {others[0]} too, since the internal topics of Kafka Streams begin with "
                f"{name}-; give one of the two pipes another name, or remove it"
            )
            yield ConfigError(path=("topic", "kafkaStreams"), text=text)
