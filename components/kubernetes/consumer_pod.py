"""Pod of a consumer: one container with its settings, secrets, resources and probes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import pulumi_kubernetes as kubernetes
from pulumi import Input, Output

from components.consumer import PORT
from components.contracts import Connection, Workload
from components.kubernetes.pods import (
    container_security,
    image_pull_policy,
    pod_security,
    secret_mounts,
    secret_volumes,
)

METRICS = "http"
"""Name of the port of the probes and metrics."""

TOKEN_VOLUME = "token"
TOKEN_DIRECTORY = PurePosixPath("/var/run/secrets/data-pipes")
TOKEN_SECONDS = 3600
"""Lifetime of a token. Kubernetes rotates it before it expires (Kubernetes, Projected Volumes)."""


@dataclass(frozen=True, kw_only=True)
class ConsumerPod:
    """Arguments of a consumer pod."""

    workload: Workload
    connection: Connection
    service_account: Input[str]
    settings: Input[str]
    """Name of the ConfigMap with the shared plain variables."""
    secret: Output[str] | None
    """Name of the Secret with all secret variables and files. None if there are no secrets."""
    secret_variables: Collection[str]
    """Names of the secret variables, which are their keys in the Secret."""
    secret_files: Collection[PurePosixPath]
    """Paths of the secret files."""
    labels: Mapping[str, str]
    """Labels of the pods of the pipe."""
    node_labels: Mapping[str, str]
    """Labels of the nodes for consumers."""


def token_variable(connection: Connection) -> dict[str, str]:
    """Return the variable with the path of the service-account token. Empty if consumers use no token."""
    return {"STREAM_TOKEN_FILE": str(TOKEN_DIRECTORY / "token")} if connection.token_audience else {}


def consumer_pod(args: ConsumerPod) -> kubernetes.core.v1.PodSpecArgs:
    """Return the spec of a pod. The scheduler spreads the pods of a pipe over the zones."""
    consumer = args.workload.consumer
    volumes = pod_volumes(args.connection, args.secret, args.secret_files)
    return kubernetes.core.v1.PodSpecArgs(
        service_account_name=args.service_account,
        automount_service_account_token=False,
        enable_service_links=False,
        node_selector={**args.node_labels, **consumer.node_selector} or None,
        termination_grace_period_seconds=consumer.grace_period_seconds,
        security_context=pod_security(),
        topology_spread_constraints=[
            kubernetes.core.v1.TopologySpreadConstraintArgs(
                max_skew=1,
                topology_key="topology.kubernetes.io/zone",
                when_unsatisfiable="ScheduleAnyway",
                label_selector=kubernetes.meta.v1.LabelSelectorArgs(match_labels=args.labels),
            )
        ],
        containers=[_container(args)],
        volumes=volumes or None,
    )


def _container(args: ConsumerPod) -> kubernetes.core.v1.ContainerArgs:
    consumer = args.workload.consumer
    resources = {"cpu": consumer.cpu, "memory": consumer.memory}
    return kubernetes.core.v1.ContainerArgs(
        name="consumer",
        image=args.workload.image,
        image_pull_policy=args.workload.image.apply(image_pull_policy),
        ports=[kubernetes.core.v1.ContainerPortArgs(name=METRICS, container_port=PORT, protocol="TCP")],
        env_from=[
            kubernetes.core.v1.EnvFromSourceArgs(
                config_map_ref=kubernetes.core.v1.ConfigMapEnvSourceArgs(name=args.settings)
            )
        ],
        env=[*secret_variables(args.secret, args.secret_variables), *_partition_variables(args.connection)],
        resources=kubernetes.core.v1.ResourceRequirementsArgs(requests=resources, limits=resources),
        startup_probe=_probe("live", period=5, failures=60),
        liveness_probe=_probe("live", period=10, failures=6),
        readiness_probe=_probe("ready", period=5, failures=3),
        security_context=container_security(),
        volume_mounts=[*secret_mounts(args.secret_files), *token_mounts(args.connection)],
    )


def _partition_variables(connection: Connection) -> list[kubernetes.core.v1.EnvVarArgs]:
    """Return STREAM_PARTITION, the pod index, and the variables that contain it."""
    own = connection.partition_settings
    if not own:
        return []
    index = kubernetes.core.v1.ObjectFieldSelectorArgs(field_path="metadata.labels['apps.kubernetes.io/pod-index']")
    number = kubernetes.core.v1.EnvVarArgs(
        name="STREAM_PARTITION", value_from=kubernetes.core.v1.EnvVarSourceArgs(field_ref=index)
    )
    return [number, *(kubernetes.core.v1.EnvVarArgs(name=name, value=value) for name, value in own.items())]


def secret_variables(secret: Input[str] | None, names: Collection[str]) -> list[kubernetes.core.v1.EnvVarArgs]:
    """Return the variables with these names. Their values are in a Secret, under the same names."""
    return [
        kubernetes.core.v1.EnvVarArgs(
            name=name,
            value_from=kubernetes.core.v1.EnvVarSourceArgs(
                secret_key_ref=kubernetes.core.v1.SecretKeySelectorArgs(name=secret, key=name)
            ),
        )
        for name in sorted(names)
    ]


def token_mounts(connection: Connection) -> list[kubernetes.core.v1.VolumeMountArgs]:
    """Return the mount of the token. Empty if the connection needs none."""
    if connection.token_audience is None:
        return []
    return [kubernetes.core.v1.VolumeMountArgs(name=TOKEN_VOLUME, mount_path=str(TOKEN_DIRECTORY), read_only=True)]


def pod_volumes(
    connection: Connection, secret: Output[str] | None, paths: Collection[PurePosixPath]
) -> list[kubernetes.core.v1.VolumeArgs]:
    """Return the volumes of a pod with these secret files, and with a token if its connection needs one."""
    audience = connection.token_audience
    return [*secret_volumes(secret, paths), *([_token_volume(audience)] if audience else [])]


def _token_volume(audience: str) -> kubernetes.core.v1.VolumeArgs:
    """Return the volume with the token of the pod's service account. Only the audience accepts it."""
    token = kubernetes.core.v1.ServiceAccountTokenProjectionArgs(
        audience=audience, expiration_seconds=TOKEN_SECONDS, path="token"
    )
    return kubernetes.core.v1.VolumeArgs(
        name=TOKEN_VOLUME,
        projected=kubernetes.core.v1.ProjectedVolumeSourceArgs(
            default_mode=0o440,
            sources=[kubernetes.core.v1.VolumeProjectionArgs(service_account_token=token)],
        ),
    )


def _probe(path: str, *, period: int, failures: int) -> kubernetes.core.v1.ProbeArgs:
    return kubernetes.core.v1.ProbeArgs(
        http_get=kubernetes.core.v1.HTTPGetActionArgs(path=f"/{path}", port=PORT),
        period_seconds=period,
        timeout_seconds=2,
        failure_threshold=failures,
    )
