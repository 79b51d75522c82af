"""Settings of an existing ECS cluster."""

from collections.abc import Iterator
from typing import Annotated

from typing_extensions import override

from components.aws.ecs.settings import TaskSettings
from components.aws.network.network import AwsNetworkSettings
from components.section import ConfigError, Pattern, SettingsModel
from components.settings_bases import ValidationContext


class ExistingEcsCluster(SettingsModel, frozen=True):
    """An existing ECS cluster. Its owner manages its capacity providers and settings."""

    name: Annotated[
        str, Pattern(r"[A-Za-z0-9_-]{1,255}", "the name of an ECS cluster (letters, digits, hyphens, underscores)")
    ]
    """The name of the cluster. It is in the region of the stack, and has the capacity provider FARGATE."""


class ExistingEcsSettings(TaskSettings, frozen=True):
    """Platform section for an existing ECS cluster. Consumers run on Fargate."""

    existing: ExistingEcsCluster
    """The existing cluster. The program makes the services and identities of the pipes in it."""

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield errors about pipes that Fargate cannot run, and about a missing network."""
        yield from super().config_errors(context)
        if isinstance(context.network, AwsNetworkSettings) and context.network.existing is None:
            text = (
                "is required with platform.existing (an ECS cluster has no network, so it cannot be looked up). Set it to the VPC in which the "
                "tasks run."
            )
            yield ConfigError(path=("network", "existing"), text=text)
