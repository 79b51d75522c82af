"""Settings of a whole stack, after all of its sections were validated."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import pulumi
from pydantic import SecretStr

from components.catalog import Cloud
from components.monitoring.settings import MonitoringSettings
from components.section import Pattern, QuotedText, SettingsModel
from components.service import CloudBase, ContainerPlatform, StreamingService
from components.settings_bases import AccountSettings, NetworkSettings, PipeSettings, ServiceSettings, made
from components.sizing import load_warnings

NAMESPACE = "data-pipes"
NAME = Pattern(
    r"[a-z][a-z0-9-]{0,22}[a-z0-9]", "2 to 24 lower-case letters, digits and hyphens, starting with a letter"
)
"""An IAM role name has at most 64 characters (IAM, quotas): 24 for the stack, 24 for the pipe, the rest for Pulumi's suffix."""


class SettingsError(pulumi.RunError):
    """Errors in a stack file, one per line: file, key, rule, value and fix."""


class StackSettings(SettingsModel, frozen=True):
    """Keys with one value for the whole stack."""

    name: Annotated[str, NAME] | None = None
    """Prefix of all resource names in the stack. Defaults to the name of the stack. Keep it when you rename the stack, because a
    new prefix replaces the resources."""
    tags: Mapping[str, QuotedText] = {}
    """Tags or labels of all resources in the stack."""
    protect: bool = True
    """Whether clusters and topics are protected from deletion."""


def called(entry: StreamingService, streaming: ServiceSettings, platform: ServiceSettings) -> Collection[str]:
    """Return the cloud services that the streaming service and the platform call from inside the network, by endpoint name."""
    return {*entry.cloud_services, *streaming.cloud_services, *platform.cloud_services}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Validated settings of a stack, with all defaults filled in."""

    name: str
    cloud: Cloud
    base: CloudBase
    """Account, network, registry and monitoring of the stack."""
    streaming_service: StreamingService
    container_platform: ContainerPlatform
    account: AccountSettings
    network: NetworkSettings
    streaming: ServiceSettings
    platform: ServiceSettings
    pipes: Mapping[str, PipeSettings]
    monitoring: MonitoringSettings
    secrets: Mapping[str, SecretStr]
    tags: Mapping[str, str]
    protect: bool
    renames: Sequence[str] = ()
    """Warnings about old names of settings, each starting with the key."""

    @property
    def cloud_services(self) -> Collection[str]:
        """Return the cloud services that the stack calls from inside the network."""
        return called(self.streaming_service, self.streaming, self.platform)

    @property
    def warnings(self) -> Sequence[str]:
        """Return warnings about valid settings, each starting with the key."""
        streaming, platform = self.streaming_service.sizing, self.container_platform.sizing
        load = load_warnings(streaming, platform, (self.streaming, self.platform), made(self.pipes))
        return [*self.renames, *self.streaming.warnings, *self.platform.warnings, *load, *self._lag_warnings()]

    def _lag_warnings(self) -> Iterator[str]:
        """Yield a warning if nothing measures how far the consumers are behind."""
        service = self.streaming_service
        collectors = self.container_platform.collectors
        if self.monitoring.enabled and self.monitoring.collector == "none" and not service.reports_lag:
            others = " or ".join(each for each in collectors if each != "none")
            fix = f"Set it to {others}." if others else f"On {self.platform.service}, use the metrics of the service."
            yield (
                f"monitoring.collector: none leaves the stack without alarms on unread records ({self.streaming.service} does not report "
                f"them to the cloud's monitoring). {fix}"
            )
