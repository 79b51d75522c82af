"""Consumers of a pipe on Kubernetes, the same on EKS, AKS and GKE."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import pulumi_kubernetes as kubernetes
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.consumer import file_key
from components.contracts import Connection, EgressRule, Secret, Workload
from components.kubernetes.collector import KubernetesCollector, metrics_ingress
from components.kubernetes.consumer_pod import METRICS, ConsumerPod, consumer_pod, token_variable
from components.kubernetes.pod_identity import PodIdentity
from components.kubernetes.pods import HTTPS, egress_policy, labels, restricted

NODE_LABEL = {"data-pipes/consumers": "true"}
"""Label of the nodes for consumers."""


@dataclass(frozen=True, kw_only=True)
class ConsumersArgs:
    """Arguments of the consumers of a pipe."""

    workload: Workload
    connection: Connection
    service_account: str
    """Name of the Kubernetes service account. The platform binds a cloud identity to it."""
    identity: PodIdentity
    """Cloud identity of the service account."""
    before_pods: Callable[[str, Output[str], ResourceOptions], Sequence[Resource]]
    """Creates the resources that a namespace needs before pods start in it."""
    node_labels: Mapping[str, str]
    """Labels of the nodes for consumers."""
    collector: KubernetesCollector | None
    """Scrapes the consumers' metrics. None if nothing does."""


class Consumers(ComponentResource):
    """Namespace that admits only restricted pods, with as many consumers as the topic has partitions.

    Identical consumers are a Deployment. Its rollout stops a pod before it starts the next one. If each partition needs its own consumer,
    they are a StatefulSet: its pods have the numbers of the partitions and are replaced one at a time.
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
            data={**workload.consumer.variables, **args.connection.settings, **token_variable(args.connection)},
            opts=self.child,
        )
        own = workload.consumer
        secret_variables = {
            **{name: workload.secrets[secret] for name, secret in own.secrets.items()},
            **args.connection.secrets,
        }
        secret_files = {
            **{PurePosixPath(path): workload.secrets[secret] for path, secret in own.files.items()},
            **args.connection.files,
        }
        secret = self._secret({**secret_variables, **{file_key(path): value for path, value in secret_files.items()}})
        self._network_policy()
        if args.collector:
            args.collector.scrape(name, namespace=self.namespace, labels=self.labels, port=METRICS, opts=self.child)
        kubernetes.policy.v1.PodDisruptionBudget(
            f"{name}-budget",
            metadata=self._metadata(workload.name),
            spec=kubernetes.policy.v1.PodDisruptionBudgetSpecArgs(max_unavailable=1, selector=self._selector()),
            opts=self.child,
        )
        template = kubernetes.core.v1.PodTemplateSpecArgs(
            metadata=kubernetes.meta.v1.ObjectMetaArgs(labels={**self.labels, **args.identity.labels}),
            spec=consumer_pod(
                ConsumerPod(
                    workload=workload,
                    connection=args.connection,
                    service_account=account.metadata.name,
                    settings=settings.metadata.name,
                    secret=secret,
                    secret_variables=secret_variables.keys(),
                    secret_files=secret_files.keys(),
                    labels=self.labels,
                    node_labels=args.node_labels,
                )
            ),
        )
        ready = [*args.identity.ready, *args.before_pods(name, self.namespace, self.child)]
        after = ResourceOptions(parent=self, depends_on=ready)
        self.replicas = (
            self._stateful_set(template, after)
            if args.connection.partition_settings
            else self._deployment(template, after)
        )
        self.register_outputs({"namespace": self.namespace, "replicas": self.replicas})

    def _deployment(self, template: kubernetes.core.v1.PodTemplateSpecArgs, opts: ResourceOptions) -> Output[int]:
        """Create identical pods. The streaming service assigns the partitions to them."""
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

    def _stateful_set(self, template: kubernetes.core.v1.PodTemplateSpecArgs, opts: ResourceOptions) -> Output[int]:
        """Create numbered pods, starting at 0. Each reads the partition with its number. They start and stop in parallel."""
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
        """Return the metadata. Without a name, Pulumi adds a random suffix: changed content creates a new object, and so new pods."""
        return kubernetes.meta.v1.ObjectMetaArgs(
            name=name, namespace=self.namespace, labels=self.labels, annotations=annotations or None
        )

    def _selector(self) -> kubernetes.meta.v1.LabelSelectorArgs:
        return kubernetes.meta.v1.LabelSelectorArgs(match_labels=self.labels)

    def _secret(self, content: Mapping[str, Secret]) -> Output[str] | None:
        """Create the Secret with all secret variables and files, and return its name. None if there are no secrets."""
        if not content:
            return None
        secret = kubernetes.core.v1.Secret(
            f"{self.name}-secret", metadata=self._metadata(), type="Opaque", string_data=content, opts=self.child
        )
        return secret.metadata.name

    def _network_policy(self) -> None:
        """Allow no ingress except the probes of the node and the collector's requests, and egress only to known destinations."""
        workload = self.args.workload
        own = [EgressRule(cidr=rule.cidr, port=rule.port) for rule in workload.consumer.egress]
        egress_rules = [*self.args.connection.egress_rules, *self.args.identity.egress_rules, HTTPS, *own]
        kubernetes.networking.v1.NetworkPolicy(
            f"{self.name}-policy",
            metadata=self._metadata(workload.name),
            spec=kubernetes.networking.v1.NetworkPolicySpecArgs(
                pod_selector=kubernetes.meta.v1.LabelSelectorArgs(),
                policy_types=["Ingress", "Egress"],
                ingress=metrics_ingress(self.args.collector) or None,
                egress=egress_policy(egress_rules),
            ),
            opts=self.child,
        )
