"""Job that replays the dead letters of a pipe: a suspended CronJob, from which an operator creates Jobs."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_kubernetes as kubernetes
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.consumer import file_key
from components.contracts import Connection
from components.kubernetes.consumer_pod import (
    pod_volumes,
    secret_variables,
    token_mounts,
    token_variable,
)
from components.kubernetes.pod_identity import PodIdentity
from components.kubernetes.pods import container_security, image_pull_policy, labels, pod_security, secret_mounts
from components.redrive import ARGUMENTS, COMMAND

SCHEDULE = "0 0 1 1 *"
"""Required, but without effect: the CronJob is always suspended (Kubernetes, CronJob, schedule suspension)."""

KEPT_SECONDS = 86_400
"""Seconds for which an ended Job and its log are kept."""

LIMITS = {"cpu": "500m", "memory": "512Mi"}
REQUESTS = {"cpu": "10m", "memory": "128Mi"}
"""Resource requests: small enough to fit on nodes that consumers fill."""


@dataclass(frozen=True, kw_only=True)
class KubernetesRedriveArgs:
    """Arguments of KubernetesRedrive."""

    pipe: str
    namespace: Input[str]
    """Namespace of the consumers. Its network policy applies to the job too."""
    image: Output[str]
    """Image of the consumers."""
    connection: Connection
    service_account: str
    """Name of the job's service account."""
    identity: PodIdentity
    """Cloud identity of that account."""
    node_labels: Mapping[str, str]
    """Labels of the nodes for consumers."""


class KubernetesRedrive(ComponentResource):
    """Suspended CronJob with a service account of its own. A deployment never starts it. A failed Job is not tried again."""

    def __init__(self, name: str, args: KubernetesRedriveArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:kubernetes:Redrive", name, None, opts)
        self.args = args
        self.labels = labels(f"{args.pipe}-redrive")
        child = ResourceOptions(parent=self)
        connection = args.connection
        account = kubernetes.core.v1.ServiceAccount(
            f"{name}-account",
            metadata=self._metadata(args.service_account, args.identity.annotations),
            automount_service_account_token=False,
            opts=child,
        )
        settings = kubernetes.core.v1.ConfigMap(
            f"{name}-settings",
            metadata=self._metadata(),
            data={**connection.settings, **token_variable(connection)},
            opts=child,
        )
        content = {**connection.secrets, **{file_key(path): value for path, value in connection.files.items()}}
        secret = (
            kubernetes.core.v1.Secret(
                f"{name}-secret", metadata=self._metadata(), type="Opaque", string_data=content, opts=child
            )
            if content
            else None
        )
        pod = self._pod(account.metadata.name, settings.metadata.name, secret.metadata.name if secret else None)
        job = kubernetes.batch.v1.CronJob(
            f"{name}-job",
            metadata=self._metadata(f"{args.pipe}-redrive"),
            spec=kubernetes.batch.v1.CronJobSpecArgs(
                schedule=SCHEDULE,
                suspend=True,
                concurrency_policy="Forbid",
                job_template=kubernetes.batch.v1.JobTemplateSpecArgs(
                    metadata=kubernetes.meta.v1.ObjectMetaArgs(labels=self.labels),
                    spec=kubernetes.batch.v1.JobSpecArgs(
                        backoff_limit=0, ttl_seconds_after_finished=KEPT_SECONDS, template=pod
                    ),
                ),
            ),
            opts=ResourceOptions(parent=self, depends_on=list(args.identity.ready)),
        )
        self.register_outputs({"job": job.metadata.name})

    def _pod(
        self, account: Output[str], settings: Output[str], secret: Output[str] | None
    ) -> kubernetes.core.v1.PodTemplateSpecArgs:
        args, connection = self.args, self.args.connection
        container = kubernetes.core.v1.ContainerArgs(
            name="redrive",
            image=args.image,
            image_pull_policy=args.image.apply(image_pull_policy),
            command=list(COMMAND),
            args=list(ARGUMENTS),
            env_from=[
                kubernetes.core.v1.EnvFromSourceArgs(
                    config_map_ref=kubernetes.core.v1.ConfigMapEnvSourceArgs(name=settings)
                )
            ],
            env=secret_variables(secret, connection.secrets.keys()) or None,
            resources=kubernetes.core.v1.ResourceRequirementsArgs(requests=REQUESTS, limits=LIMITS),
            security_context=container_security(),
            volume_mounts=[*secret_mounts(connection.files.keys()), *token_mounts(connection)] or None,
        )
        return kubernetes.core.v1.PodTemplateSpecArgs(
            metadata=kubernetes.meta.v1.ObjectMetaArgs(labels={**self.labels, **args.identity.labels}),
            spec=kubernetes.core.v1.PodSpecArgs(
                service_account_name=account,
                automount_service_account_token=False,
                enable_service_links=False,
                restart_policy="Never",
                node_selector=dict(args.node_labels) or None,
                security_context=pod_security(),
                containers=[container],
                volumes=pod_volumes(connection, secret, connection.files.keys()) or None,
            ),
        )

    def _metadata(
        self, name: str | None = None, annotations: Mapping[str, Input[str]] | None = None
    ) -> kubernetes.meta.v1.ObjectMetaArgs:
        return kubernetes.meta.v1.ObjectMetaArgs(
            name=name, namespace=self.args.namespace, labels=self.labels, annotations=annotations or None
        )
