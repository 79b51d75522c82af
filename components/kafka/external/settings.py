"""Settings of any Kafka that was there before the stack, and of its topics."""

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Annotated, Literal, cast

from pydantic import AfterValidator, Field
from typing_extensions import override

from components.consumer import Image, SecretName
from components.consumer_group import group_errors
from components.kafka.client_files import file_errors
from components.kafka.config import pipe_config_errors
from components.kafka.topic_settings import KafkaPipeSettings, KafkaTopicSettings
from components.kubernetes.jobs.topic import name_errors, parallelism_errors
from components.section import Cidr, ConfigError, Distinct, Pattern, QuotedText, SettingsModel
from components.settings_bases import ServiceSettings, ValidationContext

NEWEST = "4.3.1"
"""Release of the topic setting definitions if the stack file has no version."""

CREDENTIALS: Mapping[str, Sequence[str]] = {
    "scram-sha-512": ("username", "password"),
    "scram-sha-256": ("username", "password"),
    "plain": ("username", "password"),
    "tls": ("certificate", "key"),
    "none": (),
}
"""Credentials that each method needs."""

PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))
"""Ranges that are not routed on the internet (RFC 1918, RFC 6598)."""

Port = Annotated[int, Field(ge=1, le=65535)]


def _check_port(address: str) -> str:
    port = int(address.rpartition(":")[2])
    if port > 65535:
        raise ValueError(f"must have a port of at most 65535, got {address!r}. Correct it.")
    return address


Address = Annotated[
    str,
    Pattern(
        r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?:[1-9][0-9]{0,4}",
        "a name or IPv4 address with a port, such as b1.example.com:9093",
    ),
    AfterValidator(_check_port),
]


class KafkaExternalTopicSettings(KafkaTopicSettings, frozen=True):
    """Settings of a topic on a Kafka that was there before."""


class KafkaExternalPipeSettings(KafkaPipeSettings, frozen=True):
    """A pipe on a Kafka that was there before. If it is removed, its topic and records stay."""

    topic: KafkaExternalTopicSettings = KafkaExternalTopicSettings()
    """The topic's settings."""


class KafkaCredentials(SettingsModel, frozen=True):
    """Names of the Pulumi secrets with the user's credentials."""

    hidden = True

    username: SecretName | None = None
    """The name of the Pulumi secret under data-pipes:secrets with the user name. Required by scram-sha-512, scram-sha-256 and plain."""
    password: SecretName | None = None
    """The name of the Pulumi secret with the password. Required by scram-sha-512, scram-sha-256 and plain."""
    certificate: SecretName | None = None
    """The name of the Pulumi secret with the client certificate as PEM. Required by tls."""
    key: SecretName | None = None
    """The name of the Pulumi secret with the unencrypted private key as PEM. Required by tls."""


class KafkaExternalSettings(ServiceSettings, frozen=True):
    """Streaming section for any Kafka that was there before. The program makes topics on it and changes nothing else of it."""

    service: Literal["kafka-external"]
    """Always kafka-external."""
    bootstrap_servers: Annotated[tuple[Address, ...], Field(min_length=1), Distinct]
    """Addresses that clients connect to first, each a name or IPv4 address with a port, such as b1.example.com:9093."""
    authentication: Literal["scram-sha-512", "scram-sha-256", "plain", "tls", "none"]
    """How clients sign in: with a user name and a password (scram-sha-512, scram-sha-256, plain), with a client certificate (tls), or not
    at all (none)."""
    credentials: KafkaCredentials = KafkaCredentials()
    """Credentials of the one user that all Jobs and consumers of the stack sign in as. The owner of the cluster gives the user its rights:
    describe and read each topic, create and alter the topics that the program makes, write to the dead-letter topics, read the groups.
    With deadLetter.redrive the job is the same user: it also needs to read the dead-letter topic and the group GROUP.redrive, and to
    write to the topic."""
    tls: bool = True
    """Whether connections are encrypted. It can only be false if all brokerCidrs are private ranges, and not with authentication tls."""
    certificate_authority: (
        Annotated[
            str,
            Pattern(
                r"\s*-----BEGIN CERTIFICATE-----[\s\S]*-----END CERTIFICATE-----\s*",
                "certificates in PEM format, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----",
                shown=False,
            ),
        ]
        | None
    ) = None
    """Certificates of the authority that signs the brokers' certificates, as PEM. The default is the public authorities."""
    broker_cidrs: Annotated[tuple[Cidr, ...], Field(min_length=1), Distinct]
    """IPv4 ranges of all brokers. The consumers' network policies allow only these. For brokers on the internet without fixed addresses,
    set 0.0.0.0/0."""
    broker_ports: Annotated[tuple[Port, ...], Distinct] = ()
    """TCP ports of all brokers. The default is the ports of bootstrapServers."""
    version: (
        Annotated[QuotedText, Pattern(r"[0-9]+\.[0-9]+(\.[0-9]+)?", "a Kafka release in quotes, such as '4.1'")] | None
    ) = None
    """Kafka release of the brokers. From 4.0 on, the brokers assign the partitions (KIP-848). By default the consumers do, which every
    release supports."""
    replication: Annotated[int, Field(ge=1, le=100)] = 3
    """Copies of each partition of new topics. A record is acknowledged when all copies but one have it."""
    topic_image: Image = ":topic-1.0.0"
    """The container image that makes and checks the topics, built from topic/. The default is in the stack's own registry."""

    @property
    def ports(self) -> Sequence[int]:
        """Return the TCP ports of all brokers."""
        bootstrap = {int(address.rpartition(":")[2]) for address in self.bootstrap_servers}
        return self.broker_ports or sorted(bootstrap)

    @property
    @override
    def secrets(self) -> Mapping[str, str]:
        """Secret names of the credentials."""
        names = self.credentials.model_dump(exclude_none=True)
        return {f"credentials.{name}": secret for name, secret in names.items()}

    @property
    @override
    def images(self) -> Sequence[str]:
        """The image that makes the topics."""
        return (self.topic_image,)

    @property
    @override
    def warnings(self) -> Sequence[str]:
        """Warn about connections without encryption."""
        if self.tls:
            return ()
        sent = "the password and all records" if self.authentication == "plain" else "all records"
        return (
            f"streaming.tls: false sends {sent} unencrypted, so everyone on the path can read them. Set it to true if the brokers support TLS.",
        )

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield missing and unused credentials, unsafe connections, and errors in the settings of topics."""
        yield from (error.under("streaming") for error in (*self._credential_errors(), *self._tls_errors()))
        pipes = cast("Mapping[str, KafkaExternalPipeSettings]", context.made)
        configs = {name: pipe.topic.config for name, pipe in pipes.items()}
        yield from pipe_config_errors(configs, self.version or NEWEST)
        yield from group_errors(context.pipes)
        yield from name_errors(context)
        yield from parallelism_errors(context, self.service)
        yield from file_errors(context.pipes)

    def _credential_errors(self) -> Iterator[ConfigError]:
        needed = CREDENTIALS[self.authentication]
        for name in KafkaCredentials.model_fields:
            given = getattr(self.credentials, name) is not None
            if name in needed and not given:
                text = f"is required with authentication {self.authentication}. Set it to the name of a secret in data-pipes:secrets."
                yield ConfigError(path=("credentials", name), text=text)
            if given and name not in needed:
                text = f"has no effect with authentication {self.authentication}. Remove it."
                yield ConfigError(path=("credentials", name), text=text)

    def _tls_errors(self) -> Iterator[ConfigError]:
        if self.tls:
            return
        public = [cidr for cidr in self.broker_cidrs if not any(map(IPv4Network(cidr).subnet_of, PRIVATE))]
        if self.authentication == "tls":
            text = (
                "must be true with authentication tls, got false (clients sign in during the TLS handshake). Remove it."
            )
            yield ConfigError(path=("tls",), text=text)
        elif public:
            text = f"must be true if brokers are outside private ranges, got false with {public[0]} in brokerCidrs. Remove it, or list only private ranges."
            yield ConfigError(path=("tls",), text=text)
        if self.certificate_authority:
            text = "has no effect while tls is false. Remove it."
            yield ConfigError(path=("certificateAuthority",), text=text)
