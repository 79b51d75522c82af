"""Amazon EKS: a private Kubernetes cluster and the consumers that run on it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
from pulumi import Output, Resource, ResourceOptions
from pydantic import AfterValidator, Field, model_validator
from typing_extensions import override

from components.aws.eks_cluster import EksCluster, EksClusterArgs
from components.aws.eks_nodes import EksNodes, EksNodesArgs
from components.aws.encryption import LogDays
from components.aws.identity import PodRole, PodRoleArgs
from components.aws.instance import instance
from components.aws.network import Network
from components.aws.registry import EcrRegistry
from components.contracts import (
    Destination,
    Grant,
    PipeSettings,
    PlatformArgs,
    ServiceSettings,
    Surroundings,
)
from components.kubernetes.capacity import nodes_for, replica_room, replicas_on
from components.kubernetes.consumers import NODE_LABEL
from components.kubernetes.platform import KubernetesPlatform, PodIdentity, consumer_mistakes
from components.section import ClosedCidr, Distinct, Form, Mistake, QuotedText, Section

POD_IDENTITY_AGENT = Destination(cidr="169.254.170.23/32", port=80)
"""Where pods get their credentials (EKS, How EKS Pod Identity works)."""

OLDEST_MINOR = 32
"""The extended support of Kubernetes 1.31 ends on 2026-11-26 (EKS, Kubernetes versions)."""

ControlPlaneLog = Literal["api", "audit", "authenticator", "controllerManager", "scheduler"]


def _has_audit(logs: tuple[ControlPlaneLog, ...]) -> tuple[ControlPlaneLog, ...]:
    missing = [log for log in ("api", "audit") if log not in logs]
    if missing:
        raise ValueError(f"must name {' and '.join(missing)} too: api and audit tell who did what; add it")
    return logs


def _supported(version: str) -> str:
    if int(version.split(".")[1]) < OLDEST_MINOR:
        raise ValueError(f"must be 1.{OLDEST_MINOR} or later, the oldest that EKS still runs, not {version}; use 1.35")
    return version


def _known_instance(name: str) -> str:
    instance(name)
    return name


class EndpointSettings(Section, frozen=True):
    """From where the Kubernetes API may be reached, besides the VPC itself."""

    public_cidrs: Annotated[tuple[ClosedCidr, ...], Distinct] = ()
    """The ranges on the internet that may reach the Kubernetes API; with none it has no public endpoint."""
    private_cidrs: Annotated[tuple[ClosedCidr, ...], Distinct] = ()
    """The ranges of connected networks that may reach the private endpoint, such as a VPN's."""


class NodeSettings(Section, frozen=True):
    """The nodes that consumers run on."""

    instance_type: Annotated[str, AfterValidator(_known_instance)] = "m5.large"
    """The EC2 instance type of each node."""
    min: Annotated[int, Field(ge=1, le=450)] = 3
    """The number of nodes below which the group never goes; three are one in each zone."""
    max: Annotated[int, Field(ge=1, le=450)] = 6
    """The number of nodes above which the group never goes; a managed node group has 450 at most (EKS quota)."""
    disk_size: Annotated[int, Field(ge=20, le=16_384)] = 50
    """The disk of each node in GiB."""

    @model_validator(mode="after")
    def _in_order(self) -> "NodeSettings":
        if self.min > self.max:
            raise ValueError(f"max must be at least min, not {self.max} with min {self.min}; raise max or lower min")
        return self


class EksSettings(ServiceSettings, frozen=True):
    """The platform section of a stack file, for EKS."""

    cloud_services = ("ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "logs", "sts")
    """Those of a private cluster (EKS, Private clusters)."""

    service: Literal["eks"]
    """Always eks."""
    version: Annotated[
        QuotedText,
        Form(r"1\.[1-9][0-9]", 'a Kubernetes version of two numbers in quotes, such as "1.35"'),
        AfterValidator(_supported),
    ] = "1.35"
    """The Kubernetes version; a cluster goes up by one minor version at a time (EKS, Update cluster version)."""
    admins: Annotated[
        tuple[Annotated[str, Form(r"arn:[a-z-]+:iam::\d{12}:(role|user)/.+", "the ARN of an IAM role or user")], ...],
        Field(max_length=100),
        Distinct,
    ] = ()
    """The ARNs of the IAM roles or users that administer the cluster, by default whoever runs Pulumi.

    Name them, yourself among them, where several people or a CI runner deploy: without, only the last one keeps the rights.
    """
    endpoint: EndpointSettings = EndpointSettings()
    """From where the Kubernetes API may be reached."""
    logs: Annotated[tuple[ControlPlaneLog, ...], Distinct, AfterValidator(_has_audit)] = ("api", "audit")
    """The control plane's logs that are kept; api and audit always are."""
    log_days: LogDays = 90
    """How many days the control plane's logs are kept."""
    nodes: NodeSettings = NodeSettings()
    """The nodes that consumers run on."""

    def nodes_needed(self, pipes: Mapping[str, PipeSettings]) -> int:
        """How many nodes hold all replicas of all pipes; raises ValueError where one replica is larger than a node."""
        groups = [(replica_room(pipe.consumer.cpu, pipe.consumer.memory), pipe.parallelism) for pipe in pipes.values()]
        return nodes_for(instance(self.nodes.instance_type).room, groups)

    @override
    def mistakes(self, rest: Surroundings) -> Iterator[Mistake]:
        """Yield replicas that no node holds, and more replicas than the largest number of nodes holds."""
        yield from consumer_mistakes(rest.pipes)
        node = instance(self.nodes.instance_type).room
        fitting: dict[str, PipeSettings] = {}
        for name, pipe in rest.pipes.items():
            if node.holds(replica_room(pipe.consumer.cpu, pipe.consumer.memory)):
                fitting[name] = pipe
                continue
            text = (
                f"asks for {pipe.consumer.cpu} CPU and {pipe.consumer.memory}, and an empty {self.nodes.instance_type} has {node.cpu}m and "
                f"{node.memory}Mi for consumers; lower cpu or memory, or choose a larger platform.nodes.instanceType"
            )
            yield Mistake(path=("pipes", name, "consumer"), text=text)
        needed = self.nodes_needed(fitting)
        if needed > self.nodes.max:
            shares = ", ".join(
                f"{name} {pipe.parallelism} replicas of {pipe.consumer.cpu} and {pipe.consumer.memory} at "
                f"{replicas_on(node, replica_room(pipe.consumer.cpu, pipe.consumer.memory))} a node"
                for name, pipe in fitting.items()
            )
            text = (
                f"is {self.nodes.max}, and all replicas need {needed} nodes of {self.nodes.instance_type} ({node.cpu}m and {node.memory}Mi "
                f"each for consumers): {shares}; raise max to {needed}, choose a larger instanceType, or lower cpu and memory of the consumers"
            )
            yield Mistake(path=("platform", "nodes", "max"), text=text)


class Eks(KubernetesPlatform):
    """A Kubernetes cluster with nodes for all consumers and the add-ons that they need, in an order that works."""

    cluster: aws.eks.Cluster
    kubeconfig: Output[str]
    node_labels = NODE_LABEL

    def __init__(
        self, name: str, args: PlatformArgs[EksSettings, Network, EcrRegistry], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("data-pipes:aws:Eks", name, None, opts)
        self.name = name
        settings, self.network = args.settings, args.network
        child = ResourceOptions(parent=self)

        control_plane = EksCluster(
            name,
            EksClusterArgs(
                network=args.network,
                version=settings.version,
                admins=settings.admins,
                public_cidrs=settings.endpoint.public_cidrs,
                private_cidrs=settings.endpoint.private_cidrs,
                logs=settings.logs,
                log_days=settings.log_days,
                protect=args.protect,
            ),
            child,
        )
        self.cluster = control_plane.cluster
        network_policy = json.dumps({"enableNetworkPolicy": "true"})
        before_nodes = [
            self._addon("vpc-cni", configuration=network_policy),
            self._addon("kube-proxy"),
            self._addon("eks-pod-identity-agent"),
        ]
        nodes = EksNodes(
            name,
            EksNodesArgs(
                cluster=self.cluster,
                network=args.network,
                registry=args.registry,
                instance=instance(settings.nodes.instance_type),
                minimum=settings.nodes.min,
                desired=max(settings.nodes.min, settings.nodes_needed(args.pipes)),
                maximum=settings.nodes.max,
                disk_size=settings.nodes.disk_size,
                after=[*args.network.way_out, *before_nodes],
            ),
            child,
        )
        coredns = self._addon("coredns", after=[nodes.group])

        self.kubeconfig = Output.secret(self._kubeconfig())
        self.provider = kubernetes.Provider(
            f"{name}-kubernetes",
            kubeconfig=self.kubeconfig,
            cluster_identifier=self.cluster.endpoint,
            delete_unreachable=not args.protect,
            opts=ResourceOptions(parent=self, depends_on=[nodes.group, coredns, *control_plane.admission]),
        )
        self.outputs = {"clusterName": self.cluster.name, "kubeconfig": self.kubeconfig}
        self.register_outputs(dict(self.outputs))

    def _addon(self, addon: str, *, configuration: str | None = None, after: Sequence[Resource] = ()) -> aws.eks.Addon:
        return aws.eks.Addon(
            f"{self.name}-{addon}",
            addon_name=addon,
            cluster_name=self.cluster.name,
            configuration_values=configuration,
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="OVERWRITE",
            tags={"Name": f"{self.name}-{addon}"},
            opts=ResourceOptions(parent=self, depends_on=list(after)),
        )

    def _kubeconfig(self) -> Output[str]:
        """How to reach the cluster: with a token that the AWS CLI fetches anew for each use, never with a stored one."""
        account = self.network.account

        def render(known: Mapping[str, str]) -> str:
            return kubeconfig(region=account.region, profile=account.profile, **known)

        authority = self.cluster.certificate_authority.data
        return Output.all(cluster=self.cluster.name, endpoint=self.cluster.endpoint, authority=authority).apply(render)

    @override
    def identity(
        self, name: str, *, namespace: str, service_account: str, grants: Sequence[Grant], opts: ResourceOptions
    ) -> PodIdentity:
        """Give a service account an IAM role by EKS Pod Identity."""
        role = PodRole(
            name,
            PodRoleArgs(
                account=self.network.account,
                cluster=self.cluster,
                namespace=namespace,
                service_account=service_account,
                grants=grants,
            ),
            opts,
        )
        return PodIdentity(ready=[role.association], destinations=[POD_IDENTITY_AGENT])


def kubeconfig(*, cluster: str, endpoint: str, authority: str, region: str, profile: str | None) -> str:
    """A kubeconfig whose user is whoever the AWS CLI takes one for (EKS, Create or update a kubeconfig file)."""
    arguments = ["eks", "get-token", "--cluster-name", cluster, "--region", region, "--output", "json"]
    login = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "aws",
        "args": [*arguments, *(["--profile", profile] if profile else [])],
        "interactiveMode": "Never",
    }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": cluster, "cluster": {"server": endpoint, "certificate-authority-data": authority}}],
        "users": [{"name": cluster, "user": {"exec": login}}],
        "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": cluster}}],
        "current-context": cluster,
    }
    return json.dumps(config)
