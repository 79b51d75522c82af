"""Kafka in containers: a Kafka cluster that the Strimzi operator runs in the Kubernetes cluster of the platform."""

from collections.abc import Mapping
from functools import reduce
from typing import Any, cast

import pulumi_kubernetes as kubernetes
from pulumi import ComponentResource, CustomTimeouts, Output, Resource, ResourceHookBinding, ResourceOptions
from typing_extensions import override

from components.arguments import StreamingArgs
from components.changes import guard, older_kafka, refused_change
from components.contracts import Secret, Streaming, Topic
from components.kafka.topic_settings import group_protocol
from components.kubernetes.platform import KubernetesPlatform
from components.kubernetes.pods import labels, restricted
from components.kubernetes.strimzi.cluster import PORT, kafka, node_pool, operator_values, pools
from components.kubernetes.strimzi.pipe_settings import StrimziPipeSettings
from components.kubernetes.strimzi.resource import (
    CLUSTER,
    NAMESPACE,
    StrimziResource,
    made_secret,
    secret_text,
    strimzi_resource,
)
from components.kubernetes.strimzi.rules import METRICS, POD_LABELS, strimzi_rules
from components.kubernetes.strimzi.settings import REPLICATION, StrimziSettings
from components.kubernetes.strimzi.topic import StrimziTopic, StrimziTopicArgs

CHART, VERSION = "oci://quay.io/strimzi-helm/strimzi-kafka-operator", "1.2.0"
"""Chart of the operator. Helm does not update custom resource definitions (Helm, Custom Resource Definitions). Before you deploy another
version, apply strimzi-crds-<version>.yaml of that release."""

PRIORITY = 1_000_000
"""Priority of Kafka pods. Consumers have 0: if a zone is full, a broker replaces a consumer, which can run in another zone."""


def refuse_fewer_brokers(present: int, wanted: int) -> str | None:
    """Refuse fewer brokers: Strimzi does not remove a broker that holds partitions (Strimzi, Scaling clusters)."""
    if wanted >= present:
        return None
    return (
        f"Strimzi does not remove a broker that holds partitions. Set brokers back to {present} and cruiseControl to true, and deploy. "
        f"Then set brokers to {wanted}: Cruise Control moves the partitions first."
    )


def refuse_smaller_disk(present: object, wanted: object) -> str | None:
    """Refuse a smaller disk: volumes cannot shrink (Kubernetes, Expanding Persistent Volumes Claims)."""
    before, after = _gib(present), _gib(wanted)
    if before is None or after is None or after >= before:
        return None
    return f"cannot be changed from {before} to {after} (volumes cannot shrink). Set it back to {before} or more."


def _gib(storage: object) -> int | None:
    """Return the size of the volume of a pool. None if there is no volume."""
    if not isinstance(storage, Mapping):
        return None
    (volume,) = cast("Mapping[str, Any]", storage)["volumes"]
    return int(volume["size"].removesuffix("Gi"))


class Strimzi(Streaming[StrimziPipeSettings]):
    """Kafka cluster over three zones in the cluster of the platform: TLS only, authenticated clients only, open only to pods of pipelines.

    Resources are deleted in reverse order: users and topics while the operators still run and remove their finalizers, then the cluster,
    its pools, the operator, and the namespace with the remaining volumes.
    """

    kafka: StrimziResource
    bootstrap_servers: Output[str]
    ca_certificate: Secret

    def __init__(
        self,
        name: str,
        args: StreamingArgs[StrimziSettings, ComponentResource, KubernetesPlatform],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("data-pipes:kubernetes:Strimzi", name, None, opts)
        self.name = name
        self.args = args
        self.child = ResourceOptions(parent=self, provider=args.platform.provider)

        namespace = kubernetes.core.v1.Namespace(
            f"{name}-kafka",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name=NAMESPACE, labels=restricted(labels(NAMESPACE))),
            opts=self._with(ResourceOptions(protect=args.protect)),
        )
        self.namespace = namespace.metadata.name.apply(str)
        self.kafka = strimzi_resource(
            f"{name}-kafka",
            kind="Kafka",
            name=CLUSTER,
            namespace=self.namespace,
            spec=kafka(args.settings, args.platform.node_labels, metrics=args.platform.metrics is not None),
            opts=self._with(
                ResourceOptions(
                    protect=args.protect,
                    depends_on=self._pools(self._operator()),
                    hooks=refused_change(f"{name}-kafka", "streaming.version", "spec.kafka.version", older_kafka),
                    custom_timeouts=CustomTimeouts(create="30m", update="60m", delete="15m"),
                )
            ),
        )
        authority = made_secret(
            f"{name}-cluster-ca", Output.concat(self.kafka.id, "-cluster-ca-cert"), self.kafka, self.child
        )
        self.ca_certificate = secret_text(authority, "ca.crt")
        self.bootstrap_servers = Output.concat(
            self.kafka.metadata.name, "-kafka-bootstrap.", self.kafka.metadata.namespace, f".svc:{PORT}"
        )
        if args.platform.metrics:
            args.platform.metrics.scrape(
                f"{name}-kafka", namespace=self.namespace, labels=POD_LABELS, port=METRICS, opts=self.child
            )
            self.rules = strimzi_rules(name, args.platform.metrics.matchers, args.settings.disk_size)
        self.outputs = {"bootstrapServers": self.bootstrap_servers}
        self.register_outputs(dict(self.outputs))

    def _operator(self) -> Resource:
        """Install the Strimzi cluster operator, which watches only this namespace."""
        platform = self.args.platform
        return kubernetes.helm.v3.Release(
            f"{self.name}-operator",
            name="strimzi",
            chart=CHART,
            version=VERSION,
            namespace=self.namespace,
            values=operator_values(platform.node_labels),
            timeout=900,
            opts=self._with(
                ResourceOptions(
                    depends_on=platform.before_pods(f"{self.name}-kafka", self.namespace, self.child),
                    custom_timeouts=CustomTimeouts(create="15m", update="15m", delete="10m"),
                )
            ),
        )

    def _pools(self, operator: Resource) -> list[StrimziResource]:
        """Create the node pools of controllers and brokers. They are not awaited: a pool becomes ready only with its cluster."""
        settings, platform = self.args.settings, self.args.platform
        if platform.volume_class is None:
            raise ValueError("the platform must provide volumes for brokers")
        priority = kubernetes.scheduling.v1.PriorityClass(
            f"{self.name}-kafka",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name=NAMESPACE, labels=labels(NAMESPACE)),
            value=PRIORITY,
            description="Kafka's nodes, whose volumes bind them to a zone",
            opts=self.child,
        )
        return [
            strimzi_resource(
                f"{self.name}-{pool.name}",
                kind="KafkaNodePool",
                name=pool.name,
                namespace=self.namespace,
                spec=node_pool(
                    pool,
                    volume_class=platform.volume_class,
                    keep_volumes=self.args.protect,
                    priority_class=priority.metadata.name.apply(str),
                    node_labels=platform.node_labels,
                ),
                awaited=False,
                opts=self._with(
                    ResourceOptions(protect=self.args.protect, depends_on=[operator], hooks=self._pool_hooks(pool.name))
                ),
            )
            for pool in pools(settings)
        ]

    def _pool_hooks(self, pool: str) -> ResourceHookBinding:
        """Return the hooks that refuse smaller disks and, without Cruise Control, fewer brokers."""
        name = f"{self.name}-{pool}"
        hooks = [refused_change(name, "streaming.diskSize", "spec.storage", refuse_smaller_disk)]
        if not self.args.settings.cruise_control:
            hooks.append(guard(name, "streaming.brokers", "spec.replicas", refuse_fewer_brokers))
        return reduce(ResourceHookBinding.merge, hooks)

    def _with(self, more: ResourceOptions) -> ResourceOptions:
        """Return the options of a resource in the platform's cluster, merged with more options."""
        return ResourceOptions.merge(self.child, more)

    @override
    def topic(self, name: str, pipe: StrimziPipeSettings, opts: ResourceOptions) -> Topic:
        """Create the topic of a pipe."""
        topic = StrimziTopicArgs(
            pipe_name=name,
            user_name=name,
            pipe=pipe,
            group_protocol=group_protocol(self.args.settings.version),
            kafka=self.kafka,
            cluster=CLUSTER,
            namespace=self.kafka.metadata.namespace.apply(str),
            replication=REPLICATION,
            port=PORT,
            bootstrap_servers=self.bootstrap_servers,
            ca_certificate=self.ca_certificate,
            platform=self.args.platform,
            protect=self.args.protect,
        )
        return StrimziTopic(f"{self.name}-{name}", topic, opts)
