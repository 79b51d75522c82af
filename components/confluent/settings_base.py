"""Streaming settings that every cluster on Confluent Cloud has, and the checks of its pipes."""

import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, cast

from pydantic import AfterValidator, model_validator
from typing_extensions import override

from components.confluent.tiers import TIERS, Tier, TierName
from components.confluent.topic_settings import LIMITS, ConfluentPipeSettings, streams_errors
from components.consumer import SecretName
from components.consumer_group import group_errors
from components.kafka.config import Limit, Limits, Whole, pipe_config_errors
from components.section import ConfigError, SettingsModel
from components.settings_bases import ServiceSettings, ValidationContext

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


class ConfluentBaseSettings(ServiceSettings, frozen=True):
    """Streaming settings of a cluster on Confluent Cloud, which the stack makes or which was there before."""

    service: Literal["confluent"]
    """Always confluent."""
    credentials: CredentialsSettings
    """The Cloud API key that deploys the stack, as the names of two Pulumi secrets. Consumers never get this key."""

    @property
    @abstractmethod
    def tier_name(self) -> TierName:
        """Return the tier of the cluster."""

    @property
    def limits(self) -> Tier:
        """Features and limits of the tier."""
        return TIERS[self.tier_name]

    @property
    @override
    def secrets(self) -> Mapping[str, str]:
        """Secret names of the Cloud API key."""
        return {"credentials.apiKey": self.credentials.api_key, "credentials.apiSecret": self.credentials.api_secret}

    def pipe_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield errors in the settings of the topics, and in groups and Kafka Streams applications that disturb each other."""
        size = Limit(
            definition=Whole(0, self.limits.message_bytes),
            source=f"Confluent Cloud, Kafka cluster types, tier {self.tier_name}",
        )
        limits: Limits = {**LIMITS, "max.message.bytes": size}
        pipes = cast("Mapping[str, ConfluentPipeSettings]", context.made)
        configs = {name: pipe.topic.config for name, pipe in pipes.items()}
        yield from pipe_config_errors(configs, KAFKA_VERSION, limits)
        yield from group_errors(context.pipes)
        yield from streams_errors(context.pipes)
