"""Broker discovery for clusters whose cloud API does not return broker names: a Job reads them from Ambari into a ConfigMap."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_kubernetes as kubernetes
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.changes import ChangeRule, guard
from components.contracts import Secret
from components.kubernetes.jobs.job import AGAIN, TIMEOUTS, Program, job_spec
from components.kubernetes.jobs.topic import NAMESPACE, TopicNamespace
from components.kubernetes.platform import KubernetesPlatform
from components.kubernetes.pods import HTTPS, egress_policy, labels

NAME = "data-pipes-brokers"
"""Name of all objects of the Job. No pipe name may begin with it."""

BROKERS = "data-pipes/brokers"
"""Annotation with the expected number of brokers."""

COMMAND = ("python", "/app/brokers.py")
"""The discovery program, in the same image as the program that creates topics."""

KEY = "bootstrapServers"
"""Key that the program sets in the ConfigMap."""


@dataclass(frozen=True, kw_only=True)
class BrokersJobArgs:
    """Arguments of BrokersJob."""

    gateway: Input[str]
    """URL of the cluster's Ambari, such as https://name-int.azurehdinsight.net."""
    address: Input[str]
    """Address or name of the gateway in the network."""
    cluster: Input[str]
    """Name of the cluster in Ambari."""
    username: str
    password: Secret
    brokers: int
    """Expected number of brokers. The Job runs again when it changes."""
    setting: str
    """Key of that number in the stack file."""
    rule: ChangeRule
    """Rule that refuses a change of the number."""
    image: Output[str]
    """Image of the programs in topic/."""
    topic_namespace: TopicNamespace
    """Namespace of the Job."""
    platform: KubernetesPlatform


class BrokersJob(ComponentResource):
    """A Job that writes the brokers into a ConfigMap, the only object in the cluster that it may read or change.

    Only this Job has the gateway's password and a token for the Kubernetes API. Its network policy allows HTTPS to every address.
    This includes the Kubernetes API: AKS runs it outside the cluster's nodes, so Cilium matches it by address (Cilium, Kube API
    Server entity).
    """

    bootstrap_servers: Output[str]
    """Known when the Job has completed. Resources that use it wait for the Job."""

    def __init__(self, name: str, args: BrokersJobArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:kubernetes:BrokersJob", name, None, opts)
        self.args = args
        child = ResourceOptions(parent=self, provider=args.platform.provider)
        found = kubernetes.core.v1.ConfigMap(
            f"{name}-found",
            metadata=self._metadata(),
            opts=ResourceOptions.merge(child, ResourceOptions(ignore_changes=["data"])),
        )
        credentials = kubernetes.core.v1.Secret(
            f"{name}-credentials",
            metadata=self._metadata(),
            type="Opaque",
            string_data={"AMBARI_USERNAME": args.username, "AMBARI_PASSWORD": args.password},
            opts=child,
        )
        # A new number replaces the Job, and replacements run no update hook. The account is updated in place, so its hook can refuse.
        account = kubernetes.core.v1.ServiceAccount(
            f"{name}-account",
            metadata=self._metadata({BROKERS: str(args.brokers)}),
            automount_service_account_token=False,
            opts=ResourceOptions.merge(
                child,
                ResourceOptions(
                    hooks=guard(f"{name}-account", args.setting, f'metadata.annotations["{BROKERS}"]', args.rule)
                ),
            ),
        )
        right = self._right(name, account.metadata.name, child)
        policy = kubernetes.networking.v1.NetworkPolicy(
            f"{name}-policy",
            metadata=self._metadata(),
            spec=kubernetes.networking.v1.NetworkPolicySpecArgs(
                pod_selector=kubernetes.meta.v1.LabelSelectorArgs(match_labels=labels(NAME)),
                policy_types=["Ingress", "Egress"],
                egress=egress_policy([HTTPS]),
            ),
            opts=child,
        )
        job = kubernetes.batch.v1.Job(
            f"{name}-job",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(
                namespace=args.topic_namespace.namespace,
                labels=labels(NAME),
                annotations={BROKERS: str(args.brokers), **AGAIN},
            ),
            spec=job_spec(
                Program(
                    name="brokers",
                    image=args.image,
                    command=COMMAND,
                    environment={
                        "AMBARI_URL": args.gateway,
                        "AMBARI_ADDRESS": args.address,
                        "AMBARI_CLUSTER": args.cluster,
                        "BROKERS": str(args.brokers),
                        "CONFIG_MAP": found.metadata.name,
                    },
                    secret=credentials.metadata.name,
                    labels=labels(NAME),
                    account=account.metadata.name,
                    token=True,
                    node_labels=args.platform.node_labels,
                )
            ),
            opts=ResourceOptions.merge(
                child,
                ResourceOptions(depends_on=[*args.topic_namespace.ready, right, policy], custom_timeouts=TIMEOUTS),
            ),
        )
        written = kubernetes.core.v1.ConfigMap.get(
            f"{name}-told",
            job.id.apply(lambda _: f"{NAMESPACE}/{NAME}"),
            opts=ResourceOptions.merge(child, ResourceOptions(depends_on=[job])),
        )
        self.bootstrap_servers = written.data.apply(lambda data: data[KEY])
        self.register_outputs({"bootstrapServers": self.bootstrap_servers})

    def _right(self, name: str, account: Output[str], child: ResourceOptions) -> Resource:
        """Make the permission to read and change the one ConfigMap."""
        role = kubernetes.rbac.v1.Role(
            f"{name}-role",
            metadata=self._metadata(),
            rules=[
                kubernetes.rbac.v1.PolicyRuleArgs(
                    api_groups=[""], resources=["configmaps"], resource_names=[NAME], verbs=["get", "patch"]
                )
            ],
            opts=child,
        )
        return kubernetes.rbac.v1.RoleBinding(
            f"{name}-role",
            metadata=self._metadata(),
            role_ref=kubernetes.rbac.v1.RoleRefArgs(
                api_group="rbac.authorization.k8s.io", kind="Role", name=role.metadata.name
            ),
            subjects=[
                kubernetes.rbac.v1.SubjectArgs(
                    kind="ServiceAccount", name=account, namespace=self.args.topic_namespace.namespace
                )
            ],
            opts=child,
        )

    def _metadata(self, annotations: Mapping[str, Input[str]] | None = None) -> kubernetes.meta.v1.ObjectMetaArgs:
        return kubernetes.meta.v1.ObjectMetaArgs(
            name=NAME, namespace=self.args.topic_namespace.namespace, labels=labels(NAME), annotations=annotations
        )
