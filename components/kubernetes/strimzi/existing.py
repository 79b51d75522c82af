"""A Kafka cluster that Strimzi runs in the platform's cluster, and that was there before the stack."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi_kubernetes as kubernetes
from pulumi import Output, ResourceOptions
from typing_extensions import override

from components.arguments import StreamingArgs
from components.contracts import Streaming, Topic
from components.kafka.topic_settings import consumer_protocol
from components.kubernetes.platform import KubernetesPlatform
from components.kubernetes.strimzi.existing_settings import (
    ExistingStrimziPipeSettings,
    ExistingStrimziSettings,
    StrimziInPlacePipeSettings,
)
from components.kubernetes.strimzi.existing_topic import ExistingStrimziTopic
from components.kubernetes.strimzi.resource import ExistingStrimziResource, made_secret, secret_text
from components.kubernetes.strimzi.topic import PipeT, StrimziTopic, StrimziTopicArgs
from components.lookup import name_of_read, unanswered

KEY = "streaming.existing.cluster"


class ExistingStrimzi(Streaming[StrimziInPlacePipeSettings]):
    """Kafka cluster of another owner. The program reads it, and adds topics and users, which the cluster's own operators make."""

    def __init__(
        self,
        name: str,
        args: StreamingArgs[ExistingStrimziSettings, Any, KubernetesPlatform],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("data-pipes:kubernetes:ExistingStrimzi", name, None, opts)
        self.name = name
        self.args = args
        child = ResourceOptions(parent=self, provider=args.platform.provider)
        place = args.settings.existing
        namespace = kubernetes.core.v1.Namespace.get(
            name_of_read(name, "streaming.existing.namespace"), place.namespace, child
        )
        self.kafka = ExistingStrimziResource(
            name_of_read(name, KEY), "Kafka", Output.concat(namespace.metadata.name, "/", place.cluster), child
        )
        known = Output.all(spec=self.kafka.spec, status=self.kafka.status)
        # Everything below comes from the checked cluster, so nothing is made on one that does not fit.
        self.port = known.apply(lambda found: usable_port(place.cluster, found["spec"], found["status"]))
        self.namespace = self.port.apply(lambda _: place.namespace)
        self.version = known.apply(lambda found: version(found["spec"], found["status"]))
        authority = made_secret(
            f"{name}-cluster-ca", Output.concat(self.namespace, f"/{place.cluster}-cluster-ca-cert"), self.kafka, child
        )
        self.ca_certificate = secret_text(authority, "ca.crt")
        self.bootstrap_servers = Output.concat(
            f"{place.cluster}-kafka-bootstrap.{place.namespace}.svc:", self.port.apply(str)
        )
        self.outputs = {"bootstrapServers": self.bootstrap_servers}
        self.register_outputs(dict(self.outputs))

    @override
    def topic(self, name: str, pipe: StrimziInPlacePipeSettings, opts: ResourceOptions) -> Topic:
        """Make the topic of a pipe on this cluster."""
        return StrimziTopic(f"{self.name}-{name}", self._topic(name, pipe), opts)

    @override
    def existing_topic(self, name: str, pipe: ExistingStrimziPipeSettings, opts: ResourceOptions) -> Topic:
        """Read the topic of a pipe."""
        return ExistingStrimziTopic(f"{self.name}-{name}", self._topic(name, pipe), opts)

    def _topic(self, name: str, pipe: PipeT) -> StrimziTopicArgs[PipeT]:
        return StrimziTopicArgs(
            pipe_name=name,
            # The cluster may have users of other programs, and of other stacks with the same pipes.
            user_name=f"{self.name}-{name}",
            pipe=pipe,
            group_protocol={"KAFKA_GROUP_PROTOCOL": self.version.apply(consumer_protocol)},
            kafka=self.kafka,
            cluster=self.args.settings.existing.cluster,
            namespace=self.namespace,
            replication=None,
            bootstrap_servers=self.bootstrap_servers,
            port=self.port,
            ca_certificate=self.ca_certificate,
            platform=self.args.platform,
            protect=self.args.protect,
        )


def version(spec: Mapping[str, Any], status: Mapping[str, Any] | None) -> str:
    """Return the Kafka version of a cluster. The spec may leave it to the operator, whose choice is in the status."""
    return str((status or {}).get("kafkaVersion") or spec["kafka"].get("version") or "3.0")


def usable_port(cluster: str, spec: Mapping[str, Any], status: Mapping[str, Any] | None) -> int:
    """Return the port of the listener for the consumers. Raise RunError if the cluster is not ready or lacks what users need."""
    kafka = spec["kafka"]
    listeners: Sequence[Mapping[str, Any]] = kafka.get("listeners", [])
    conditions: Sequence[Mapping[str, Any]] = (status or {}).get("conditions", [])
    operators: Mapping[str, Any] = spec.get("entityOperator") or {}
    missing = [name for name in ("topicOperator", "userOperator") if name not in operators]
    authorization = _type(kafka.get("authorization"))
    if not any((each["type"], each["status"]) == ("Ready", "True") for each in conditions):
        reason = "; ".join(str(each.get("message", each["type"])) for each in conditions) or "it has no status"
        _refuse(
            cluster,
            "the name of a Kafka cluster that is ready",
            reason,
            "Wait, or repair it: kubectl describe kafka shows why.",
        )
    if missing:
        fix = "Set spec.entityOperator to {topicOperator: {}, userOperator: {}}."
        _refuse(
            cluster, "the name of a Kafka cluster with an entity operator", f"it has no {' and no '.join(missing)}", fix
        )
    if authorization != "simple":
        reason = f"it has authorization {authorization}, and Strimzi rejects the rights of users there"
        fix = "Set spec.kafka.authorization to {type: simple}, or use streaming.service kafka-external."
        _refuse(cluster, "the name of a Kafka cluster with authorization simple", reason, fix)
    for each in listeners:
        if each.get("tls") and each["type"] == "internal" and _type(each.get("authentication")) == "tls":
            return int(each["port"])
    names = ", ".join(f"{each['name']} ({each['type']})" for each in listeners) or "none"
    fix = "Add to spec.kafka.listeners: {name: pipes, port: 9095, type: internal, tls: true, authentication: {type: tls}}."
    rule = "the name of a Kafka cluster with an internal listener with TLS and authentication tls"
    raise unanswered(KEY, rule=rule, got=cluster, reason=f"its listeners are {names}", fix=fix)


def _type(section: Mapping[str, Any] | None) -> str:
    """Return the type in a section of the Kafka resource. `none` if the section is missing."""
    return str((section or {}).get("type", "none"))


def _refuse(cluster: str, rule: str, reason: str, fix: str) -> None:
    raise unanswered(KEY, rule=rule, got=cluster, reason=reason, fix=fix)
