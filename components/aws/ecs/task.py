"""The containers of a consumer's task on ECS, as one JSON text written out in full, so that what ECS stores is no difference.

Fargate mounts no secret as a file. A task with files has a volume for each of their directories and a first container, `files`,
which gets the contents from Secrets Manager as its environment, writes them to the volumes and ends; the consumer starts after
it, if it succeeded, and sees the volumes read-only. The contents are in the environment of a container that has ended, never in
that of the consumer, and no shell reads them as code.

A volume belongs to root with mode 0755 (ECS, Bind mounts), so the container writes as user 0; its group is the consumer's and
its files have mode 0440, so it owns what the consumer may read. Therefore it changes no owner, and has no capability at all.
"""

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from components.consumer import PORT, USER

FILES_IMAGE = "public.ecr.aws/docker/library/busybox:1.37.0"
"""What writes the files: the smallest image with a shell, from AWS's own public registry."""

ASK_LIVE = (
    "python3",
    "-c",
    f"import urllib.request; urllib.request.urlopen('http://127.0.0.1:{PORT}/live', timeout=2)",
)
"""Ends with an error unless the consumer says that it is alive."""

NO_CAPABILITIES = {"add": [], "drop": ["ALL"]}
"""None of the kernel's privileges, written as ECS gives it back."""


@dataclass(frozen=True, kw_only=True)
class ConsumerTask:
    """What the containers of a consumer's task are written from."""

    image: str
    health_command: Sequence[str] | None
    stop_seconds: int
    """The seconds between the request to stop and the end."""
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    """Secret variables, and where Secrets Manager keeps each."""
    files: Mapping[PurePosixPath, str]
    """Files, and where Secrets Manager keeps the content of each."""
    log_group: str
    log_prefix: str
    region: str


def volumes(paths: Iterable[PurePosixPath]) -> dict[PurePosixPath, str]:
    """The volume of each directory with files, by the directory; one inside another needs none of its own."""
    directories = {path.parent for path in paths}
    outer = sorted(each for each in directories if directories.isdisjoint(each.parents))
    return {directory: f"files-{index}" for index, directory in enumerate(outer)}


def container_definitions(task: ConsumerTask) -> str:
    """The consumer's container and, where it reads files, the one that writes them first."""
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
    """The script that writes each variable to its path: readable by the consumer's group, by nobody else, writable by no one."""
    commands = ["umask 027"]
    for variable, path in variables.items():
        directory, file = shlex.quote(str(path.parent)), shlex.quote(str(path))
        commands += [f"mkdir -p {directory}", f'printf %s "${variable}" > {file}', f"chmod 0440 {file}"]
    return " && ".join(commands)


def _container(task: ConsumerTask, name: str, *, secrets: Mapping[str, str], read_only: bool) -> dict[str, Any]:
    """What both containers have in common; the empty lists are what ECS would write in."""
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
    kept = [{"name": variable, "valueFrom": place} for variable, place in sorted(secrets.items())]
    return {**container, "secrets": kept} if kept else container
