"""The consumers of a pipe on Kubernetes, with all that they need: the same on EKS, AKS and GKE."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import pulumi_kubernetes as kubernetes
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.consumer import PORT, file_key
from components.contracts import Connection, Destination, Secret, Workload
from components.kubernetes.pod_identity import PodIdentity
from components.kubernetes.pods import (
    HTTPS,
    container_security,
    image_pull_policy,
    labels,
    pod_security,
    restricted,
    ways_out,
)

NODE_LABEL = {"data-pipes/consumers": "true"}
"""The label of nodes that are made for consumers."""

SECRET_VOLUME = "secret-files"

TOKEN_VOLUME = "token"
TOKEN_DIRECTORY = PurePosixPath("/var/run/secrets/data-pipes")
TOKEN_SECONDS = 3600
"""How long a token of the pods is good for; Kubernetes writes the next one before that (Kubernetes, Projected Volumes)."""


@dataclass(frozen=True, kw_only=True)
class ConsumersArgs:
    """What the consumers of a pipe are built from."""

    workload: Workload
    connection: Connection
    service_account: str
    """The name of the Kubernetes service account; the platform binds a cloud identity to it."""
    identity: PodIdentity
    """The cloud identity of that service account."""
    before_pods: Callable[[str, Output[str], ResourceOptions], Sequence[Resource]]
    """Makes what the cluster must know of the namespace of that name before pods start in it."""
    node_labels: Mapping[str, str]
    """The labels of the nodes that consumers run on."""


class Consumers(ComponentResource):
    """A namespace that admits restricted pods only, and in it as many consumers as the topic has partitions.

    Consumers that are alike are a Deployment, whose rollout starts no pod before another has gone; where each partition has its only
    reader, they are a StatefulSet, which replaces one pod after the other and numbers them as the partitions are.
    """

    namespace: Output[str]
    replicas: Output[int]

    def __init__(self, name: str, args: ConsumersArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:kubernetes:Consumers", name, None, opts)
        self.name = name
        self.args = args
        self.child = ResourceOptions(parent=self)
        workload = args.workload
        self.labels = labels(workload.name)

        namespace = kubernetes.core.v1.Namespace(
            f"{name}-namespace",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(
                name=workload.name,
                labels=restricted(self.labels),
            ),
            opts=self.child,
        )
        self.namespace = namespace.metadata.name
        account = kubernetes.core.v1.ServiceAccount(
            f"{name}-account",
            metadata=self._metadata(args.service_account, args.identity.annotations),
            automount_service_account_token=False,
            opts=self.child,
        )
        settings = kubernetes.core.v1.ConfigMap(
            f"{name}-settings",
            metadata=self._metadata(),
            data={**workload.consumer.environment, **args.connection.settings, **self._token_variable()},
            opts=self.child,
        )
        secret = self._secret()
        self._network_policy()
        kubernetes.policy.v1.PodDisruptionBudget(
            f"{name}-budget",
            metadata=self._metadata(workload.name),
            spec=kubernetes.policy.v1.PodDisruptionBudgetSpecArgs(max_unavailable=1, selector=self._selector()),
            opts=self.child,
        )
        template = kubernetes.core.v1.PodTemplateSpecArgs(
            metadata=kubernetes.meta.v1.ObjectMetaArgs(labels={**self.labels, **args.identity.labels}),
            spec=self._pod(account.metadata.name, settings.metadata.name, secret),
        )
        ready = [*args.identity.ready, *args.before_pods(name, self.namespace, self.child)]
        after = ResourceOptions(parent=self, depends_on=ready)
        self.replicas = (
            self._numbered(template, after) if args.connection.partition_settings else self._alike(template, after)
        )
        self.register_outputs({"namespace": self.namespace, "replicas": self.replicas})

    def _alike(self, template: kubernetes.core.v1.PodTemplateSpecArgs, opts: ResourceOptions) -> Output[int]:
        """Pods of which any may read any partition; the service shares the partitions out among them."""
        deployment = kubernetes.apps.v1.Deployment(
            f"{self.name}-deployment",
            metadata=self._metadata(self.args.workload.name),
            spec=kubernetes.apps.v1.DeploymentSpecArgs(
                replicas=self.args.workload.replicas,
                selector=self._selector(),
                strategy=kubernetes.apps.v1.DeploymentStrategyArgs(
                    type="RollingUpdate",
                    rolling_update=kubernetes.apps.v1.RollingUpdateDeploymentArgs(max_surge=0, max_unavailable="25%"),
                ),
                template=template,
            ),
            opts=opts,
        )
        return deployment.spec.replicas

    def _numbered(self, template: kubernetes.core.v1.PodTemplateSpecArgs, opts: ResourceOptions) -> Output[int]:
        """Pods with numbers from 0 on, each of which reads the partition of its number; they start and stop side by side."""
        consumers = kubernetes.apps.v1.StatefulSet(
            f"{self.name}-consumers",
            metadata=self._metadata(self.args.workload.name),
            spec=kubernetes.apps.v1.StatefulSetSpecArgs(
                replicas=self.args.workload.replicas,
                selector=self._selector(),
                pod_management_policy="Parallel",
                update_strategy=kubernetes.apps.v1.StatefulSetUpdateStrategyArgs(type="RollingUpdate"),
                template=template,
            ),
            opts=opts,
        )
        return consumers.spec.replicas

    def _metadata(
        self, name: str | None = None, annotations: Mapping[str, Input[str]] | None = None
    ) -> kubernetes.meta.v1.ObjectMetaArgs:
        """Without a name, Pulumi gives one with a suffix: changed content makes a new object, and by that new pods."""
        return kubernetes.meta.v1.ObjectMetaArgs(
            name=name, namespace=self.namespace, labels=self.labels, annotations=annotations or None
        )

    def _selector(self) -> kubernetes.meta.v1.LabelSelectorArgs:
        return kubernetes.meta.v1.LabelSelectorArgs(match_labels=self.labels)

    def _secret_files(self) -> dict[PurePosixPath, Secret]:
        workload = self.args.workload
        own = {PurePosixPath(path): workload.secrets[secret] for path, secret in workload.consumer.files.items()}
        return {**own, **self.args.connection.files}

    def _secret_environment(self) -> dict[str, Secret]:
        workload = self.args.workload
        own = {name: workload.secrets[secret] for name, secret in workload.consumer.secrets.items()}
        return {**own, **self.args.connection.secrets}

    def _secret(self) -> Output[str] | None:
        """The name of the Secret with every secret variable and file; None where there is nothing secret."""
        content = {
            **self._secret_environment(),
            **{file_key(path): value for path, value in self._secret_files().items()},
        }
        if not content:
            return None
        secret = kubernetes.core.v1.Secret(
            f"{self.name}-secret", metadata=self._metadata(), type="Opaque", string_data=content, opts=self.child
        )
        return secret.metadata.name

    def _token_variable(self) -> dict[str, str]:
        return {"STREAM_TOKEN_FILE": str(TOKEN_DIRECTORY / "token")} if self.args.connection.token_audience else {}

    def _pod(
        self, account: Input[str], settings: Input[str], secret: Output[str] | None
    ) -> kubernetes.core.v1.PodSpecArgs:
        consumer = self.args.workload.consumer
        files = self._secret_files() if secret else {}
        volumes = [_secret_volume(secret, files)] if files else []
        if self.args.connection.token_audience:
            volumes.append(_token_volume(self.args.connection.token_audience))
        return kubernetes.core.v1.PodSpecArgs(
            service_account_name=account,
            automount_service_account_token=False,
            node_selector={**self.args.node_labels, **consumer.node_selector} or None,
            termination_grace_period_seconds=consumer.grace_period_seconds,
            security_context=pod_security(),
            topology_spread_constraints=[
                kubernetes.core.v1.TopologySpreadConstraintArgs(
                    max_skew=1,
                    topology_key="topology.kubernetes.io/zone",
                    when_unsatisfiable="ScheduleAnyway",
                    label_selector=self._selector(),
                )
            ],
            containers=[self._container(settings, secret, files)],
            volumes=volumes or None,
        )

    def _container(
        self, settings: Input[str], secret: Output[str] | None, files: Mapping[PurePosixPath, Secret]
    ) -> kubernetes.core.v1.ContainerArgs:
        consumer = self.args.workload.consumer
        room = {"cpu": consumer.cpu, "memory": consumer.memory}
        return kubernetes.core.v1.ContainerArgs(
            name="consumer",
            image=self.args.workload.image,
            image_pull_policy=image_pull_policy(consumer.image),
            ports=[kubernetes.core.v1.ContainerPortArgs(name="http", container_port=PORT, protocol="TCP")],
            env_from=[
                kubernetes.core.v1.EnvFromSourceArgs(
                    config_map_ref=kubernetes.core.v1.ConfigMapEnvSourceArgs(name=settings)
                )
            ],
            env=[
                *(
                    kubernetes.core.v1.EnvVarArgs(
                        name=name,
                        value_from=kubernetes.core.v1.EnvVarSourceArgs(
                            secret_key_ref=kubernetes.core.v1.SecretKeySelectorArgs(name=secret, key=name)
                        ),
                    )
                    for name in sorted(self._secret_environment())
                ),
                *self._partition_variables(),
            ],
            resources=kubernetes.core.v1.ResourceRequirementsArgs(requests=room, limits=room),
            startup_probe=_probe("live", period=5, failures=60),
            liveness_probe=_probe("live", period=10, failures=6),
            readiness_probe=_probe("ready", period=5, failures=3),
            security_context=container_security(),
            volume_mounts=[
                *(
                    kubernetes.core.v1.VolumeMountArgs(
                        name=SECRET_VOLUME, mount_path=str(path), sub_path=file_key(path), read_only=True
                    )
                    for path in files
                ),
                *self._token_mounts(),
            ],
        )

    def _partition_variables(self) -> list[kubernetes.core.v1.EnvVarArgs]:
        """The pod's number, which Kubernetes gives it, and all that has the number in it."""
        own = self.args.connection.partition_settings
        if not own:
            return []
        index = kubernetes.core.v1.ObjectFieldSelectorArgs(field_path="metadata.labels['apps.kubernetes.io/pod-index']")
        number = kubernetes.core.v1.EnvVarArgs(
            name="STREAM_PARTITION", value_from=kubernetes.core.v1.EnvVarSourceArgs(field_ref=index)
        )
        return [number, *(kubernetes.core.v1.EnvVarArgs(name=name, value=value) for name, value in own.items())]

    def _token_mounts(self) -> list[kubernetes.core.v1.VolumeMountArgs]:
        if self.args.connection.token_audience is None:
            return []
        return [kubernetes.core.v1.VolumeMountArgs(name=TOKEN_VOLUME, mount_path=str(TOKEN_DIRECTORY), read_only=True)]

    def _network_policy(self) -> None:
        """Let nobody in but the node's own probes, and let consumers out to what they are known to call."""
        workload = self.args.workload
        own = [Destination(cidr=place.cidr, port=place.port) for place in workload.consumer.egress]
        destinations = [*self.args.connection.destinations, *self.args.identity.destinations, HTTPS, *own]
        kubernetes.networking.v1.NetworkPolicy(
            f"{self.name}-policy",
            metadata=self._metadata(workload.name),
            spec=kubernetes.networking.v1.NetworkPolicySpecArgs(
                pod_selector=kubernetes.meta.v1.LabelSelectorArgs(),
                policy_types=["Ingress", "Egress"],
                ingress=[],
                egress=ways_out(destinations),
            ),
            opts=self.child,
        )


def _secret_volume(secret: Output[str] | None, files: Mapping[PurePosixPath, Secret]) -> kubernetes.core.v1.VolumeArgs:
    return kubernetes.core.v1.VolumeArgs(
        name=SECRET_VOLUME,
        secret=kubernetes.core.v1.SecretVolumeSourceArgs(
            secret_name=secret,
            default_mode=0o440,
            items=[kubernetes.core.v1.KeyToPathArgs(key=file_key(path), path=file_key(path)) for path in files],
        ),
    )


def _token_volume(audience: str) -> kubernetes.core.v1.VolumeArgs:
    """A token of the pod's own service account, which nobody but the audience takes."""
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
