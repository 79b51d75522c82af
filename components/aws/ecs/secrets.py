"""Secrets of a pipe on ECS: one Secrets Manager secret, which ECS reads when it starts the tasks."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from components.aws.encryption import RECOVERY_DAYS
from components.consumer import file_key
from components.contracts import Secret, Workload


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One value in a pipe's secret, with its JSON key."""

    key: str
    value: Secret


@dataclass(frozen=True, kw_only=True)
class ReaderSecrets:
    """Secret variables and files of one reader: the consumer's, which all readers share, and its connection's."""

    variables: Mapping[str, Entry]
    files: Mapping[PurePosixPath, Entry]


def reader_secrets(workload: Workload, reader: str) -> ReaderSecrets:
    """Return the secret variables and files of a reader."""
    consumer, connection = workload.consumer, workload.connections[reader]
    paths = {PurePosixPath(path): workload.secrets[secret] for path, secret in consumer.files.items()}
    return ReaderSecrets(
        variables={
            **{name: Entry(key=name, value=workload.secrets[secret]) for name, secret in consumer.secrets.items()},
            **{name: Entry(key=_key(reader, name), value=value) for name, value in connection.secrets.items()},
        },
        files={
            **{path: Entry(key=file_key(path), value=value) for path, value in paths.items()},
            **{path: Entry(key=_key(reader, file_key(path)), value=value) for path, value in connection.files.items()},
        },
    )


def secret_content(readers: Iterable[ReaderSecrets]) -> dict[str, Secret]:
    """Return every secret value of a pipe by its key."""
    entries = [entry for reader in readers for entry in (*reader.variables.values(), *reader.files.values())]
    return {entry.key: entry.value for entry in entries}


@dataclass(frozen=True, kw_only=True)
class EcsSecretArgs:
    """Arguments of EcsSecret."""

    pipe: str
    content: Mapping[str, Secret]
    key_arn: Output[str]
    """The KMS key that encrypts the secret."""
    protect: bool
    """Whether the secret has a recovery window after deletion."""


class EcsSecret(ComponentResource):
    """Secrets Manager secret with all secret values of a pipe as a JSON object, encrypted with the platform's key."""

    arn: Output[str]

    def __init__(self, name: str, args: EcsSecretArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:EcsSecret", name, None, opts)
        child = ResourceOptions(parent=self)
        secret = aws.secretsmanager.Secret(
            f"{name}-secret",
            description=f"Secret variables and files of the pipe {args.pipe}",
            kms_key_id=args.key_arn,
            recovery_window_in_days=RECOVERY_DAYS if args.protect else 0,
            tags={"Name": name},
            opts=child,
        )
        self.version = aws.secretsmanager.SecretVersion(
            f"{name}-secret",
            secret_id=secret.id,
            secret_string=Output.all(**args.content).apply(_as_json),
            opts=child,
        )
        self.arn = secret.arn
        self.register_outputs({"arn": self.arn})

    def reference(self, key: str) -> Output[str]:
        """Return the reference to one value for a task definition (ECS, Pass Secrets Manager secrets).

        The reference contains the version, so a changed value makes a new task definition and restarts the tasks.
        """
        return Output.concat(self.arn, ":", key, "::", self.version.version_id)


def read_secret(*, secret_arn: str, key_arn: str) -> list[Mapping[str, Any]]:
    """Return the statements for reading one secret with its key (Secrets Manager, Secret encryption and decryption)."""
    read = {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": secret_arn}
    decrypt = {
        "Effect": "Allow",
        "Action": ["kms:Decrypt"],
        "Resource": key_arn,
        "Condition": {"StringEquals": {"kms:EncryptionContext:SecretARN": secret_arn}},
    }
    return [read, decrypt]


def _key(reader: str, name: str) -> str:
    return f"{reader}-{name}" if reader else name


def _as_json(content: Mapping[str, str]) -> str:
    return json.dumps(content, sort_keys=True)
