"""Settings of a stack, read and validated as a whole before any resource is registered."""

import difflib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, NoReturn, TypeVar, cast

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, get_config_secret_keys_env, is_config_secret
from pydantic import SecretStr

from components.catalog import CLOUDS, Cloud
from components.consumer import no_secret
from components.dead_letters import redrive_errors
from components.monitoring.settings import MonitoringSettings
from components.renames import Renames
from components.section import ConfigError, Pattern, QuotedText, SettingsModel, mapping, parse, unknown
from components.settings_bases import (
    AccountSettings,
    NetworkSettings,
    PipeSettings,
    ServiceSettings,
    SystemWorkloads,
    ValidationContext,
)
from components.sizing import load_warnings

NAMESPACE = "data-pipes"
KEYS = ("name", "network", "streaming", "platform", "pipes", "monitoring", "secrets", "tags", "protect")
NAME = Pattern(
    r"[a-z][a-z0-9-]{0,22}[a-z0-9]", "2 to 24 lower-case letters, digits and hyphens, starting with a letter"
)
"""An IAM role name has at most 64 characters (IAM, quotas): 24 for the stack, 24 for the pipe, the rest for Pulumi's suffix."""
CLUSTER_NAMESPACES = ("aks-", "data-pipes-", "default", "gatekeeper-", "gke-", "gmp-", "kube-")
"""Prefixes of namespaces that belong to the cluster, its cloud, or the stack's own workloads (Kubernetes, Namespaces). A pipe cannot use
them because its Kubernetes namespace has the pipe's name."""

UNREAD = ("confluent", "confluentcloud")
"""Configuration namespaces of the Confluent provider. They are not read: the provider uses the secrets in streaming.credentials."""

ParsedT = TypeVar("ParsedT", bound=SettingsModel)


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


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Validated settings of a stack, with all defaults filled in."""

    name: str
    cloud: Cloud
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
        return called(self.cloud, self.streaming, self.platform)

    @property
    def warnings(self) -> Sequence[str]:
        """Return warnings about valid settings, each starting with the key."""
        streaming = self.cloud.streaming[self.streaming.service].sizing
        platform = self.cloud.platforms[self.platform.service].sizing
        load = load_warnings(streaming, platform, (self.streaming, self.platform), self.pipes)
        return [*self.renames, *self.streaming.warnings, *self.platform.warnings, *load, *self._lag_warnings()]

    def _lag_warnings(self) -> Iterator[str]:
        """Yield a warning if nothing measures how far the consumers are behind."""
        service = self.cloud.streaming[self.streaming.service]
        collectors = self.cloud.platforms[self.platform.service].collectors
        if self.monitoring.enabled and self.monitoring.collector == "none" and not service.reports_lag:
            others = " or ".join(each for each in collectors if each != "none")
            fix = f"Set it to {others}." if others else f"On {self.platform.service}, use the metrics of the service."
            yield (
                f"monitoring.collector: none leaves the stack without alarms on unread records ({self.streaming.service} does not report "
                f"them to the cloud's monitoring). {fix}"
            )

    @classmethod
    def from_config(cls) -> "Settings":
        """Read the configuration of the running stack. Raise SettingsError, which Pulumi prints without a traceback."""
        config = {**get_config_env(), **CONFIG.get()}
        secret_keys = {name for name in config if is_config_secret(name)} | set(get_config_secret_keys_env())
        stack = pulumi.get_stack()
        return load(config, source=f"stacks/Pulumi.{stack}.yaml", stack=stack, secret_keys=secret_keys)


def called(cloud: Cloud, streaming: ServiceSettings, platform: ServiceSettings) -> Collection[str]:
    """Return the cloud services that the streaming service and the platform call from inside the network, by endpoint name."""
    return {*cloud.streaming[streaming.service].cloud_services, *streaming.cloud_services, *platform.cloud_services}


def load(config: Mapping[str, object], *, source: str, stack: str, secret_keys: Collection[str]) -> Settings:
    """Validate the configuration of a stack and return its settings.

    Args:
        config: Full keys such as `data-pipes:pipes`, with values as Pulumi passes them to a program: objects are JSON strings.
        source: Name of the file in messages.
        stack: Name of the stack.
        secret_keys: Full keys of encrypted values. A key may name one value inside an object, such as `data-pipes:secrets.token`.

    Raises:
        SettingsError: The settings are wrong. The message lists all errors.
    """
    return _Reader(config, source=source, stack=stack, secret_keys=secret_keys).read()


class _Reader:
    """Parses the sections of a configuration and collects the errors."""

    def __init__(self, config: Mapping[str, object], *, source: str, stack: str, secret_keys: Collection[str]) -> None:
        self.config = {name: _decoded(value) for name, value in config.items()}
        self.source = source
        self.stack = stack
        self.secret_keys = secret_keys
        self.errors: list[ConfigError] = []
        self.renames = Renames()

    def read(self) -> Settings:
        if self.refuse_plain_secrets():
            self.fail()  # other messages could show the secret values
        own = {name.split(":", 1)[1]: value for name, value in self.config.items() if name.startswith(f"{NAMESPACE}:")}
        for name in sorted(own.keys() - set(KEYS)):
            self.error(name, text=f"unknown key. {unknown(name, KEYS)}")
        stack = self.stack_section(own)
        secrets = self.secrets(own.get("secrets", {}))

        cloud, platform = self.platform(own.get("platform"))
        self.namespaces(cloud)
        account = self.account(cloud) if cloud else None
        if cloud and stack:
            self.names(CLOUDS[cloud].base.account, stack)
        network = (
            self.section(CLOUDS[cloud].base.network_settings, own.get("network", {}), "network") if cloud else None
        )
        streaming, pipe_model = self.streaming(own.get("streaming"), cloud)
        pipes = self.pipes(own.get("pipes"), pipe_model)
        monitoring = self.monitoring(cloud, own.get("monitoring", {}), streaming, platform)

        own_secrets: Mapping[str, str] = streaming.secrets if streaming else {}
        for key, secret in own_secrets.items():
            if secret not in secrets:
                self.error("streaming", *key.split("."), text=no_secret(secret))
        for name, pipe in pipes.items():
            found = pipe.consumer.config_errors(
                known=frozenset(secrets),
                reserved=frozenset(own_secrets.values()),
                record_bytes=pipe.expect.bytes if pipe.expect else None,
            )
            self.errors += [error.under("pipes", name, "consumer") for error in found]
        self.errors += redrive_errors(pipes)
        if cloud and streaming and platform:
            self.pair(CLOUDS[cloud], streaming.service, platform.service)
        self.alarms(pipes, streaming, monitoring, account)
        if network:
            name = (stack.name if stack else None) or self.stack
            system_workloads = streaming.system_workloads if streaming else SystemWorkloads()
            context = ValidationContext(
                stack=name, account=account, network=network, system_workloads=system_workloads, pipes=pipes
            )
            for section in (streaming, platform):
                self.errors += section.config_errors(context) if section else ()
            if cloud and streaming and platform:
                self.errors += network.idle(called(CLOUDS[cloud], streaming, platform))
        self.errors += self.renames.errors
        if self.errors or not (stack and cloud and account and network and streaming and platform and monitoring):
            self.fail()
        return Settings(
            name=stack.name or self.stack,
            cloud=CLOUDS[cloud],
            account=account,
            network=network,
            streaming=streaming,
            platform=platform,
            pipes=pipes,
            monitoring=monitoring,
            secrets=secrets,
            tags=stack.tags,
            protect=stack.protect,
            renames=[str(each) for each in self.renames.warnings],
        )

    def fail(self) -> NoReturn:
        # With the warnings: an error names the current key, and the file may have the old one.
        raise SettingsError("\n".join(f"{self.source}: {each}" for each in (*self.errors, *self.renames.warnings)))

    def namespaces(self, cloud: str | None) -> None:
        """Refuse misspelled namespaces, and errors in the namespaces of other clouds.

        A stack file may set the account on each cloud. To move its pipes to another cloud, only streaming and platform then change.
        """
        known = {NAMESPACE, *(cloud.namespace for cloud in CLOUDS.values())}
        for name in sorted(self.config):
            namespace = name.partition(":")[0]
            if namespace not in known and difflib.get_close_matches(namespace, known, n=1, cutoff=0.7):
                self.error(name, text=f"unknown namespace {namespace!r}. {unknown(namespace, known)}")
            if namespace in UNREAD:
                text = "has no effect (the provider uses the secrets named in streaming.credentials). Remove it."
                self.error(name, text=text)
        for other, each in CLOUDS.items():
            if cloud and other != cloud and any(name.startswith(f"{each.namespace}:") for name in self.config):
                self.account(
                    other, also=f" This stack is on {cloud}: if it needs no {each.namespace} keys, remove them."
                )

    def refuse_plain_secrets(self) -> bool:
        """Refuse encrypted values outside secrets, where they would be deployed in plain text. Return whether there are any."""
        allowed = f"{NAMESPACE}:secrets"
        misplaced = [
            name for name in sorted(self.secret_keys) if name != allowed and not name.startswith(f"{allowed}.")
        ]
        known = {NAMESPACE, *(cloud.namespace for cloud in CLOUDS.values())}
        misplaced = [name for name in misplaced if name.partition(":")[0] in known]
        for name in misplaced:
            text = (
                "must not be encrypted (encrypted values are supported only under data-pipes:secrets; here the value would be deployed in "
                f"plain text). Set it with: {_set_secret('NAME')}. Then use NAME in a consumer's secrets or files, or in streaming.credentials."
            )
            self.error(name.removeprefix(f"{NAMESPACE}:"), text=text)
        return bool(misplaced)

    def error(self, *path: str | int, text: str) -> None:
        self.errors.append(ConfigError(path=path, text=text))

    def section(self, model: type[ParsedT], value: object, *parents: str) -> ParsedT | None:
        parsed = parse(model, self.renames.current(model, value, parents))
        if isinstance(parsed, list):
            self.errors += [error.under(*parents) for error in parsed]
            return None
        return parsed

    def stack_section(self, own: Mapping[str, object]) -> StackSettings | None:
        """Parse the keys with one value for the whole stack."""
        stack = self.section(StackSettings, {name: own[name] for name in ("name", "tags", "protect") if name in own})
        if stack and stack.name is None:
            try:
                NAME.check(self.stack)
            except ValueError as error:
                self.error(
                    "name",
                    text=f"defaults to the name of the stack, but {error} Set data-pipes:name, and never change it.",
                )
        return stack

    def account(self, cloud: str, also: str = "") -> AccountSettings | None:
        """Parse the keys of a cloud's own namespace, such as aws:region. `also` is appended to each message."""
        prefix = f"{CLOUDS[cloud].namespace}:"
        own = {name.removeprefix(prefix): value for name, value in self.config.items() if name.startswith(prefix)}
        parsed = parse(CLOUDS[cloud].base.account, own)
        if isinstance(parsed, list):
            for error in parsed:
                self.error(f"{prefix}{error.path[0]}", *error.path[1:], text=error.text + also)
            return None
        return parsed

    def names(self, account: type[AccountSettings], stack: StackSettings) -> None:
        """Refuse a name or tags that the cloud rejects, and tags that the program sets itself."""
        try:
            account.stack_name.check(stack.name or self.stack)
        except ValueError as error:
            self.error("name", text=f"{error} Choose another name, and never change it.")
        if len(stack.tags) > account.most_tags:
            text = f"must have at most {account.most_tags} entries, got {len(stack.tags)} (some resources accept no more). Remove some."
            self.error("tags", text=text)
        for name, value in stack.tags.items():
            try:
                account.tag_name.check(name)
                account.tag_value.check(value)
            except ValueError as error:
                self.error("tags", name, text=str(error))

    def service(self, value: object, key: str, known: Iterable[str], where: str) -> str | None:
        """Return the name of the service in the streaming or platform section. None if it is missing or unknown."""
        listed = ", ".join(sorted(known))
        section = mapping(value)
        if section is None:
            self.error(key, text=f"must be a map with the key service. Set service to one of: {listed}.")
            return None
        name = section.get("service")
        if isinstance(name, str) and name in known:
            return name
        fact = "is required" if name is None else f"must be {where}, got {json.dumps(name)}"
        self.error(key, "service", text=f"{fact}. {unknown(str(name), known)}")
        return None

    def platform(self, value: object) -> tuple[str | None, ServiceSettings | None]:
        """Return the cloud of the platform, and the settings of the platform."""
        clouds = {service: name for name, cloud in CLOUDS.items() for service in cloud.platforms}
        service = self.service(value, "platform", clouds, "a container platform")
        if service is None:
            return None, None
        cloud = clouds[service]
        return cloud, self.section(CLOUDS[cloud].platforms[service].settings, value, "platform")

    def streaming(self, value: object, cloud: str | None) -> tuple[ServiceSettings | None, type[PipeSettings] | None]:
        """Return the settings of the streaming service, and the settings class of its pipes."""
        clouds = [CLOUDS[cloud]] if cloud else list(CLOUDS.values())
        known = {name: each.streaming for each in clouds for name in each.streaming}
        where = f"a streaming service on {cloud}" if cloud else "a streaming service"
        name = (mapping(value) or {}).get("service")
        elsewhere = [other for other, each in CLOUDS.items() if name in each.streaming]
        if name not in known and elsewhere:
            there = " and ".join(elsewhere)
            platforms = " or ".join(platform for other in elsewhere for platform in CLOUDS[other].platforms)
            text = (
                f"must be a streaming service on {cloud}, got {json.dumps(name)} (available on {there}). "
                f"Use one of: {', '.join(sorted(known))}. Or set platform.service to {platforms}."
            )
            self.error("streaming", "service", text=text)
            return None, None
        service = self.service(value, "streaming", known, where)
        if service is None:
            return None, None
        found = known[service][service]
        return self.section(found.settings, value, "streaming"), found.pipe

    def pair(self, cloud: Cloud, streaming: str, platform: str) -> None:
        """Refuse a streaming service whose topics cannot be read from the platform."""
        refusals = cloud.streaming[streaming].refused_on
        if platform in refusals:
            able = " or ".join(name for name in cloud.platforms if name not in refusals)
            self.error(
                "streaming",
                "service",
                text=f"{streaming} is not available on {platform}: {refusals[platform]}. Set platform.service to {able}.",
            )

    def monitoring(
        self, cloud: str | None, value: object, streaming: ServiceSettings | None, platform: ServiceSettings | None
    ) -> MonitoringSettings | None:
        """Parse the monitoring section and choose the collector. Refuse one that the platform does not have."""
        if cloud is None:
            return None
        settings = self.section(CLOUDS[cloud].base.monitoring_settings, value, "monitoring")
        if settings is None or streaming is None or platform is None or not settings.enabled:
            return settings
        collectors = CLOUDS[cloud].platforms[platform.service].collectors
        if settings.collector is None:
            needed = CLOUDS[cloud].base.cheap_collector or not CLOUDS[cloud].streaming[streaming.service].reports_lag
            chosen = "managed" if needed and "managed" in collectors else "none"
            return settings.model_copy(update={"collector": chosen})
        if settings.collector not in collectors:
            text = f"must be {' or '.join(collectors)} on {platform.service}, got {settings.collector} (the platform has no such collector). Change or remove it."
            self.error("monitoring", "collector", text=text)
        return settings

    def alarms(
        self,
        pipes: Mapping[str, PipeSettings],
        streaming: ServiceSettings | None,
        monitoring: MonitoringSettings | None,
        account: AccountSettings | None,
    ) -> None:
        """Refuse limits without an alarm, that cannot be measured, or that are reached only after records are lost."""
        if monitoring and monitoring.enabled:
            self.errors += [error.under("monitoring") for error in monitoring.config_errors(account)]
        shortest = streaming.age_resolution if streaming else 1
        for name, pipe in pipes.items():
            age, kept = pipe.alarms.age_minutes, pipe.kept_minutes
            if monitoring and not monitoring.enabled and pipe.alarms.model_fields_set:
                text = "must not be set while monitoring.enabled is false (there is no alarm). Remove it."
                self.error("pipes", name, "alarms", text=text)
            if streaming and not streaming.counts_unread and pipe.alarms.unread_records is not None:
                text = f"has no effect on {streaming.service} (its alarm is on the age of unread records). Remove it, or set ageMinutes."
                self.error("pipes", name, "alarms", "unreadRecords", text=text)
            if age < shortest:
                text = f"must be at least {shortest} (the service does not measure shorter times), got {age}. Raise it."
                self.error("pipes", name, "alarms", "ageMinutes", text=text)
            if kept is not None and age >= kept:
                text = (
                    f"must be less than the {kept} minutes that the topic keeps records, got {age} (the alarm would be too late). Lower it, "
                    "or raise the topic's retention."
                )
                self.error("pipes", name, "alarms", "ageMinutes", text=text)

    def pipes(self, value: object, model: type[PipeSettings] | None) -> dict[str, PipeSettings]:
        """Parse the pipes. If the streaming service is unknown, check only their names."""
        section = mapping(value)
        if not section:
            self.error(
                "pipes",
                text="must be a map with at least one pipe. Add one, such as orders: {parallelism: 3, consumer: {image: ...}}.",
            )
            return {}
        pipes: dict[str, PipeSettings] = {}
        for name, pipe in section.items():
            try:
                NAME.check(name)
            except ValueError as error:
                self.error("pipes", name, text=f"the name of a pipe {error} Rename the pipe.")
            if name.startswith(CLUSTER_NAMESPACES):
                self.error(
                    "pipes",
                    name,
                    text="must not be the name of a namespace of the cluster (each pipe gets a Kubernetes namespace with its name). Rename the pipe.",
                )
            parsed = self.section(model, pipe, "pipes", name) if model else None
            if parsed:
                pipes[name] = parsed
        return pipes

    def secrets(self, value: object) -> dict[str, SecretStr]:
        """Parse the secrets. Messages never show their values."""
        section = mapping(value)
        if section is None:
            self.error(
                "secrets", text=f"must be a map of names to encrypted values. Set one with: {_set_secret('NAME')}"
            )
            return {}
        secrets: dict[str, SecretStr] = {}
        for name, secret in section.items():
            if not {f"{NAMESPACE}:secrets", f"{NAMESPACE}:secrets.{name}"} & set(self.secret_keys):
                self.error(
                    "secrets",
                    name,
                    text=f"must be encrypted (everyone who can read the file can read this value). Replace it with: {_set_secret(name)}",
                )
            elif not isinstance(secret, str):
                self.error("secrets", name, text=f"must be a string. Set it again with: {_set_secret(name)}")
            else:
                secrets[name] = SecretStr(secret)
        return secrets


def _set_secret(name: str) -> str:
    return f"pulumi config set --secret --path '{NAMESPACE}:secrets.{name}'"


def _decoded(value: object) -> object:
    """Return a value as it is in the stack file. Pulumi passes objects, lists and booleans to a program as JSON strings."""
    if not isinstance(value, str):
        return value
    try:
        decoded = json.loads(value)
    except ValueError:
        return value
    return cast("object", decoded) if isinstance(decoded, dict | list | bool) else value
