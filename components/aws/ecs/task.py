"""Container definitions of a consumer's ECS task, as JSON with all defaults, so that ECS stores it unchanged and reports no diff.

Fargate cannot mount a secret as a file. A task with files has a volume for each of their directories and an init container, `files`.
This container gets the contents from Secrets Manager as environment variables, writes them to the volumes and exits. The consumer
starts only if it succeeded, and mounts the volumes read-only. The contents are never in the consumer's environment, and no shell
interprets them as code.

A volume belongs to root with mode 0755 (ECS, Bind mounts), so the init container runs as user 0. Its group is the consumer's group,
and the files have mode 0440. So the consumer can read them, and the init container needs no chown and no capabilities.
"""

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from components.consumer import PORT, USER
from components.redrive import ARGUMENTS, COMMAND

FILES_IMAGE = "public.ecr.aws/docker/library/busybox:1.37.0"
"""Image of the init container: the smallest image with a shell, from the public registry of AWS."""

ASK_LIVE = (
    "python3",
    "-c",
    f"import urllib.request; urllib.request.urlopen('http://127.0.0.1:{PORT}/live', timeout=2)",
)
"""Default health check. It fails unless the consumer's /live endpoint returns success."""

NO_CAPABILITIES = {"add": [], "drop": ["ALL"]}
"""No Linux capabilities, in the format that ECS returns."""


@dataclass(frozen=True, kw_only=True)
class ConsumerTask:
    """Values for the container definitions of a consumer's task."""

    image: str
    health_command: Sequence[str] | None
    stop_seconds: int
    """Seconds between the stop signal and the kill signal."""
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    """Secret variables with their Secrets Manager references."""
    files: Mapping[PurePosixPath, str]
    """Files with their Secrets Manager references."""
    log_group: str
    log_prefix: str
    region: str


def volumes(paths: Iterable[PurePosixPath]) -> dict[PurePosixPath, str]:
    """Return the volume name for each directory with files. A nested directory uses the volume of the outer one."""
    directories = {path.parent for path in paths}
    outer = sorted(each for each in directories if directories.isdisjoint(each.parents))
    return {directory: f"files-{index}" for index, directory in enumerate(outer)}


def container_definitions(task: ConsumerTask) -> str:
    """Return the JSON of the consumer's container and, if it has files, the init container."""
    files = [_files(task)] if task.files else []
    return json.dumps([_consumer(task), *files], sort_keys=True)


def _consumer(task: ConsumerTask) -> dict[str, Any]:
    consumer = {
        **_container(task, "consumer", secrets=task.secrets, read_only=True),
        "image": task.image,
        "essential": True,
        "user": f"{USER}:{USER}",
        "environment": [{"name": name, "value": value} for name, value in sorted(task.environment.items())],
        "portMappings": [{"containerPort": PORT, "hostPort": PORT, "protocol": "tcp"}],
        "linuxParameters": {"initProcessEnabled": True, "capabilities": NO_CAPABILITIES},
        "stopTimeout": task.stop_seconds,
        "healthCheck": {
            "command": ["CMD", *(task.health_command or ASK_LIVE)],
            "interval": 10,
            "timeout": 5,
            "retries": 6,
            "startPeriod": 300,
        },
    }
    after_files = {"dependsOn": [{"containerName": "files", "condition": "SUCCESS"}]}
    return {**consumer, **after_files} if task.files else consumer


def redrive_definitions(task: ConsumerTask) -> str:
    """Return the JSON of the container that replays dead letters. It has no files: services with files are not read on ECS."""
    container = {
        **_container(task, "redrive", secrets=task.secrets, read_only=True),
        "image": task.image,
        "essential": True,
        "user": f"{USER}:{USER}",
        "entryPoint": list(COMMAND),
        "command": list(ARGUMENTS),
        "environment": [{"name": name, "value": value} for name, value in sorted(task.environment.items())],
        "portMappings": [],
        "linuxParameters": {"initProcessEnabled": True, "capabilities": NO_CAPABILITIES},
        "stopTimeout": task.stop_seconds,
    }
    return json.dumps([container], sort_keys=True)


def _files(task: ConsumerTask) -> dict[str, Any]:
    variables = {f"FILE_{index}": path for index, path in enumerate(sorted(task.files))}
    secrets = {variable: task.files[path] for variable, path in variables.items()}
    return {
        **_container(task, "files", secrets=secrets, read_only=False),
        "image": FILES_IMAGE,
        "essential": False,
        "user": f"0:{USER}",
        "command": ["sh", "-c", _write(variables)],
        "environment": [],
        "portMappings": [],
        "linuxParameters": {"capabilities": NO_CAPABILITIES},
    }


def _write(variables: Mapping[str, PurePosixPath]) -> str:
    """Return the script that writes each variable to its path. The files are read-only, and only user and group can read them."""
    commands = ["umask 027"]
    for variable, path in variables.items():
        directory, file = shlex.quote(str(path.parent)), shlex.quote(str(path))
        commands += [f"mkdir -p {directory}", f'printf %s "${variable}" > {file}', f"chmod 0440 {file}"]
    return " && ".join(commands)


def _container(task: ConsumerTask, name: str, *, secrets: Mapping[str, str], read_only: bool) -> dict[str, Any]:
    """Return the common part of both containers. The empty lists are defaults that ECS would add."""
    container = {
        "name": name,
        "cpu": 0,
        "mountPoints": [
            {"sourceVolume": volume, "containerPath": str(directory), "readOnly": read_only}
            for directory, volume in volumes(task.files).items()
        ],
        "volumesFrom": [],
        "systemControls": [],
        "privileged": False,
        "readonlyRootFilesystem": True,
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": task.log_group,
                "awslogs-region": task.region,
                "awslogs-stream-prefix": task.log_prefix,
                "mode": "non-blocking",
                "max-buffer-size": "25m",
            },
        },
    }
    references = [{"name": variable, "valueFrom": reference} for variable, reference in sorted(secrets.items())]
    return {**container, "secrets": references} if references else container
