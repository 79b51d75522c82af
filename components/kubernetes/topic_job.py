"""Topics that no cloud API makes: a Job inside the cluster makes them, and grows them when their number of partitions grows."""

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

import pulumi_kubernetes as kubernetes
from pulumi import ComponentResource, CustomTimeouts, Input, Output, Resource, ResourceOptions

from components.changes import guard, kafka_partitions
from components.contracts import Connection, Surroundings
from components.kubernetes.platform import KubernetesPlatform
from components.kubernetes.pods import (
    HTTPS,
    container_security,
    image_pull_policy,
    labels,
    pod_security,
    restricted,
    ways_out,
)
from components.section import Mistake

NAMESPACE = "data-pipes-topics"
"""The namespace of all jobs that make topics; no pipe may have this name."""

PARTITIONS = "data-pipes/partitions"
"""The annotation that says how many partitions a topic has."""

LONGEST_NAMES = 43
"""How many characters the names of a stack and a pipe may have together.

The name of a Job ends at 63 characters (Kubernetes, Jobs), that of an IAM role at 64 (IAM, quotas); the rest is what is added.
"""

AGAIN = {"pulumi.com/replaceUnready": "true"}
"""Lets the next deployment run a new Job in place of one that failed (pulumi-kubernetes, Annotations)."""

CONTAINER = "topic"
"""The name of the container of a Job's pod."""

RETRIES = 5
"""How often a job that failed is tried again; a new identity takes a while until it may do what it may."""

WRONG_ENVIRONMENT = 2
"""The exit status of a program whose environment is wrong (topic/topic.py): no new try can mend that."""

DEADLINE_SECONDS = 900
"""How long all tries together may take, with a node that is still to be found and an image to be pulled."""

ROOM = {"cpu": "100m", "memory": "256Mi"}
"""What the program that makes a topic may take."""

REQUESTS = {"cpu": "10m", "memory": "128Mi"}
"""What it is promised: so little that it finds a place among consumers that fill their nodes."""


def name_mistakes(rest: Surroundings) -> Iterator[Mistake]:
    """Yield the pipes whose name and the stack's are too long together for what is named after both."""
    for pipe in rest.pipes:
        length = len(rest.stack) + len(pipe)
        if length > LONGEST_NAMES:
            text = (
                f"has with the stack's name, {rest.stack}, {length} characters, and the job that makes its topic has room for {LONGEST_NAMES} "
                "(Kubernetes, Jobs); choose a shorter name for the pipe or, before the first deployment, for the stack"
            )
            yield Mistake(path=("pipes", pipe), text=text)


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
    """The name of the topic, and of the pipe that it belongs to."""
    partitions: int
    config: Mapping[str, str]
    """The topic's settings by their Kafka names."""
    settings: Set[str]
    """The names of the settings that the topic has as its own only if `config` names them; any other is left as it is."""
    image: Output[str]
    """The image of the program in topic/."""
    connection: Connection
    """How the program reaches the brokers, with rights to make this topic and no other."""
    place: TopicNamespace
    """Where the job runs."""
    platform: KubernetesPlatform


class TopicJob(ComponentResource):
    """A Job that makes a topic or grows it, under an identity of its own; a change of the topic is a new Job.

    Whoever uses `partitions` waits until the topic is as wanted. The topic stays when the Job is removed: its records go only
    with the whole service.
    """

    partitions: Output[int]

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
            metadata=self._metadata({**identity.annotations, PARTITIONS: str(args.partitions)}, name=args.topic_name),
            automount_service_account_token=False,
            opts=ResourceOptions.merge(
                child,
                ResourceOptions(
                    hooks=guard(
                        f"{name}-account",
                        f"pipes.{args.topic_name}.parallelism",
                        f'metadata.annotations["{PARTITIONS}"]',
                        kafka_partitions,
                    )
                ),
            ),
        )
        policy = kubernetes.networking.v1.NetworkPolicy(
            f"{name}-policy",
            metadata=self._metadata(name=args.topic_name),
            spec=kubernetes.networking.v1.NetworkPolicySpecArgs(
                pod_selector=kubernetes.meta.v1.LabelSelectorArgs(match_labels=labels(args.topic_name)),
                policy_types=["Ingress", "Egress"],
                ingress=[],
                egress=ways_out([*args.connection.destinations, *identity.destinations, HTTPS]),
            ),
            opts=child,
        )
        job = kubernetes.batch.v1.Job(
            f"{name}-job",
            metadata=self._metadata({PARTITIONS: str(args.partitions), **AGAIN}),
            spec=kubernetes.batch.v1.JobSpecArgs(
                backoff_limit=RETRIES,
                pod_failure_policy=kubernetes.batch.v1.PodFailurePolicyArgs(
                    rules=[
                        kubernetes.batch.v1.PodFailurePolicyRuleArgs(
                            action="FailJob",
                            on_exit_codes=kubernetes.batch.v1.PodFailurePolicyOnExitCodesRequirementArgs(
                                container_name=CONTAINER, operator="In", values=[WRONG_ENVIRONMENT]
                            ),
                        )
                    ]
                ),
                active_deadline_seconds=DEADLINE_SECONDS,
                template=kubernetes.core.v1.PodTemplateSpecArgs(
                    metadata=kubernetes.meta.v1.ObjectMetaArgs(labels={**labels(args.topic_name), **identity.labels}),
                    spec=self._pod(account.metadata.name),
                ),
            ),
            opts=ResourceOptions.merge(
                child,
                ResourceOptions(
                    depends_on=[*args.place.ready, *identity.ready, policy],
                    custom_timeouts=CustomTimeouts(create=f"{DEADLINE_SECONDS + 300}s"),
                ),
            ),
        )
        self.partitions = job.metadata.annotations[PARTITIONS].apply(int)
        self.register_outputs({"partitions": self.partitions})

    def _metadata(
        self, annotations: Mapping[str, Input[str]] | None = None, *, name: str | None = None
    ) -> kubernetes.meta.v1.ObjectMetaArgs:
        """Without a name, Pulumi gives one with a suffix: a new Job is there before the old one goes."""
        return kubernetes.meta.v1.ObjectMetaArgs(
            name=name, namespace=self.args.place.namespace, labels=labels(self.args.topic_name), annotations=annotations
        )

    def _pod(self, account: Output[str]) -> kubernetes.core.v1.PodSpecArgs:
        args = self.args
        environment = {
            **args.connection.settings,
            "TOPIC_PARTITIONS": str(args.partitions),
            "TOPIC_CONFIG": json.dumps(args.config, sort_keys=True),
            "TOPIC_SETTINGS": ",".join(sorted(args.settings)),
        }
        return kubernetes.core.v1.PodSpecArgs(
            service_account_name=account,
            automount_service_account_token=False,
            node_selector=dict(args.platform.node_labels) or None,
            restart_policy="Never",
            security_context=pod_security(),
            containers=[
                kubernetes.core.v1.ContainerArgs(
                    name=CONTAINER,
                    image=args.image,
                    image_pull_policy=args.image.apply(image_pull_policy),
                    env=[
                        kubernetes.core.v1.EnvVarArgs(name=variable, value=value)
                        for variable, value in sorted(environment.items())
                    ],
                    resources=kubernetes.core.v1.ResourceRequirementsArgs(requests=REQUESTS, limits=ROOM),
                    security_context=container_security(),
                    termination_message_policy="FallbackToLogsOnError",
                )
            ],
        )
