"""The settings of a stack: read once, checked as a whole, before anything is registered."""

import difflib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, NoReturn, TypeVar, cast

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, get_config_secret_keys_env, is_config_secret
from pydantic import SecretStr

from components.catalog import CLOUDS, Cloud
from components.consumer import no_secret
from components.section import ConfigError, Pattern, QuotedText, SettingsModel, mapping, parse, unknown
from components.settings_bases import (
    AccountSettings,
    NetworkSettings,
    PipeSettings,
    ServiceSettings,
    SystemWorkloads,
    ValidationContext,
)

NAMESPACE = "data-pipes"
KEYS = ("name", "network", "streaming", "platform", "pipes", "secrets", "tags", "protect")
NAME = Pattern(
    r"[a-z][a-z0-9-]{0,22}[a-z0-9]", "2 to 24 lower-case letters, digits and hyphens, beginning with a letter"
)
"""IAM role names end at 64 characters (IAM, quotas): 24 for the stack, 24 for the pipe, the rest for what Pulumi adds."""
CLUSTER_NAMESPACES = ("aks-", "data-pipes-", "default", "gatekeeper-", "gke-", "gmp-", "kube-")
"""Each pipe has a Kubernetes namespace of its own name; these belong to the cluster, its cloud, and what the stack itself runs in
it (Kubernetes, Namespaces)."""

UNREAD = ("confluent", "confluentcloud")
"""Namespaces of the provider of Confluent Cloud, which is given the secrets that streaming.credentials names."""

ParsedT = TypeVar("ParsedT", bound=SettingsModel)


class SettingsError(pulumi.RunError):
    """A stack file with mistakes: one line for each, with file, key, reason and way out."""


class StackSettings(SettingsModel, frozen=True):
    """The keys that hold one value for the whole stack."""

    name: Annotated[str, NAME] | None = None
    """How the names of everything in the stack begin, by default the stack's name; kept when the stack is renamed, since new
    names replace resources."""
    tags: Mapping[str, QuotedText] = {}
    """The tags or labels that everything in the stack carries."""
    protect: bool = True
    """Whether clusters and topics are kept from deletion."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A stack as its file describes it, with every default filled in and every rule kept."""

    name: str
    cloud: Cloud
    account: AccountSettings
    network: NetworkSettings
    streaming: ServiceSettings
    platform: ServiceSettings
    pipes: Mapping[str, PipeSettings]
    secrets: Mapping[str, SecretStr]
    tags: Mapping[str, str]
    protect: bool

    @property
    def cloud_services(self) -> Collection[str]:
        """The services of the cloud that are called from inside the network."""
        return called(self.cloud, self.streaming, self.platform)

    @classmethod
    def from_config(cls) -> "Settings":
        """Read the running stack's configuration; raise SettingsError, which Pulumi prints without a traceback."""
        config = {**get_config_env(), **CONFIG.get()}
        secret_keys = {name for name in config if is_config_secret(name)} | set(get_config_secret_keys_env())
        stack = pulumi.get_stack()
        return load(config, source=f"stacks/Pulumi.{stack}.yaml", stack=stack, secret_keys=secret_keys)


def called(cloud: Cloud, streaming: ServiceSettings, platform: ServiceSettings) -> Collection[str]:
    """The services of a cloud that the two halves of a stack call from inside the network, by the names of their endpoints."""
    return {*cloud.streaming[streaming.service].cloud_services, *streaming.cloud_services, *platform.cloud_services}


def load(config: Mapping[str, object], *, source: str, stack: str, secret_keys: Collection[str]) -> Settings:
    """Check a stack's configuration and return it typed.

    `config` maps full keys (`data-pipes:pipes`) to values as Pulumi hands them to a program: objects as JSON text.
    `secret_keys` are the full keys whose value is kept encrypted, as Pulumi tells a program, or one encrypted value
    in it such as `data-pipes:secrets.token`; `source` is the file as messages name it.
    Raises SettingsError with every mistake at once.
    """
    return _Reader(config, source=source, stack=stack, secret_keys=secret_keys).read()


class _Reader:
    """Reads what can be read of a configuration, and gathers the mistakes on the way."""

    def __init__(self, config: Mapping[str, object], *, source: str, stack: str, secret_keys: Collection[str]) -> None:
        self.config = {name: _decoded(value) for name, value in config.items()}
        self.source = source
        self.stack = stack
        self.secret_keys = secret_keys
        self.errors: list[ConfigError] = []

    def read(self) -> Settings:
        if self.shown_secrets():
            self.fail()  # further messages could show their values
        own = {name.split(":", 1)[1]: value for name, value in self.config.items() if name.startswith(f"{NAMESPACE}:")}
        for name in sorted(own.keys() - set(KEYS)):
            self.wrong(name, text=f"unknown key; {unknown(name, KEYS)}")
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

        own_secrets: Mapping[str, str] = streaming.secrets if streaming else {}
        for key, secret in own_secrets.items():
            if secret not in secrets:
                self.wrong("streaming", *key.split("."), text=no_secret(secret))
        for name, pipe in pipes.items():
            found = pipe.consumer.config_errors(known=frozenset(secrets), kept=frozenset(own_secrets.values()))
            self.errors += [error.under("pipes", name, "consumer") for error in found]
        if cloud and streaming and platform:
            self.pair(CLOUDS[cloud], streaming.service, platform.service)
        if network:
            name = (stack.name if stack else None) or self.stack
            system_workloads = streaming.system_workloads if streaming else SystemWorkloads()
            rest = ValidationContext(
                stack=name, account=account, network=network, system_workloads=system_workloads, pipes=pipes
            )
            for half in (streaming, platform):
                self.errors += half.config_errors(rest) if half else ()
            if cloud and streaming and platform:
                self.errors += network.idle(called(CLOUDS[cloud], streaming, platform))
        if self.errors or not (stack and cloud and account and network and streaming and platform):
            self.fail()
        return Settings(
            name=stack.name or self.stack,
            cloud=CLOUDS[cloud],
            account=account,
            network=network,
            streaming=streaming,
            platform=platform,
            pipes=pipes,
            secrets=secrets,
            tags=stack.tags,
            protect=stack.protect,
        )

    def fail(self) -> NoReturn:
        raise SettingsError("\n".join(f"{self.source}: {error}" for error in self.errors))

    def namespaces(self, cloud: str | None) -> None:
        """Refuse namespaces that are misspelt, and mistakes in those of other clouds.

        A stack file may name the account on every cloud, so that its pipes move by another streaming service and platform alone.
        """
        known = {NAMESPACE, *(cloud.namespace for cloud in CLOUDS.values())}
        for name in sorted(self.config):
            namespace = name.partition(":")[0]
            if namespace not in known and difflib.get_close_matches(namespace, known, n=1, cutoff=0.7):
                self.wrong(name, text=f"unknown namespace {namespace!r}; {unknown(namespace, known)}")
            if namespace in UNREAD:
                text = "would have no effect, since a stack is made with the secrets that streaming.credentials names; remove it"
                self.wrong(name, text=text)
        for other, each in CLOUDS.items():
            if cloud and other != cloud and any(name.startswith(f"{each.namespace}:") for name in self.config):
                self.account(other, also=f"; or remove the keys of {other}, since the platform is on {cloud}")

    def shown_secrets(self) -> bool:
        """Refuse encrypted values where nothing keeps them encrypted; say whether there are any."""
        kept = f"{NAMESPACE}:secrets"
        shown = [name for name in sorted(self.secret_keys) if name != kept and not name.startswith(f"{kept}.")]
        known = {NAMESPACE, *(cloud.namespace for cloud in CLOUDS.values())}
        shown = [name for name in shown if name.partition(":")[0] in known]
        for name in shown:
            text = (
                "holds an encrypted value, which would be shown in clear: only those under secrets stay secret; set it "
                f"with {_set_secret('NAME')} and put NAME in its place, where a secret is named: in a consumer's secrets or files, or in "
                "streaming.credentials"
            )
            self.wrong(name.removeprefix(f"{NAMESPACE}:"), text=text)
        return bool(shown)

    def wrong(self, *path: str | int, text: str) -> None:
        self.errors.append(ConfigError(path=path, text=text))

    def section(self, model: type[ParsedT], value: object, *parents: str) -> ParsedT | None:
        parsed = parse(model, value)
        if isinstance(parsed, list):
            self.errors += [error.under(*parents) for error in parsed]
            return None
        return parsed

    def stack_section(self, own: Mapping[str, object]) -> StackSettings | None:
        """The values for the whole stack."""
        stack = self.section(StackSettings, {name: own[name] for name in ("name", "tags", "protect") if name in own})
        if stack and stack.name is None:
            try:
                NAME.check(self.stack)
            except ValueError as error:
                self.wrong("name", text=f"is by default the stack's name, and {error}; set it, and keep it for ever")
        return stack

    def account(self, cloud: str, also: str = "") -> AccountSettings | None:
        """The keys of the cloud's own namespace, such as aws:region; messages end with what else there is to do."""
        prefix = f"{CLOUDS[cloud].namespace}:"
        own = {name.removeprefix(prefix): value for name, value in self.config.items() if name.startswith(prefix)}
        parsed = parse(CLOUDS[cloud].base.account, own)
        if isinstance(parsed, list):
            for error in parsed:
                self.wrong(f"{prefix}{error.path[0]}", *error.path[1:], text=error.text + also)
            return None
        return parsed

    def names(self, account: type[AccountSettings], stack: StackSettings) -> None:
        """Refuse a name and tags that the cloud would not take, or that are the program's own."""
        try:
            account.stack_name.check(stack.name or self.stack)
        except ValueError as error:
            self.wrong("name", text=f"{error}; set another, and keep it for ever")
        if len(stack.tags) > account.most_tags:
            text = f"are {len(stack.tags)}, and some resources take no more than {account.most_tags} besides the program's own; remove some"
            self.wrong("tags", text=text)
        for name, value in stack.tags.items():
            try:
                account.tag_name.check(name)
                account.tag_value.check(value)
            except ValueError as error:
                self.wrong("tags", name, text=str(error))

    def service(self, value: object, half: str, known: Iterable[str], where: str) -> str | None:
        """The name of the service that a half of the stack asks for, where it is known."""
        listed = ", ".join(sorted(known))
        section = mapping(value)
        if section is None:
            self.wrong(half, text=f"must be a map with the key service; service is one of: {listed}")
            return None
        name = section.get("service")
        if isinstance(name, str) and name in known:
            return name
        fact = "is missing" if name is None else f"is not {where}: {json.dumps(name)}"
        self.wrong(half, "service", text=f"{fact}; {unknown(str(name), known)}")
        return None

    def platform(self, value: object) -> tuple[str | None, ServiceSettings | None]:
        """The cloud, which is the platform's, and the platform's settings."""
        clouds = {service: name for name, cloud in CLOUDS.items() for service in cloud.platforms}
        service = self.service(value, "platform", clouds, "a container platform")
        if service is None:
            return None, None
        cloud = clouds[service]
        return cloud, self.section(CLOUDS[cloud].platforms[service].settings, value, "platform")

    def streaming(self, value: object, cloud: str | None) -> tuple[ServiceSettings | None, type[PipeSettings] | None]:
        """The streaming service's settings, and the form of a pipe on it."""
        clouds = [CLOUDS[cloud]] if cloud else list(CLOUDS.values())
        known = {name: each.streaming for each in clouds for name in each.streaming}
        where = f"a streaming service on {cloud}, the cloud of the platform" if cloud else "a streaming service"
        name = (mapping(value) or {}).get("service")
        elsewhere = [other for other, each in CLOUDS.items() if name in each.streaming]
        if name not in known and elsewhere:
            there = " and ".join(elsewhere)
            text = f"{name} is a streaming service on {there}, and the platform is on {cloud}, which has {', '.join(sorted(known))}; choose one"
            self.wrong("streaming", "service", text=text)
            return None, None
        service = self.service(value, "streaming", known, where)
        if service is None:
            return None, None
        found = known[service][service]
        return self.section(found.settings, value, "streaming"), found.pipe

    def pair(self, cloud: Cloud, streaming: str, platform: str) -> None:
        """Refuse a streaming service on a platform that cannot read it."""
        refusals = cloud.streaming[streaming].refused_on
        if platform in refusals:
            able = " or ".join(name for name in cloud.platforms if name not in refusals)
            self.wrong(
                "streaming",
                "service",
                text=f"{streaming} cannot be read on {platform}: {refusals[platform]}; set platform.service to {able}",
            )

    def pipes(self, value: object, model: type[PipeSettings] | None) -> dict[str, PipeSettings]:
        """The pipes that can be read; where the streaming service is not known, only their names are checked."""
        section = mapping(value)
        if not section:
            self.wrong(
                "pipes",
                text="must be a map with at least one pipe, such as orders: {parallelism: 3, consumer: {image: ...}}",
            )
            return {}
        pipes: dict[str, PipeSettings] = {}
        for name, pipe in section.items():
            try:
                NAME.check(name)
            except ValueError as error:
                self.wrong("pipes", name, text=f"the name of a pipe {error}")
            if name.startswith(CLUSTER_NAMESPACES):
                self.wrong(
                    "pipes",
                    name,
                    text="the name of a pipe is its Kubernetes namespace too, and this one belongs to the cluster; choose another",
                )
            parsed = self.section(model, pipe, "pipes", name) if model else None
            if parsed:
                pipes[name] = parsed
        return pipes

    def secrets(self, value: object) -> dict[str, SecretStr]:
        """The stack's secrets; no message ever shows a value."""
        section = mapping(value)
        if section is None:
            self.wrong(
                "secrets", text="must be a map of names to encrypted values; set one with: " + _set_secret("NAME")
            )
            return {}
        secrets: dict[str, SecretStr] = {}
        for name, secret in section.items():
            if not {f"{NAMESPACE}:secrets", f"{NAMESPACE}:secrets.{name}"} & set(self.secret_keys):
                self.wrong(
                    "secrets",
                    name,
                    text=f"is not encrypted, so anyone who reads the file knows it; replace it with: {_set_secret(name)}",
                )
            elif not isinstance(secret, str):
                self.wrong("secrets", name, text=f"must be a text; set it again with: {_set_secret(name)}")
            else:
                secrets[name] = SecretStr(secret)
        return secrets


def _set_secret(name: str) -> str:
    return f"pulumi config set --secret --path '{NAMESPACE}:secrets.{name}'"


def _decoded(value: object) -> object:
    """A value as the stack file has it: Pulumi hands objects, lists, numbers and booleans to a program as JSON text."""
    if not isinstance(value, str):
        return value
    try:
        decoded = json.loads(value)
    except ValueError:
        return value
    return cast("object", decoded) if isinstance(decoded, dict | list | bool) else value
