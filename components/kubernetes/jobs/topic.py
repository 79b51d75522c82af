"""Jobs that create topics, add partitions or check existing topics, for services without a cloud API for topics."""

import json
from abc import ABC
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Generic, TypeVar

import pulumi_kubernetes as kubernetes
from pulumi import ComponentResource, Input, Output, Resource, ResourceHookBinding, ResourceOptions
from typing_extensions import override

from components.changes import guard, refuse_fewer_partitions, refused_change
from components.consumer import file_key
from components.contracts import Connection, Secret
from components.kubernetes.jobs.job import AGAIN, TIMEOUTS, Program, job_spec
from components.kubernetes.platform import KubernetesPlatform
from components.kubernetes.pods import HTTPS, egress_policy, labels, restricted
from components.section import ConfigError
from components.settings_bases import NOT_SET, ValidationContext

NAMESPACE = "data-pipes-topics"
"""Namespace of all topic Jobs. No pipe may have this name."""

CONTAINER = "topic"
"""Name of the container in a Job's pod."""

PARTITIONS = "data-pipes/partitions"
"""Annotation with the number of partitions of a topic."""

POLICY = "cleanup.policy"
CLEANUP = "data-pipes/cleanup-policy"
"""Annotation with a topic's cleanup.policy, for services that cannot change it."""

KEEP_SETTINGS = "TOPIC_KEEP_SETTINGS"
"""Environment variable of topic/topic.py: the settings of a topic that is there are only checked."""

TOPIC, DEAD_LETTERS = "-topic", "-dead"
"""Suffixes of the Job names for a pipe's topic and its dead-letter topic. The second may not be longer than the first."""

LONGEST_NAMES = 43
"""Longest stack name and pipe name in total.

A Job name has at most 63 characters (Kubernetes, Jobs), an IAM role name at most 64 (IAM, quotas). Suffixes need the rest.
"""


def refuse_cleanup_policy_change(present: object, wanted: object) -> str | None:
    """Refuse a change of cleanup.policy, which MSK Serverless accepts only for new topics (MSK Serverless configuration properties).

    Service accounts from older versions of this program have no annotation.
    """
    if present is None or wanted == present:
        return None
    return (
        f"cleanup.policy cannot be changed from {present} to {wanted} (a topic keeps the policy that it was created with). Set it back to "
        f"{present}; to change it, add a pipe with a different name, move the producers to it, wait until the old pipe is empty, then "
        "remove the old pipe (docs/changing.md, Remove a pipe)."
    )


def name_errors(context: ValidationContext) -> Iterator[ConfigError]:
    """Yield the pipes whose Job names would be too long, because they contain the names of the stack and the pipe."""
    for pipe in context.pipes:
        length = len(context.stack) + len(pipe)
        if length > LONGEST_NAMES:
            text = (
                f"must have at most {LONGEST_NAMES} characters together with the stack's name, {context.stack}, got {length} (Kubernetes, "
                "Jobs). Choose a shorter name for the pipe or, before the first deployment, for the stack."
            )
            yield ConfigError(path=("pipes", pipe), text=text)


def parallelism_errors(context: ValidationContext, service: str) -> Iterator[ConfigError]:
    """Yield the pipes without parallelism: a Job compares it with the existing topic, because the deployer cannot read the topic.

    `service` is the name of the streaming service.
    """
    for pipe, settings in context.pipes.items():
        if settings.parallelism == NOT_SET:
            text = (
                f"is required on {service} (the number of partitions can only be read from inside the network). Set it to the number of "
                "partitions of the topic."
            )
            yield ConfigError(path=("pipes", pipe, "parallelism"), text=text)


class TopicNamespace(ComponentResource):
    """Namespace of a stack's topic Jobs. It admits only restricted pods."""

    namespace: Output[str]
    ready: Sequence[Resource]
    """Resources that must exist before a Job's pod starts."""

    def __init__(self, name: str, platform: KubernetesPlatform, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:kubernetes:TopicNamespace", name, None, opts)
        child = ResourceOptions(parent=self, provider=platform.provider)
        namespace = kubernetes.core.v1.Namespace(
            f"{name}-topics",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name=NAMESPACE, labels=restricted(labels(NAMESPACE))),
            opts=child,
        )
        self.namespace = namespace.metadata.name
        self.ready = platform.before_pods(f"{name}-topics", self.namespace, child)
        self.register_outputs({"namespace": self.namespace})


@dataclass(frozen=True, kw_only=True)
class TopicJobArgs:
    """Arguments of a Job for a topic."""

    name: str
    """Name of the Job's objects: that of the pipe, with a suffix for its dead letters. It is a valid Kubernetes name; a topic's may not be."""
    topic_name: str
    """Name of the topic."""
    partitions: int
    image: Output[str]
    """Image of the program in topic/."""
    connection: Connection
    """How the program reaches the brokers, with permissions on only this topic."""
    topic_namespace: TopicNamespace
    """Namespace of the Job."""
    platform: KubernetesPlatform


@dataclass(frozen=True, kw_only=True)
class NewTopicJobArgs(TopicJobArgs):
    """Arguments of NewTopicJob."""

    config: Mapping[str, str]
    """Topic settings by their Kafka names."""
    settings: Set[str]
    """Names of the settings that return to their default if `config` does not set them. Other settings stay unchanged.

    If cleanup.policy is not included, a topic keeps the policy that it was created with.
    """
    keep_settings: bool = False
    """Whether the Job only checks the settings of a topic that is there, and resets none: the service has another owner."""


ArgsT = TypeVar("ArgsT", bound=TopicJobArgs)


class TopicJob(ComponentResource, ABC, Generic[ArgsT]):
    """A Job for one topic, with a separate identity. A change of the topic or of its credentials replaces the Job.

    Resources that use its outputs wait until the topic is as it must be. If the Job is removed, the topic and its records stay until
    the whole service is deleted.
    """

    partitions: Output[int]
    topic_name: Output[str]

    def __init__(self, name: str, args: ArgsT, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:kubernetes:TopicJob", name, None, opts)
        self.name = name
        self.args: ArgsT = args
        self.child = child = ResourceOptions(parent=self, provider=args.platform.provider)
        connection = args.connection
        identity = args.platform.identity(
            name,
            namespace=NAMESPACE,
            service_account=args.name,
            grants=connection.grants,
            opts=ResourceOptions(parent=self),
        )
        # A new number replaces the Job, and replacements run no update hook. The account is updated in place, so its hook can refuse.
        account = kubernetes.core.v1.ServiceAccount(
            f"{name}-account",
            metadata=self._metadata(
                {**identity.annotations, PARTITIONS: str(args.partitions), **self._kept()}, name=args.name
            ),
            automount_service_account_token=False,
            opts=ResourceOptions.merge(child, ResourceOptions(hooks=self._hooks(f"{name}-account"))),
        )
        policy = kubernetes.networking.v1.NetworkPolicy(
            f"{name}-policy",
            metadata=self._metadata(name=args.name),
            spec=kubernetes.networking.v1.NetworkPolicySpecArgs(
                pod_selector=kubernetes.meta.v1.LabelSelectorArgs(match_labels=labels(args.name)),
                policy_types=["Ingress", "Egress"],
                egress=egress_policy([*connection.egress_rules, *identity.egress_rules, HTTPS]),
            ),
            opts=child,
        )
        job = kubernetes.batch.v1.Job(
            f"{name}-job",
            metadata=self._metadata({PARTITIONS: str(args.partitions), **AGAIN}),
            spec=job_spec(
                Program(
                    name=CONTAINER,
                    image=args.image,
                    environment={
                        **connection.settings,
                        "TOPIC_PARTITIONS": str(args.partitions),
                        **self._environment(),
                    },
                    secret=self._secret("variables", connection.secrets),
                    files=connection.files.keys(),
                    file_secret=self._secret(
                        "files", {file_key(path): content for path, content in connection.files.items()}
                    ),
                    labels={**labels(args.name), **identity.labels},
                    account=account.metadata.name,
                    node_labels=args.platform.node_labels,
                )
            ),
            opts=ResourceOptions.merge(
                child,
                ResourceOptions(
                    depends_on=[*args.topic_namespace.ready, *identity.ready, policy], custom_timeouts=TIMEOUTS
                ),
            ),
        )
        self.partitions = job.metadata.annotations[PARTITIONS].apply(int)
        self.topic_name = self.partitions.apply(lambda _: args.topic_name)
        self.register_outputs({"partitions": self.partitions})

    def _environment(self) -> Mapping[str, str]:
        """Return the environment variables of topic/topic.py that only this kind of Job has."""
        return {}

    def _kept(self) -> Mapping[str, str]:
        """Return annotations of the account with values that a hook compares. By default there are none."""
        return {}

    def _hooks(self, account: str) -> ResourceHookBinding | None:
        """Return hooks of the account that refuse changes. By default there are none."""
        _ = account
        return None

    def _secret(self, role: str, content: Mapping[str, Secret]) -> Output[str] | None:
        """Create a Secret for the program, and return its name. New content has a new name, so the Job runs again."""
        if not content:
            return None
        secret = kubernetes.core.v1.Secret(
            f"{self.name}-{role}", metadata=self._metadata(), type="Opaque", string_data=content, opts=self.child
        )
        return secret.metadata.name

    def _metadata(
        self, annotations: Mapping[str, Input[str]] | None = None, *, name: str | None = None
    ) -> kubernetes.meta.v1.ObjectMetaArgs:
        """Return metadata. Without a name, Pulumi generates one, so a new Job is created before the old one is deleted."""
        return kubernetes.meta.v1.ObjectMetaArgs(
            name=name,
            namespace=self.args.topic_namespace.namespace,
            labels=labels(self.args.name),
            annotations=annotations,
        )


class NewTopicJob(TopicJob[NewTopicJobArgs]):
    """A Job that creates a topic, adds partitions, and changes or checks settings."""

    @override
    def _environment(self) -> Mapping[str, str]:
        config = {"TOPIC_CONFIG": json.dumps(self.args.config, sort_keys=True)}
        if self.args.keep_settings:
            return {**config, KEEP_SETTINGS: "true"}
        return {**config, "TOPIC_SETTINGS": ",".join(sorted(self.args.settings))}

    @override
    def _kept(self) -> Mapping[str, str]:
        return {CLEANUP: self.args.config.get(POLICY, "delete")} if self._keeps_policy else {}

    @override
    def _hooks(self, account: str) -> ResourceHookBinding:
        pipe = f"pipes.{self.args.name}"
        partitions, cleanup = (f'metadata.annotations["{key}"]' for key in (PARTITIONS, CLEANUP))
        growth = guard(account, f"{pipe}.parallelism", partitions, refuse_fewer_partitions)
        if not self._keeps_policy:
            return growth
        return ResourceHookBinding.merge(
            growth, refused_change(account, f"{pipe}.topic.config", cleanup, refuse_cleanup_policy_change)
        )

    @property
    def _keeps_policy(self) -> bool:
        """Whether the topic keeps the cleanup.policy that it was created with."""
        return POLICY not in self.args.settings


class ExistingTopicJob(TopicJob[TopicJobArgs]):
    """A Job that checks that a topic is there and has the number of partitions. It changes nothing."""

    @override
    def _environment(self) -> Mapping[str, str]:
        return {"TOPIC_EXISTING": "true"}
