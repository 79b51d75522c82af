"""Streaming settings for a Kafka cluster on Confluent Cloud that was there before."""

from collections.abc import Iterator
from typing import Annotated

from typing_extensions import override

from components.confluent.settings_base import ConfluentBaseSettings
from components.confluent.tiers import TierName
from components.section import ConfigError, Pattern, SettingsModel
from components.settings_bases import ValidationContext


class ExistingConfluentCluster(SettingsModel, frozen=True):
    """An existing environment and Kafka cluster. Their owner manages them."""

    environment_id: Annotated[str, Pattern(r"env-[a-z0-9]+", "the id of an environment, such as env-abc123")]
    """The id of the environment: `confluent environment list` prints it."""
    cluster_id: Annotated[str, Pattern(r"lkc-[a-z0-9]+", "the id of a Kafka cluster, such as lkc-abc123")]
    """The id of the Kafka cluster: `confluent kafka cluster list` prints it."""
    tier: TierName = "standard"
    """The type of the cluster: basic, standard, enterprise or dedicated. Another type than that of the cluster is refused."""


class ExistingConfluentSettings(ConfluentBaseSettings, frozen=True):
    """Streaming section for an existing Kafka cluster on Confluent Cloud."""

    existing: ExistingConfluentCluster
    """The existing cluster. The program makes topics, service accounts, keys and role bindings on it, and never changes the cluster."""

    @property
    @override
    def tier_name(self) -> TierName:
        return self.existing.tier

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield errors in the settings of the topics."""
        yield from self.pipe_errors(context)
