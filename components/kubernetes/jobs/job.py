"""Job spec of the programs in topic/: a restricted pod, few retries, and the last log line as the termination message."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import pulumi_kubernetes as kubernetes
from pulumi import CustomTimeouts, Input, Output

from components.kubernetes.pods import (
    container_security,
    image_pull_policy,
    pod_security,
    secret_mounts,
    secret_volumes,
)

AGAIN = {"pulumi.com/replaceUnready": "true"}
"""Annotation: the next deployment replaces a failed Job (pulumi-kubernetes, Annotations)."""

RETRIES = 5
"""Retries of a failed Job. The permissions of a new identity take a while to apply."""

WRONG_ENVIRONMENT = 2
"""Exit status of a program with invalid environment variables (topic/topic.py). A retry cannot succeed."""

DEADLINE_SECONDS = 900
"""Time limit of all attempts, including scheduling and pulling the image."""

TIMEOUTS = CustomTimeouts(create=f"{DEADLINE_SECONDS + 300}s")
"""Pulumi waits longer than the Job's own time limit, because the Job reports why it failed."""

LIMITS = {"cpu": "100m", "memory": "256Mi"}
"""Resource limits of a program."""

REQUESTS = {"cpu": "10m", "memory": "128Mi"}
"""Resource requests of a program: small enough to fit on nodes that consumers fill."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program that runs to completion in one pod."""

    name: str
    """Name of the pod's container."""
    image: Output[str]
    """The image of the programs in topic/."""
    command: Sequence[str] | None = None
    """Command that replaces the image's own."""
    environment: Mapping[str, Input[str]]
    """Plain environment variables."""
    secret: Input[str] | None = None
    """Name of a Secret whose keys become environment variables too."""
    files: Collection[PurePosixPath] = ()
    """Paths of secret files."""
    file_secret: Output[str] | None = None
    """Name of the Secret with these files. None if there are none."""
    labels: Mapping[str, str]
    """Labels of the pod."""
    account: Output[str]
    """Name of the pod's service account."""
    token: bool = False
    """Whether the program needs that account's token for the Kubernetes API."""
    node_labels: Mapping[str, str]
    """Labels of the nodes that the pod may run on. Empty for any node."""


def job_spec(program: Program) -> kubernetes.batch.v1.JobSpecArgs:
    """Return the Job spec of a program. It retries failures, except invalid environment variables."""
    secret = kubernetes.core.v1.SecretEnvSourceArgs(name=program.secret) if program.secret is not None else None
    container = kubernetes.core.v1.ContainerArgs(
        name=program.name,
        image=program.image,
        image_pull_policy=program.image.apply(image_pull_policy),
        command=program.command,
        env=[
            kubernetes.core.v1.EnvVarArgs(name=variable, value=value)
            for variable, value in sorted(program.environment.items())
        ],
        env_from=[kubernetes.core.v1.EnvFromSourceArgs(secret_ref=secret)] if secret else None,
        resources=kubernetes.core.v1.ResourceRequirementsArgs(requests=REQUESTS, limits=LIMITS),
        security_context=container_security(),
        volume_mounts=secret_mounts(program.files) or None,
        termination_message_policy="FallbackToLogsOnError",
    )
    return kubernetes.batch.v1.JobSpecArgs(
        backoff_limit=RETRIES,
        pod_failure_policy=kubernetes.batch.v1.PodFailurePolicyArgs(
            rules=[
                kubernetes.batch.v1.PodFailurePolicyRuleArgs(
                    action="FailJob",
                    on_exit_codes=kubernetes.batch.v1.PodFailurePolicyOnExitCodesRequirementArgs(
                        container_name=program.name, operator="In", values=[WRONG_ENVIRONMENT]
                    ),
                )
            ]
        ),
        active_deadline_seconds=DEADLINE_SECONDS,
        template=kubernetes.core.v1.PodTemplateSpecArgs(
            metadata=kubernetes.meta.v1.ObjectMetaArgs(labels=program.labels),
            spec=kubernetes.core.v1.PodSpecArgs(
                service_account_name=program.account,
                automount_service_account_token=program.token,
                node_selector=dict(program.node_labels) or None,
                restart_policy="Never",
                security_context=pod_security(),
                containers=[container],
                volumes=secret_volumes(program.file_secret, program.files) or None,
            ),
        ),
    )
