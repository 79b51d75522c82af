"""Consumer settings: image, resources, environment, secrets, egress and batches."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, Field

from components.kubernetes.nodes.capacity import replica_resources
from components.load import MIB
from components.section import Cidr, ConfigError, Pattern, QuotedText, SettingsModel

PORT = 8080
"""Port of the probes and metrics of a consumer."""

USER = 65532
"""User and group id of containers: the non-root user of distroless images."""

BATCH_SHARE = 8
"""The values of a batch take at most one part in so many of a replica's memory. The client's queue and the handler need the rest."""

MOST_BATCH_BYTES = 999_999_999
"""Largest value of STREAM_BATCH_BYTES that the reference consumer accepts (consumer/variables.py)."""

RESERVED_ENVIRONMENT = (
    *("STREAM_", "KAFKA_BOOTSTRAP_", "KAFKA_GROUP_", "KAFKA_SECURITY_", "KAFKA_SASL_", "KAFKA_SSL_"),
    *("AWS_", "AZURE_", "CLOUDSDK_", "GOOGLE_", "PUBSUB_"),
)
"""Prefixes of environment variables that only a Connection or the platform sets."""

RESERVED_LABEL = "data-pipes/"
"""Prefix of node labels that only a platform sets."""


def _refuse_reserved_variable(name: str) -> str:
    if name.startswith(RESERVED_ENVIRONMENT):
        prefixes = ", ".join(RESERVED_ENVIRONMENT)
        raise ValueError(f"must not start with {prefixes} (the pipe sets these variables). Rename the variable.")
    return name


def _refuse_reserved_label(name: str) -> str:
    if name.startswith(RESERVED_LABEL):
        raise ValueError(
            f"must not start with {RESERVED_LABEL} (the platform sets these labels). Choose another label."
        )
    return name


def _refuse_keyword(command: tuple[str, ...]) -> tuple[str, ...]:
    if command[0] in ("CMD", "CMD-SHELL", "NONE"):
        raise ValueError(
            f"must start with the program, got {command[0]} (it is added for ECS). Start with the program, such as "
            '["/bin/sh", "-c", "..."].'
        )
    return command


EnvironmentName = Annotated[
    str,
    Pattern(r"[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable, such as LOG_LEVEL"),
    AfterValidator(_refuse_reserved_variable),
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
        "the name of a secret in data-pipes:secrets, not its value. A name is a letter followed by letters, digits, - or _",
        shown=False,
    ),
]
LabelName = Annotated[
    str,
    Pattern(r"([a-z0-9.-]+/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", "a Kubernetes label key"),
    AfterValidator(_refuse_reserved_label),
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
"""Container image. The registry and the name are optional: without them, the image is in the stack's own registry."""

GroupName = Annotated[
    str,
    Pattern(
        r"[A-Za-z0-9_][A-Za-z0-9._-]{0,254}",
        "1 to 255 letters, digits, dots, hyphens and underscores, starting with a letter, a digit or an underscore",
    ),
]
"""Name of a Kafka consumer group. The characters are those of Kafka's topic names, because rights name the group: in IAM policies and
ACLs, `*` would match every group. Event Hubs accepts at most 256 characters (Event Hubs, Quotas and limits, read 2026-11-30)."""


class EgressSettings(SettingsModel, frozen=True):
    """Destination outside the pipe that consumers connect to."""

    cidr: Cidr
    """IPv4 range of the destination, such as 10.20.0.0/16."""
    port: Annotated[int, Field(ge=1, le=65535)]
    """TCP port of the destination."""


class BatchSettings(SettingsModel, frozen=True):
    """Limits of the batches of a handler that defines handle_batch(records)."""

    records: Annotated[int, Field(ge=1, le=10_000)] = 500
    """Maximum records of a batch. A batch also ends when its values reach an eighth of the consumer's memory."""
    milliseconds: Annotated[int, Field(ge=1, le=10_000)] = 100
    """Maximum milliseconds that the first record of a batch waits for others. A stop waits as long."""


class ImageSettings(SettingsModel, frozen=True):
    """Image of a consumer as written in the stack file. The registry completes the reference."""

    image: Image = ":1.0.0"
    """Container image with a tag or digest, such as registry.example.com/orders:1.0.0. Only a tag, such as :1.0.0, means an image in
    the stack's own registry."""


class ContainerSettings(SettingsModel, frozen=True):
    """Settings of the container of one replica, except its image."""

    cpu: Annotated[QuotedText, Pattern(r"[1-9][0-9]*m?", "an amount of CPU such as 500m or 2")] = "500m"
    """CPU of each replica. 500m is half a vCPU."""
    memory: Annotated[str, Pattern(r"[1-9][0-9]*(Mi|Gi)", "an amount of memory such as 512Mi or 2Gi")] = "1Gi"
    """Memory of each replica, in MiB (Mi) or GiB (Gi). A replica that uses more is killed."""
    environment: Mapping[EnvironmentName, QuotedText] = {}
    """Plain environment variables of the consumer. Values are strings."""
    secrets: Mapping[EnvironmentName, SecretName] = {}
    """Secret environment variables. Each value is the name of a secret under data-pipes:secrets."""
    files: Mapping[FilePath, SecretName] = {}
    """Secret files: the path in the container, and the name of a secret under data-pipes:secrets."""
    egress: tuple[EgressSettings, ...] = ()
    """Destinations that the consumer connects to, in addition to its topic, DNS and HTTPS."""
    node_selector: Mapping[LabelName, LabelValue] = {}
    """Additional Kubernetes labels that a node must have to run a replica. Only labels that the cloud sets are possible, such as
    topology.kubernetes.io/zone."""
    health_command: (
        Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1), AfterValidator(_refuse_keyword)]
        | None
    ) = None
    """Command of the liveness check on ECS, with its arguments. ECS has no HTTP checks. By default, Python requests /live on
    port 8080."""
    grace_period_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
    """Seconds that a replica has to finish and commit after the stop signal."""
    batch: BatchSettings | None = None
    """Limits of batches. Set it only if the image's handler defines handle_batch(records). Without it, such a handler gets batches with
    the default limits and at most 16 MB."""

    @property
    def variables(self) -> Mapping[str, str]:
        """Return the plain environment variables that these settings give to the consumer."""
        batch = self.batch
        if batch is None:
            return self.environment
        return {
            **self.environment,
            "STREAM_BATCH_RECORDS": str(batch.records),
            "STREAM_BATCH_MILLISECONDS": str(batch.milliseconds),
            "STREAM_BATCH_BYTES": str(self._batch_bytes),
        }

    @property
    def _batch_bytes(self) -> int:
        """Return the maximum bytes of a batch."""
        return min(replica_resources(self.cpu, self.memory).memory * MIB // BATCH_SHARE, MOST_BATCH_BYTES)

    def config_errors(
        self, *, known: frozenset[str], reserved: frozenset[str], record_bytes: int | None = None
    ) -> Iterator[ConfigError]:
        """Yield conflicting keys, secrets that are not set or that consumers cannot use, and batches that are too large.

        `record_bytes` is the expected size of a record. None if the stack file expects none.
        """
        most = max(1, self._batch_bytes // record_bytes) if record_bytes else None
        if self.batch and most and self.batch.records > most:
            text = (
                f"must be at most {most} (records of {record_bytes} bytes, as expect.bytes says, in an eighth of the memory of {self.memory}), "
                f"got {self.batch.records}. Lower it, or raise memory."
            )
            yield ConfigError(path=("batch", "records"), text=text)
        for name in sorted(self.environment.keys() & self.secrets.keys()):
            yield ConfigError(
                path=("environment", name),
                text="must not be in both environment and secrets. Remove it from one of them.",
            )
        paths = sorted(self.files)
        for path in paths:
            if any(other.startswith(f"{path}/") for other in paths):
                yield ConfigError(
                    path=("files", path),
                    text="must not be the directory of another file. Rename one of the two files.",
                )
        for section, references in (("secrets", self.secrets), ("files", self.files)):
            for name, secret in references.items():
                if secret in reserved:
                    text = (
                        f"must not be {secret!r} (it holds the admin credentials of the streaming service). Remove it: the credentials of the "
                        "topic are injected automatically."
                    )
                    yield ConfigError(path=(section, name), text=text)
                elif secret not in known:
                    yield ConfigError(path=(section, name), text=no_secret(secret))


# The order of the bases puts the image first in docs/settings.md.
class ConsumerSettings(ContainerSettings, ImageSettings, frozen=True):
    """Settings of the consumer of a pipe."""

    group: GroupName | None = None
    """Kafka consumer group of the consumers. The default is the name of the pipe. Set it if a group's offsets were copied from another
    cluster (docs/migration.md). It can be changed only while paused is true. Services without consumer groups refuse it."""
    paused: bool = False
    """Whether no replica runs. All resources are created, with 0 replicas. If set to false again, as many replicas as partitions start.
    Records that are older than the topic's retention are deleted meanwhile."""


def no_secret(name: str) -> str:
    """Return the message for a secret that is named but has no value."""
    command = f"pulumi config set --secret --path 'data-pipes:secrets.{name}'"
    return (
        f"must be the name of a secret under data-pipes:secrets, got {name!r} (it has no value). Set it with: {command}"
    )


def file_key(path: PurePosixPath) -> str:
    """Return the key of a file in the Secret of a pipe. No other path and no variable has the same key."""
    return "file-" + str(path).strip("/").replace("_", "__").replace("/", "_.")
