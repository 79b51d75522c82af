"""Reads the settings of a stack and validates them as a whole, before any resource is registered."""

import difflib
import json
from collections.abc import Collection, Iterable, Mapping
from typing import NoReturn, TypeVar, cast

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, get_config_secret_keys_env, is_config_secret
from pydantic import SecretStr

from components import section_checks
from components.catalog import CLOUDS
from components.dead_letters import redrive_errors
from components.monitoring.settings import MonitoringSettings
from components.renames import Renames
from components.section import ConfigError, OtherForm, SettingsModel, mapping, parse, unknown
from components.service import CloudBase, ContainerPlatform, StreamingService
from components.settings_bases import (
    AccountSettings,
    NetworkSettings,
    PipeSettings,
    ServiceSettings,
    SystemWorkloads,
    ValidationContext,
)
from components.stack_settings import NAME, NAMESPACE, Settings, SettingsError, StackSettings, called

__all__ = ["NAME", "NAMESPACE", "Settings", "SettingsError", "StackSettings", "from_config", "load"]

KEYS = ("name", "network", "streaming", "platform", "pipes", "monitoring", "secrets", "tags", "protect")
CLUSTER_NAMESPACES = ("aks-", "data-pipes-", "default", "gatekeeper-", "gke-", "gmp-", "kube-")
"""Prefixes of namespaces that belong to the cluster, its cloud, or the stack's own workloads (Kubernetes, Namespaces). A pipe cannot use
them because its Kubernetes namespace has the pipe's name."""

UNREAD = ("confluent", "confluentcloud")
"""Configuration namespaces of the Confluent provider. They are not read: the provider uses the secrets in streaming.credentials."""

ParsedT = TypeVar("ParsedT", bound=SettingsModel)
EntryT = TypeVar("EntryT", ContainerPlatform, StreamingService)


def from_config() -> Settings:
    """Read the configuration of the running stack. Raise SettingsError, which Pulumi prints without a traceback."""
    config = {**get_config_env(), **CONFIG.get()}
    secret_keys = {name for name in config if is_config_secret(name)} | set(get_config_secret_keys_env())
    stack = pulumi.get_stack()
    return load(config, source=f"stacks/Pulumi.{stack}.yaml", stack=stack, secret_keys=secret_keys)


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

        cloud, runner, platform = self.platform(own.get("platform"))
        base = runner.base or CLOUDS[cloud].base if cloud and runner else None
        self.namespaces(cloud)
        account = self.account(cloud) if cloud else None
        if base and stack:
            self.errors += section_checks.name_errors(base.account, stack.name or self.stack, stack.tags)
        network = self.network(cloud, runner, own.get("network", {}))
        service, streaming = self.streaming(own.get("streaming"), cloud)
        pipes = self.pipes(own.get("pipes"), service)
        monitoring = self.monitoring(base, own.get("monitoring", {}), service, runner)

        self.errors += section_checks.secret_errors(pipes, streaming, secrets)
        self.errors += redrive_errors(pipes)
        if cloud and service and streaming and platform:
            self.errors += section_checks.pair_errors(CLOUDS[cloud], service, streaming.service, platform)
        if service:
            self.errors += section_checks.topic_errors(pipes, service, (stack.name if stack else None) or self.stack)
        self.errors += section_checks.alarm_errors(pipes, streaming, monitoring, account)
        if runner and platform:
            self.errors += section_checks.replica_errors(pipes, runner, platform.service)
        if base and not base.makes_registry:
            self.errors += section_checks.image_errors(pipes, streaming)
        if network:
            context = ValidationContext(
                stack=(stack.name if stack else None) or self.stack,
                account=account,
                network=network,
                system_workloads=streaming.system_workloads if streaming else SystemWorkloads(),
                pipes=pipes,
            )
            self.errors += streaming.config_errors(context) if streaming else ()
            self.errors += platform.config_errors(context) if platform else ()
            if service and streaming and platform:
                self.errors += network.idle(called(service, streaming, platform))
        self.errors += self.renames.errors
        if self.errors or not (stack and cloud and base and service and runner):
            self.fail()
        if not (account and network and streaming and platform and monitoring):
            self.fail()
        return Settings(
            name=stack.name or self.stack,
            cloud=CLOUDS[cloud],
            base=base,
            streaming_service=service,
            container_platform=runner,
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

    def section(
        self, model: type[ParsedT], value: object, *parents: str, other: OtherForm | None = None
    ) -> ParsedT | None:
        parsed = parse(model, self.renames.current(model, value, parents), other)
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

    def form(
        self, entry: EntryT, existing: EntryT | None, value: object, key: str
    ) -> tuple[EntryT, ServiceSettings | None]:
        """Return the entry of a section and its settings. With the key `existing`, it is the entry for what was there before."""
        section = mapping(value) or {}
        other = existing
        if "existing" in section and existing:
            entry, other = existing, entry
        elif "existing" in section and "existing" not in entry.settings.model_fields:
            adopts_topics = isinstance(entry, StreamingService) and entry.existing_pipe
            fix = "Remove it, and set topic.existing in the pipes" if adopts_topics else "Remove it"
            reason = "only its topics can be adopted" if adopts_topics else "nothing of it can be adopted"
            self.error(key, "existing", text=f"is not available on {entry.title} ({reason}). {fix}.")
            section = {name: each for name, each in section.items() if name != "existing"}
        thing = "cluster" if key == "platform" else "streaming service"
        form = OtherForm(other.settings, f"{key}.existing", thing, existing=other is existing) if other else None
        return entry, self.section(entry.settings, section, key, other=form)

    def network(self, cloud: str | None, platform: ContainerPlatform | None, value: object) -> NetworkSettings | None:
        """Parse the network section. That of an existing cluster has other keys if the cluster's network is looked up."""
        if not (cloud and platform):
            return None
        existing, new = platform.existing, CLOUDS[cloud].base
        base = platform.base or new
        other = existing.base if existing and existing.base else new
        form = OtherForm(other.network_settings, "platform.existing", "cluster", existing=other is not new)
        return self.section(base.network_settings, value, "network", other=form)

    def platform(self, value: object) -> tuple[str | None, ContainerPlatform | None, ServiceSettings | None]:
        """Return the cloud of the platform, its catalog entry, and its settings."""
        clouds = {service: name for name, cloud in CLOUDS.items() for service in cloud.platforms}
        service = self.service(value, "platform", clouds, "a container platform")
        if service is None:
            return None, None, None
        cloud = clouds[service]
        entry = CLOUDS[cloud].platforms[service]
        return cloud, *self.form(entry, entry.existing, value, "platform")

    def streaming(self, value: object, cloud: str | None) -> tuple[StreamingService | None, ServiceSettings | None]:
        """Return the catalog entry of the streaming service, and its settings."""
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
        entry = known[service][service]
        return self.form(entry, entry.existing, value, "streaming")

    def monitoring(
        self,
        base: CloudBase | None,
        value: object,
        service: StreamingService | None,
        platform: ContainerPlatform | None,
    ) -> MonitoringSettings | None:
        """Parse the monitoring section and choose the collector. Refuse one that the platform does not have."""
        if base is None:
            return None
        settings = self.section(base.monitoring_settings, value, "monitoring")
        if settings is None or service is None or platform is None or not settings.enabled:
            return settings
        collectors = platform.collectors
        if settings.collector is None:
            needed = base.cheap_collector or not service.reports_lag
            chosen = "managed" if needed and "managed" in collectors else "none"
            return settings.model_copy(update={"collector": chosen})
        if settings.collector not in collectors:
            text = f"must be {' or '.join(collectors)} on {platform.title}, got {settings.collector} (the platform has no such collector). Change or remove it."
            self.error("monitoring", "collector", text=text)
        return settings

    def pipe(self, name: str, value: object, service: StreamingService) -> PipeSettings | None:
        """Parse a pipe. Its topic is made, or was there before."""
        section = mapping(value) or {}
        topic = mapping(section.get("topic")) or {}
        new, adopted, topics = service.pipe, service.existing_pipe, ("topic.existing", "topic")
        if adopted and topic.get("existing") is True:
            return self.section(adopted, value, "pipes", name, other=OtherForm(new, *topics, existing=False))
        if "existing" in topic:
            fact = f"is not available on {service.title} ({service.topics_not_adopted})"
            if adopted:
                fact = f"must be true for a topic that was there before, got {json.dumps(topic['existing'])}"
            self.error("pipes", name, "topic", "existing", text=f"{fact}. Remove it, and the program makes the topic.")
            value = {**section, "topic": {key: each for key, each in topic.items() if key != "existing"}}
        form = OtherForm(adopted, *topics, existing=True) if adopted else None
        return self.section(new, value, "pipes", name, other=form)

    def pipes(self, value: object, service: StreamingService | None) -> dict[str, PipeSettings]:
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
            parsed = self.pipe(name, pipe, service) if service else None
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
