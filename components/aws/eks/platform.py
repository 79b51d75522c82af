"""Amazon EKS: private Kubernetes cluster, base class for all kinds of compute."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
from pulumi import Output, Resource, ResourceOptions
from typing_extensions import override

from components.arguments import PlatformArgs
from components.aws.eks.cluster import EksCluster, EksClusterArgs
from components.aws.eks.irsa import issuer
from components.aws.eks.node_role import NodeRole
from components.aws.eks.pod_identity import PodRole, PodRoleArgs
from components.aws.eks.prometheus import ManagedPrometheus, ManagedPrometheusArgs
from components.aws.eks.settings import EksSettings
from components.aws.eks.volumes import storage_class
from components.aws.network.network import Network
from components.aws.registry import EcrRegistry
from components.contracts import EgressRule, Grant
from components.kubernetes.collector import KubernetesCollector
from components.kubernetes.platform import KubernetesPlatform
from components.kubernetes.pod_identity import PodIdentity
from components.kubernetes.prometheus_operator import OperatorCollector

POD_IDENTITY_AGENT = EgressRule(cidr="169.254.170.23/32", port=80)
"""Egress rule for the Pod Identity agent, which gives pods their credentials (EKS, How EKS Pod Identity works)."""


class Eks(KubernetesPlatform, ABC):
    """EKS cluster with its compute. Each kind of compute has a subclass."""

    cluster: aws.eks.Cluster
    kubeconfig: Output[str]
    volume_provisioner: ClassVar[str]
    """The CSI driver that provisions the volumes of pods."""

    def __init__(
        self, name: str, args: PlatformArgs[EksSettings, Network, EcrRegistry], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("data-pipes:aws:Eks", name, None, opts)
        self.name = name
        self.args = args
        self.network = args.network
        settings = args.settings

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
                auto_mode=self._auto_mode(),
            ),
            ResourceOptions(parent=self),
        )
        self.cluster = control_plane.cluster
        self.issuer = issuer(self.cluster)
        compute = self._compute()

        self.kubeconfig = Output.secret(self._kubeconfig())
        self.provider = kubernetes.Provider(
            f"{name}-kubernetes",
            kubeconfig=self.kubeconfig,
            cluster_identifier=self.cluster.endpoint,
            delete_unreachable=not args.protect,
            opts=ResourceOptions(parent=self, depends_on=[*compute, *control_plane.admission]),
        )
        self.metrics = self._collector()
        inside = ResourceOptions(parent=self, provider=self.provider)
        self.volume_class = (
            storage_class(name, self.volume_provisioner, inside).metadata.name if settings.volumes else None
        )
        self._inside(inside)
        self.outputs = {"clusterName": self.cluster.name, "kubeconfig": self.kubeconfig}
        self.register_outputs(dict(self.outputs))

    def _auto_mode(self) -> NodeRole | None:
        """Return the node role of Auto Mode. None if Auto Mode is disabled."""
        return None

    @abstractmethod
    def _compute(self) -> Sequence[Resource]:
        """Make the compute and return the resources that everything in the cluster depends on."""

    def _inside(self, opts: ResourceOptions) -> None:
        """Make Kubernetes resources that the cluster itself needs. By default there are none."""

    def _collector(self) -> KubernetesCollector | None:
        """Make the collector of the stack file. None if it has none."""
        choices = {"managed": self._managed, "operator": lambda: OperatorCollector(self.name, self.provider)}
        choice = choices.get(self.args.monitoring.collector or "none")
        return choice() if choice else None

    def _managed(self) -> KubernetesCollector:
        args = ManagedPrometheusArgs(cluster=self.cluster, network=self.network)
        return ManagedPrometheus(self.name, args, ResourceOptions(parent=self))

    def _kubeconfig(self) -> Output[str]:
        """Return the kubeconfig. It contains no token: the AWS CLI gets a new one for each use."""
        account = self.network.account

        def render(known: Mapping[str, str]) -> str:
            return kubeconfig(region=account.region, profile=account.profile, **known)

        authority = self.cluster.certificate_authority.data
        return Output.all(cluster=self.cluster.name, endpoint=self.cluster.endpoint, authority=authority).apply(render)

    @override
    def identity(
        self, name: str, *, namespace: str, service_account: str, grants: Sequence[Grant], opts: ResourceOptions
    ) -> PodIdentity:
        """Give a service account an IAM role with EKS Pod Identity."""
        role = PodRole(
            name,
            PodRoleArgs(
                account=self.network.account,
                cluster_arn=self.cluster.arn,
                cluster_name=self.cluster.name,
                namespace=namespace,
                service_account=service_account,
                grants=grants,
            ),
            opts,
        )
        return PodIdentity(ready=[role.association], egress_rules=[POD_IDENTITY_AGENT])


def kubeconfig(*, cluster: str, endpoint: str, authority: str, region: str, profile: str | None) -> str:
    """Return a kubeconfig that authenticates with the identity of the AWS CLI (EKS, Create or update a kubeconfig file)."""
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
