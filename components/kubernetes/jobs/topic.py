"""Topics that no cloud API makes: a Job inside the cluster makes them, and grows them when their number of partitions grows."""

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

import pulumi_kubernetes as kubernetes
from pulumi import ComponentResource, Input, Output, Resource, ResourceHookBinding, ResourceOptions

from components.changes import guard, refuse_fewer_partitions, refused_change
from components.contracts import Connection
from components.kubernetes.jobs.job import AGAIN, TIMEOUTS, Program, job_spec
from components.kubernetes.platform import KubernetesPlatform
from components.kubernetes.pods import HTTPS, egress_policy, labels, restricted
from components.section import ConfigError
from components.settings_bases import ValidationContext

NAMESPACE = "data-pipes-topics"
"""The namespace of all jobs that make topics; no pipe may have this name."""

CONTAINER = "topic"
"""The name of the container of a Job's pod."""

PARTITIONS = "data-pipes/partitions"
"""The annotation that says how many partitions a topic has."""

POLICY = "cleanup.policy"
CLEANUP = "data-pipes/cleanup-policy"
"""The annotation with a topic's cleanup.policy, on services where it is for the life of the topic."""

TOPIC, DEAD_LETTERS = "-topic", "-dead"
"""What is added to a pipe's name for the job that makes its topic, and for that of its dead letters, which may not be longer."""

LONGEST_NAMES = 43
"""How many characters the names of a stack and a pipe may have together.

The name of a Job ends at 63 characters (Kubernetes, Jobs), that of an IAM role at 64 (IAM, quotas); the rest is what is added.
"""


def refuse_cleanup_policy_change(present: object, wanted: object) -> str | None:
    """MSK Serverless accepts cleanup.policy only for a new topic (MSK, MSK Serverless configuration properties).

    An account of an older version of this program has no annotation.
    """
    if present is None or wanted == present:
        return None
    return (
        f"cleanup.policy cannot go from {present} to {wanted}, since a topic keeps the policy that it was created with. Set it back to "
        f"{present}; to change it, add a pipe of another name, point the producers at it, let the old one drain, then remove the old one "
        "(README, Removing a pipe)."
    )


def name_errors(context: ValidationContext) -> Iterator[ConfigError]:
    """Yield the pipes whose name and the stack's are too long together for what is named after both."""
    for pipe in context.pipes:
        length = len(context.stack) + len(pipe)
        if length > LONGEST_NAMES:
            text = (
                f"has with the stack's name, {context.stack}, {length} characters, and the job that makes its topic has room for {LONGEST_NAMES} "
                "(Kubernetes, Jobs); choose a shorter name for the pipe or, before the first deployment, for the stack"
            )
            yield ConfigError(path=("pipes", pipe), text=text)


class TopicNamespace(ComponentResource):
    """The namespace of a stack's jobs that make topics: it admits restricted pods only."""

    namespace: Output[str]
    ready: Sequence[Resource]
    """What must be there before a job's pod starts."""

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
    """What the making of a topic is built from."""

    topic_name: str
    """The name of the topic, and of the service account that it is made under."""
    partitions: int
    config: Mapping[str, str]
    """The topic's settings by their Kafka names."""
    settings: Set[str]
    """The names of the settings that the topic has as its own only if `config` names them; any other is left as it is.

    Without cleanup.policy among them, a topic keeps the policy that it was created with.
    """
    image: Output[str]
    """The image of the program in topic/."""
    connection: Connection
    """How the program reaches the brokers, with rights to make this topic and no other."""
    place: TopicNamespace
    """Where the job runs."""
    platform: KubernetesPlatform


class TopicJob(ComponentResource):
    """A Job that makes a topic or grows it, under an identity of its own; a change of the topic is a new Job.

    Whoever uses its outputs waits until the topic is as wanted. The topic stays when the Job is removed: its records go only
    with the whole service.
    """

    partitions: Output[int]
    topic_name: Output[str]

    def __init__(self, name: str, args: TopicJobArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:kubernetes:TopicJob", name, None, opts)
        self.args = args
        child = ResourceOptions(parent=self, provider=args.platform.provider)
        identity = args.platform.identity(
            name,
            namespace=NAMESPACE,
            service_account=args.topic_name,
            grants=args.connection.grants,
            opts=ResourceOptions(parent=self),
        )
        # A Job's pods never change, so a new number is a new Job: what can be refused is the change of the account, which stays.
        account = kubernetes.core.v1.ServiceAccount(
            f"{name}-account",
            metadata=self._metadata(
                {
                    **identity.annotations,
                    PARTITIONS: str(args.partitions),
                    **({CLEANUP: args.config.get(POLICY, "delete")} if self._keeps_policy else {}),
                },
                name=args.topic_name,
            ),
            automount_service_account_token=False,
            opts=ResourceOptions.merge(child, ResourceOptions(hooks=self._hooks(f"{name}-account"))),
        )
        policy = kubernetes.networking.v1.NetworkPolicy(
            f"{name}-policy",
            metadata=self._metadata(name=args.topic_name),
            spec=kubernetes.networking.v1.NetworkPolicySpecArgs(
                pod_selector=kubernetes.meta.v1.LabelSelectorArgs(match_labels=labels(args.topic_name)),
                policy_types=["Ingress", "Egress"],
                egress=egress_policy([*args.connection.egress_rules, *identity.egress_rules, HTTPS]),
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
                    environment=self._environment(),
                    labels={**labels(args.topic_name), **identity.labels},
                    account=account.metadata.name,
                    node_labels=args.platform.node_labels,
                )
            ),
            opts=ResourceOptions.merge(
                child,
                ResourceOptions(depends_on=[*args.place.ready, *identity.ready, policy], custom_timeouts=TIMEOUTS),
            ),
        )
        self.partitions = job.metadata.annotations[PARTITIONS].apply(int)
        self.topic_name = self.partitions.apply(lambda _: args.topic_name)
        self.register_outputs({"partitions": self.partitions})

    def _hooks(self, account: str) -> ResourceHookBinding:
        pipe = f"pipes.{self.args.topic_name}"
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

    def _metadata(
        self, annotations: Mapping[str, Input[str]] | None = None, *, name: str | None = None
    ) -> kubernetes.meta.v1.ObjectMetaArgs:
        """Without a name, Pulumi gives one with a suffix: a new Job is there before the old one goes."""
        return kubernetes.meta.v1.ObjectMetaArgs(
            name=name, namespace=self.args.place.namespace, labels=labels(self.args.topic_name), annotations=annotations
        )

    def _environment(self) -> dict[str, Input[str]]:
        """What topic/topic.py reads."""
        args = self.args
        return {
            **args.connection.settings,
            "TOPIC_PARTITIONS": str(args.partitions),
            "TOPIC_CONFIG": json.dumps(args.config, sort_keys=True),
            "TOPIC_SETTINGS": ",".join(sorted(args.settings)),
        }
