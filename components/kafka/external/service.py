"""Any Kafka that was there before the stack: Jobs in the cluster make and check its topics."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, TypeVar

from pulumi import Output, ResourceOptions
from typing_extensions import override

from components.arguments import StreamingArgs
from components.contracts import EgressRule, Secret, Streaming, Topic
from components.kafka.client_files import AUTHORITY, CERTIFICATE, KEY
from components.kafka.existing_topic import ExistingKafkaPipeSettings
from components.kafka.external.settings import KafkaExternalPipeSettings, KafkaExternalSettings
from components.kafka.topic_settings import TOPIC_SETTINGS, group_protocol
from components.kubernetes.jobs.job_topic import ExistingJobTopic, JobTopic, JobTopicArgs, PipeT
from components.kubernetes.jobs.topic import TopicNamespace
from components.kubernetes.platform import KubernetesPlatform

TYPE = "data-pipes:kafka:ExternalTopic"
"""Type token of topics, made or existing, so that a pipe keeps its dead letters when it changes from one to the other."""


LOCATIONS = {
    "KAFKA_SSL_CA_LOCATION": AUTHORITY,
    "KAFKA_SSL_CERTIFICATE_LOCATION": CERTIFICATE,
    "KAFKA_SSL_KEY_LOCATION": KEY,
}
"""Variables with the paths of certificates."""

T = TypeVar("T")


def protocol(authentication: str, *, tls: bool) -> dict[str, str]:
    """Return the variables of a sign-in method and its security protocol (librdkafka, Configuration properties)."""
    transport = "SSL" if tls else "PLAINTEXT"
    if authentication in ("tls", "none"):
        return {"KAFKA_SECURITY_PROTOCOL": transport}
    return {"KAFKA_SECURITY_PROTOCOL": f"SASL_{transport}", "KAFKA_SASL_MECHANISM": authentication.upper()}


class KafkaExternal(Streaming[KafkaExternalPipeSettings]):
    """A Kafka of another owner. All Jobs and consumers sign in as one user, whose rights its owner sets."""

    def __init__(
        self,
        name: str,
        args: StreamingArgs[KafkaExternalSettings, Any, KubernetesPlatform],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("data-pipes:kafka:External", name, None, opts)
        self.name = name
        self.args = args
        self.topics = TopicNamespace(name, args.platform, ResourceOptions(parent=self))
        self.bootstrap_servers = ",".join(args.settings.bootstrap_servers)
        self.outputs = {"bootstrapServers": Output.from_input(self.bootstrap_servers)}
        self.register_outputs(dict(self.outputs))

    @override
    def topic(self, name: str, pipe: KafkaExternalPipeSettings, opts: ResourceOptions) -> Topic:
        """Make the topic of a pipe."""
        return JobTopic(TYPE, f"{self.name}-{name}", self._topic(name, pipe), opts)

    @override
    def existing_topic(self, name: str, pipe: ExistingKafkaPipeSettings, opts: ResourceOptions) -> Topic:
        """Check the existing topic of a pipe."""
        return ExistingJobTopic(TYPE, f"{self.name}-{name}", self._topic(name, pipe), opts)

    def _topic(self, name: str, pipe: PipeT) -> JobTopicArgs[PipeT]:
        settings = self.args.settings
        files = self._files()
        return JobTopicArgs(
            pipe_name=name,
            pipe=pipe,
            client={
                "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap_servers,
                **protocol(settings.authentication, tls=settings.tls),
                **{variable: str(path) for variable, path in LOCATIONS.items() if path in files},
            },
            client_secrets=self._given({"KAFKA_SASL_USERNAME": "username", "KAFKA_SASL_PASSWORD": "password"}),
            client_files=files,
            consumer=group_protocol(settings.version) if settings.version else {},
            replication={"TOPIC_REPLICATION_FACTOR": str(settings.replication)},
            resettable=TOPIC_SETTINGS,
            keep_settings=True,
            config={"min.insync.replicas": str(max(1, settings.replication - 1))},
            brokers=[EgressRule(cidr=cidr, port=port) for cidr in settings.broker_cidrs for port in settings.ports],
            image=self.args.registry.image(settings.topic_image),
            topic_namespace=self.topics,
            platform=self.args.platform,
        )

    def _files(self) -> Mapping[PurePosixPath, Secret]:
        """Return the certificates that clients need."""
        authority = self.args.settings.certificate_authority
        return {
            **({AUTHORITY: Output.secret(authority)} if authority else {}),
            **self._given({CERTIFICATE: "certificate", KEY: "key"}),
        }

    def _given(self, names: Mapping[T, str]) -> Mapping[T, Secret]:
        """Return the credentials that the stack has."""
        secrets = self.args.secrets
        return {key: secrets[f"credentials.{name}"] for key, name in names.items() if f"credentials.{name}" in secrets}
