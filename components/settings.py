"""The settings of a stack: read once, checked as a whole, before anything is registered."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, NoReturn, TypeVar, cast

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, get_config_secret_keys_env, is_config_secret
from pydantic import SecretStr

from components.catalog import CLOUDS, Cloud
from components.contracts import AccountSettings, NetworkSettings, PipeSettings, ServiceSettings
from components.section import Form, Mistake, Section, mapping, parse, unknown

NAMESPACE = "data-pipes"
KEYS = ("name", "network", "streaming", "platform", "pipes", "secrets", "tags", "protect")
NAME = Form(r"[a-z][a-z0-9-]{0,22}[a-z0-9]", "2 to 24 lower-case letters, digits and hyphens, beginning with a letter")
"""IAM role names end at 64 characters (IAM, quotas): 24 for the stack, 24 for the pipe, the rest for what Pulumi adds."""
CLUSTER_NAMESPACES = ("default", "kube-")
"""Each pipe has a Kubernetes namespace of its own name; these belong to the cluster (Kubernetes, Namespaces)."""

ParsedT = TypeVar("ParsedT", bound=Section)


class SettingsError(pulumi.RunError):
    """A stack file with mistakes: one line for each, with file, key, reason and way out."""


class StackSection(Section, frozen=True):
    """The keys that hold one value for the whole stack."""

    name: Annotated[str, NAME]
    """How the names of everything in the stack begin; kept when the stack itself is renamed, since new names replace resources."""
    tags: Mapping[str, str] = {}
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

    @classmethod
    def from_config(cls) -> "Settings":
        """Read the running stack's configuration; raise SettingsError, which Pulumi prints without a traceback."""
        config = {**get_config_env(), **CONFIG.get()}
        secret_keys = {name for name in config if is_config_secret(name)} | set(get_config_secret_keys_env())
        stack = pulumi.get_stack()
        return load(config, source=f"stacks/Pulumi.{stack}.yaml", stack=stack, secret_keys=secret_keys)


def load(config: Mapping[str, object], *, source: str, stack: str, secret_keys: Collection[str]) -> Settings:
    """Check a stack's configuration and return it typed.

    `config` maps full keys (`data-pipes:pipes`) to values as Pulumi hands them to a program: objects as JSON text.
    `secret_keys` are the full keys whose value is kept encrypted; `source` is the file as messages name it.
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
        self.mistakes: list[Mistake] = []

    def read(self) -> Settings:
        own = {name.split(":", 1)[1]: value for name, value in self.config.items() if name.startswith(f"{NAMESPACE}:")}
        for name in own.keys() - set(KEYS):
            self.wrong(name, text=f"unknown key; {unknown(name, KEYS)}")
        stack = self.section(
            StackSection,
            {"name": self.stack, **{name: own[name] for name in ("name", "tags", "protect") if name in own}},
        )
        secrets = self.secrets(own.get("secrets", {}))

        cloud_name, platform = self.platform(own.get("platform"))
        if cloud_name is None:
            self.fail()
        cloud = CLOUDS[cloud_name]
        account = self.account(cloud.account, f"{cloud_name}:")
        network = self.section(cloud.network_settings, own.get("network", {}), "network")
        service = self.service(own.get("streaming"), "streaming", cloud.streaming, cloud_name)
        streaming = self.section(cloud.streaming[service].settings, own["streaming"], "streaming") if service else None
        pipes = self.pipes(own.get("pipes"), cloud.streaming[service].pipe) if service else {}

        for name, pipe in pipes.items():
            self.mistakes += [
                mistake.under("pipes", name, "consumer") for mistake in pipe.consumer.mistakes(frozenset(secrets))
            ]
        for half in (streaming, platform):
            if half and network:
                self.mistakes += half.mistakes(network, pipes)
        if self.mistakes or not (stack and account and network and streaming and platform):
            self.fail()
        return Settings(
            name=stack.name,
            cloud=cloud,
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
        raise SettingsError("\n".join(f"{self.source}: {mistake}" for mistake in self.mistakes))

    def wrong(self, *path: str | int, text: str) -> None:
        self.mistakes.append(Mistake(path=path, text=text))

    def section(self, model: type[ParsedT], value: object, *parents: str) -> ParsedT | None:
        parsed = parse(model, value)
        if isinstance(parsed, list):
            self.mistakes += [mistake.under(*parents) for mistake in parsed]
            return None
        return parsed

    def account(self, model: type[AccountSettings], prefix: str) -> AccountSettings | None:
        """The keys of the cloud's own namespace, such as aws:region."""
        parsed = parse(
            model, {name.removeprefix(prefix): value for name, value in self.config.items() if name.startswith(prefix)}
        )
        if isinstance(parsed, list):
            self.mistakes += [
                Mistake(path=(f"{prefix}{mistake.path[0]}", *mistake.path[1:]), text=mistake.text) for mistake in parsed
            ]
            return None
        return parsed

    def service(self, value: object, half: str, known: Mapping[str, object], cloud: str | None = None) -> str | None:
        """The name of the service that a half of the stack asks for, where it is known."""
        section = mapping(value)
        if section is None:
            self.wrong(half, text=f"must be a map with the key service; service is one of: {', '.join(sorted(known))}")
            return None
        name = section.get("service")
        if isinstance(name, str) and name in known:
            return name
        where = f" on {cloud}, the cloud of the platform" if cloud else ""
        self.wrong(
            half, "service", text=f"is missing or not known{where}: {json.dumps(name)}; {unknown(str(name), known)}"
        )
        return None

    def platform(self, value: object) -> tuple[str | None, ServiceSettings | None]:
        """The cloud, which is the platform's, and the platform's settings."""
        clouds = {service: name for name, cloud in CLOUDS.items() for service in cloud.platforms}
        service = self.service(value, "platform", clouds)
        if service is None:
            return None, None
        cloud = clouds[service]
        return cloud, self.section(CLOUDS[cloud].platforms[service].settings, value, "platform")

    def pipes(self, value: object, model: type[PipeSettings]) -> dict[str, PipeSettings]:
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
            parsed = self.section(model, pipe, "pipes", name)
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
            if f"{NAMESPACE}:secrets" not in self.secret_keys:
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
