"""What a stack file says of a consumer: the program that reads a pipe, and the room that one replica of it needs."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, Field

from components.section import Cidr, ConfigError, Pattern, QuotedText, SettingsModel

PORT = 8080
"""Where a consumer answers probes and shows its metrics."""

USER = 65532
"""The user and group that containers run as: nobody in particular, as in distroless images."""

RESERVED_ENVIRONMENT = (
    *("STREAM_", "KAFKA_BOOTSTRAP_", "KAFKA_GROUP_", "KAFKA_SECURITY_", "KAFKA_SASL_", "KAFKA_SSL_"),
    *("AWS_", "AZURE_", "CLOUDSDK_", "GOOGLE_", "PUBSUB_"),
)
"""How the names of the variables begin that only a Connection or the platform sets."""

RESERVED_LABEL = "data-pipes/"
"""How the node labels begin that only a platform sets."""


def _free_variable(name: str) -> str:
    if name.startswith(RESERVED_ENVIRONMENT):
        begins = ", ".join(RESERVED_ENVIRONMENT)
        raise ValueError(f"is set by the pipe itself; choose a name that does not begin with {begins}")
    return name


def _free_label(name: str) -> str:
    if name.startswith(RESERVED_LABEL):
        raise ValueError(f"is set by the pipe itself; choose a label that does not begin with {RESERVED_LABEL}")
    return name


def _without_keyword(command: tuple[str, ...]) -> tuple[str, ...]:
    if command[0] in ("CMD", "CMD-SHELL", "NONE"):
        raise ValueError(
            f"must be the command itself, not {command[0]}, which ECS is told besides; begin with the program, such as "
            '["/bin/sh", "-c", "..."]'
        )
    return command


EnvironmentName = Annotated[
    str,
    Pattern(r"[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable, such as LOG_LEVEL"),
    AfterValidator(_free_variable),
]
FilePath = Annotated[
    str,
    Pattern(
        r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._-]+)+", "an absolute path without . or .. in it, such as /etc/consumer/token"
    ),
]
SecretName = Annotated[
    str,
    Pattern(
        r"[A-Za-z][A-Za-z0-9_-]{0,62}",
        "the name of a secret (never its value): a letter, then letters, digits, - or _",
        shown=False,
    ),
]
LabelName = Annotated[
    str,
    Pattern(r"([a-z0-9.-]+/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", "a Kubernetes label key"),
    AfterValidator(_free_label),
]
LabelValue = Annotated[
    QuotedText, Pattern(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?", "the value of a Kubernetes label")
]

Image = Annotated[
    str,
    Pattern(
        r"([a-z0-9][a-zA-Z0-9.:_/-]*)?(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|@sha256:[0-9a-f]{64})",
        "a container image with a tag or, better, a digest, such as registry.example.com/orders:1.0.0",
    ),
]
"""An image, of which the registry and the name may be left out."""


class EgressSettings(SettingsModel, frozen=True):
    """A place outside the pipe that consumers call."""

    cidr: Cidr
    """The IPv4 range to be reached, such as 10.20.0.0/16."""
    port: Annotated[int, Field(ge=1, le=65535)]
    """The TCP port to be reached."""


class ImageSettings(SettingsModel, frozen=True):
    """The image of a consumer, as the stack file names it: only a registry knows the full reference."""

    image: Image = ":1.0.0"
    """The container image with a tag or digest: registry.example.com/orders:1.0.0, or :1.0.0 alone for one in the stack's own
    registry."""


class ContainerSettings(SettingsModel, frozen=True):
    """What the container of one replica is given besides its image."""

    cpu: Annotated[QuotedText, Pattern(r"[1-9][0-9]*m?", "an amount of CPU such as 500m or 2")] = "500m"
    """The CPU that each replica is given: 500m is half a vCPU."""
    memory: Annotated[str, Pattern(r"[1-9][0-9]*(Mi|Gi)", "an amount of memory such as 512Mi or 2Gi")] = "1Gi"
    """The memory that each replica is given, in MiB (Mi) or GiB (Gi); a replica that takes more is ended."""
    environment: Mapping[EnvironmentName, QuotedText] = {}
    """Plain environment variables for the program, each with a text as value."""
    secrets: Mapping[EnvironmentName, SecretName] = {}
    """Environment variables and, for each, the name of the Pulumi secret under data-pipes:secrets that it holds."""
    files: Mapping[FilePath, SecretName] = {}
    """Paths in the container and, for each, the name of the Pulumi secret under data-pipes:secrets that it holds."""
    egress: tuple[EgressSettings, ...] = ()
    """The places that the program calls besides its topic, DNS and HTTPS."""
    node_selector: Mapping[LabelName, LabelValue] = {}
    """More Kubernetes labels that a node must have to run a replica, among those that its cloud gives it, such as
    topology.kubernetes.io/zone."""
    health_command: (
        Annotated[
            tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1), AfterValidator(_without_keyword)
        ]
        | None
    ) = None
    """The command and its arguments by which a container says on ECS, which cannot ask over HTTP, whether it is alive; by
    default Python asks /live on port 8080."""
    grace_period_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
    """The seconds that a replica has to finish and commit after it was asked to stop."""

    def config_errors(self, *, known: frozenset[str], kept: frozenset[str]) -> Iterator[ConfigError]:
        """Yield what is wrong across the keys: two values for one name, and secrets that nobody has set or that are kept from consumers."""
        for name in sorted(self.environment.keys() & self.secrets.keys()):
            yield ConfigError(path=("environment", name), text="is also in secrets; keep it in one of the two")
        paths = sorted(self.files)
        for path in paths:
            if any(other.startswith(f"{path}/") for other in paths):
                yield ConfigError(
                    path=("files", path),
                    text="is also a directory of another file; a path is one of the two, rename one",
                )
        for section, references in (("secrets", self.secrets), ("files", self.files)):
            for name, secret in references.items():
                if secret in kept:
                    text = (
                        f"names the secret {secret!r}, which the whole streaming service is administered with; give the consumer one "
                        "of its own, and know that it gets what its topic needs without being told"
                    )
                    yield ConfigError(path=(section, name), text=text)
                elif secret not in known:
                    yield ConfigError(path=(section, name), text=no_secret(secret))


# The order of the bases puts the image first in docs/settings.md.
class ConsumerSettings(ContainerSettings, ImageSettings, frozen=True):
    """The program that reads a pipe, and the room that one replica of it needs."""


def no_secret(name: str) -> str:
    """What a message says of a secret that is named and not there."""
    command = f"pulumi config set --secret --path 'data-pipes:secrets.{name}'"
    return f"names the secret {name!r}, which has no value; set it with: {command}"


def file_key(path: PurePosixPath) -> str:
    """The key of the file at a path where all secrets of a pipe are kept: never that of another path or of a variable."""
    return "file-" + str(path).strip("/").replace("_", "__").replace("/", "_.")
