"""The consumers of a pipe on Kubernetes: one Deployment with all that it needs, the same on EKS, AKS and GKE."""

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
    """A namespace that admits restricted pods only, and in it as many consumers as the topic has partitions."""

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
            data={**workload.consumer.environment, **args.connection.settings},
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
        ready = [*args.identity.ready, *args.before_pods(name, self.namespace, self.child)]
        deployment = kubernetes.apps.v1.Deployment(
            f"{name}-deployment",
            metadata=self._metadata(workload.name),
            spec=kubernetes.apps.v1.DeploymentSpecArgs(
                replicas=workload.replicas,
                selector=self._selector(),
                strategy=kubernetes.apps.v1.DeploymentStrategyArgs(
                    type="RollingUpdate",
                    rolling_update=kubernetes.apps.v1.RollingUpdateDeploymentArgs(max_surge=0, max_unavailable="25%"),
                ),
                template=kubernetes.core.v1.PodTemplateSpecArgs(
                    metadata=kubernetes.meta.v1.ObjectMetaArgs(labels={**self.labels, **args.identity.labels}),
                    spec=self._pod(account.metadata.name, settings.metadata.name, secret),
                ),
            ),
            opts=ResourceOptions(parent=self, depends_on=ready),
        )
        self.replicas = deployment.spec.replicas
        self.register_outputs({"namespace": self.namespace, "replicas": self.replicas})

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

    def _pod(
        self, account: Input[str], settings: Input[str], secret: Output[str] | None
    ) -> kubernetes.core.v1.PodSpecArgs:
        consumer = self.args.workload.consumer
        files = self._secret_files() if secret else {}
        volume = kubernetes.core.v1.VolumeArgs(
            name=SECRET_VOLUME,
            secret=kubernetes.core.v1.SecretVolumeSourceArgs(
                secret_name=secret,
                default_mode=0o440,
                items=[kubernetes.core.v1.KeyToPathArgs(key=file_key(path), path=file_key(path)) for path in files],
            ),
        )
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
            volumes=[volume] if files else None,
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
                kubernetes.core.v1.EnvVarArgs(
                    name=name,
                    value_from=kubernetes.core.v1.EnvVarSourceArgs(
                        secret_key_ref=kubernetes.core.v1.SecretKeySelectorArgs(name=secret, key=name)
                    ),
                )
                for name in sorted(self._secret_environment())
            ],
            resources=kubernetes.core.v1.ResourceRequirementsArgs(requests=room, limits=room),
            startup_probe=_probe("live", period=5, failures=60),
            liveness_probe=_probe("live", period=10, failures=6),
            readiness_probe=_probe("ready", period=5, failures=3),
            security_context=container_security(),
            volume_mounts=[
                kubernetes.core.v1.VolumeMountArgs(
                    name=SECRET_VOLUME, mount_path=str(path), sub_path=file_key(path), read_only=True
                )
                for path in files
            ],
        )

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


def _probe(path: str, *, period: int, failures: int) -> kubernetes.core.v1.ProbeArgs:
    return kubernetes.core.v1.ProbeArgs(
        http_get=kubernetes.core.v1.HTTPGetActionArgs(path=f"/{path}", port=PORT),
        period_seconds=period,
        timeout_seconds=2,
        failure_threshold=failures,
    )
