"""Secrets of a pipe on ECS: one Secrets Manager secret, which ECS reads when it starts the tasks."""

import json
from collections.abc import Mapping
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


def secret_variables(workload: Workload, reader: str) -> dict[str, Entry]:
    """Return the secret variables of a reader: those of the consumer, shared by all readers, and those of its connection."""
    own = {name: Entry(key=name, value=workload.secrets[secret]) for name, secret in workload.consumer.secrets.items()}
    connection = workload.connections[reader].secrets
    return {**own, **{name: Entry(key=_key(reader, name), value=value) for name, value in connection.items()}}


def secret_files(workload: Workload, reader: str) -> dict[PurePosixPath, Entry]:
    """Return the secret files of a reader: those of the consumer, shared by all readers, and those of its connection."""
    paths = {PurePosixPath(path): workload.secrets[secret] for path, secret in workload.consumer.files.items()}
    own = {path: Entry(key=file_key(path), value=value) for path, value in paths.items()}
    connection = workload.connections[reader].files
    return {**own, **{path: Entry(key=_key(reader, file_key(path)), value=value) for path, value in connection.items()}}


def secret_content(workload: Workload) -> dict[str, Secret]:
    """Return all secret values of a pipe by their JSON keys."""
    entries = [
        entry
        for reader in workload.connections
        for entry in (*secret_variables(workload, reader).values(), *secret_files(workload, reader).values())
    ]
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
