"""What the Jobs that run a program of the image in topic/ have in common: a locked-down pod, few tries, and a plain last line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi_kubernetes as kubernetes
from pulumi import CustomTimeouts, Input, Output

from components.kubernetes.pods import container_security, image_pull_policy, pod_security

AGAIN = {"pulumi.com/replaceUnready": "true"}
"""Lets the next deployment run a new Job in place of one that failed (pulumi-kubernetes, Annotations)."""

RETRIES = 5
"""How often a job that failed is tried again; a new identity takes a while until it may do what it may."""

WRONG_ENVIRONMENT = 2
"""The exit status of a program whose environment is wrong (topic/topic.py): no new try can mend that."""

DEADLINE_SECONDS = 900
"""How long all tries together may take, with a node that is still to be found and an image to be pulled."""

TIMEOUTS = CustomTimeouts(create=f"{DEADLINE_SECONDS + 300}s")
"""How long Pulumi waits for a Job: longer than the Job itself, which says why it failed."""

ROOM = {"cpu": "100m", "memory": "256Mi"}
"""What a program may take."""

REQUESTS = {"cpu": "10m", "memory": "128Mi"}
"""What it is promised: so little that it finds a place among consumers that fill their nodes."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program that runs to its end in one pod."""

    name: str
    """The name of the pod's container."""
    image: Output[str]
    """The image of the programs in topic/."""
    command: Sequence[str] | None = None
    """What to run in place of the image's own program."""
    environment: Mapping[str, Input[str]]
    """The plain variables of the program."""
    secret: Input[str] | None = None
    """The name of the Secret whose keys are variables too."""
    labels: Mapping[str, str]
    """The labels of the pod."""
    account: Output[str]
    """The service account that the pod runs under."""
    token: bool = False
    """Whether the program calls the Kubernetes API as that account."""
    node_labels: Mapping[str, str]
    """The labels of the nodes that it may run on; empty for any."""


def job_spec(program: Program) -> kubernetes.batch.v1.JobSpecArgs:
    """Describe the Job of a program: it is tried a few times, and never again once its environment is known to be wrong."""
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
        resources=kubernetes.core.v1.ResourceRequirementsArgs(requests=REQUESTS, limits=ROOM),
        security_context=container_security(),
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
            ),
        ),
    )
