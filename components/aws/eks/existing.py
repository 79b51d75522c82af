"""An EKS cluster that was there before the stack."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from ipaddress import IPv4Network
from types import MappingProxyType
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
from pulumi import InvokeOptions, Output, ResourceOptions
from typing_extensions import override

from components.arguments import PlatformArgs
from components.aws.eks.existing_checks import IDENTITY, admission, agent, audience, optional, policy_engine
from components.aws.eks.existing_network import ClusterNetwork
from components.aws.eks.existing_settings import ExistingEksSettings
from components.aws.eks.irsa import ServiceAccountRole, ServiceAccountRoleArgs, issuer
from components.aws.eks.platform import POD_IDENTITY_AGENT, kubeconfig
from components.aws.eks.pod_identity import PodRole, PodRoleArgs
from components.contracts import EgressRule, Grant
from components.external_registry import ExternalRegistry
from components.kubernetes.platform import KubernetesPlatform
from components.kubernetes.pod_identity import PodIdentity
from components.kubernetes.prometheus_operator import OperatorCollector
from components.lookup import lookup

NODE_LOCAL_DNS = "169.254.20.10/32"
"""Address of a DNS cache on each node, if the owner installed one (Kubernetes, Using NodeLocal DNSCache)."""


class ExistingEks(KubernetesPlatform, ABC):
    """EKS cluster of another owner. The program makes namespaces, identities and consumers in it, and changes nothing else.

    Consumers may run on all nodes. Each way to give pods an identity has a subclass.
    """

    node_labels = MappingProxyType[str, str]({})
    cluster: aws.eks.Cluster
    kubeconfig: Output[str]

    def __init__(
        self,
        name: str,
        args: PlatformArgs[ExistingEksSettings, ClusterNetwork, ExternalRegistry],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("data-pipes:aws:ExistingEks", name, None, opts)
        self.name = name
        self.args = args
        self.options = InvokeOptions(parent=self)
        self.found = args.network.cluster
        self.auto_mode = self.found.apply(lambda cluster: any(each.enabled for each in cluster.compute_configs))
        # The id depends on the check, so nothing is made in a cluster that would reject it.
        checked = Output.all(self.found.name, self._admission())
        self.cluster = aws.eks.Cluster.get(
            f"{name}-eks", checked.apply(lambda known: known[0]), opts=ResourceOptions(parent=self)
        )
        self._check_policies()
        self.issuer = issuer(self.cluster)
        self.kubeconfig = Output.secret(self._kubeconfig())
        self.provider = kubernetes.Provider(
            f"{name}-kubernetes",
            kubeconfig=self.kubeconfig,
            cluster_identifier=self.cluster.endpoint,
            delete_unreachable=False,  # the cluster survives this stack, so what cannot be reached still runs
            opts=ResourceOptions(parent=self),
        )
        self.metrics = OperatorCollector(name, self.provider) if args.monitoring.collector == "operator" else None
        storage_class = args.settings.existing.storage_class
        self.volume_class = Output.from_input(storage_class) if storage_class else None
        self.outputs = {"clusterName": self.cluster.name, "kubeconfig": self.kubeconfig}
        self.register_outputs(dict(self.outputs))

    @abstractmethod
    def _check_identity(self) -> Output[Any]:
        """Raise RunError if pods cannot get an identity in this way."""

    @cached_property
    def identity_checked(self) -> Output[Any]:
        """The result of the check, which is made only if a service account needs an identity."""
        return self._check_identity()

    @property
    def _without_identity(self) -> PodIdentity:
        """Return what pods get that need no permissions."""
        return PodIdentity(ready=[], egress_rules=self._dns)

    def _addon(self, addon_name: str) -> Output[Any]:
        """Return an add-on of the cluster, or the reason why there is none."""
        return optional(
            aws.eks.get_addon_output(cluster_name=self.found.name, addon_name=addon_name, opts=self.options)
        )

    def _admission(self) -> Output[Any]:
        """Check that the cluster admits the deployer."""
        account = self.args.network.account
        entry = aws.eks.get_access_entry_output(
            cluster_name=self.found.name, principal_arn=account.deployer, opts=self.options
        )

        def check(known: Mapping[str, Any]) -> None:
            self._warn(admission(region=account.region, **known))

        return Output.all(
            mode=self.found.access_configs[0].authentication_mode,
            entry=optional(entry).apply(lambda found: found if isinstance(found, str) else None),
            cluster=self.found.name,
            deployer=account.deployer,
        ).apply(check)

    def _check_policies(self) -> None:
        """Warn if nothing is known to enforce network policies."""

        def check(known: Mapping[str, Any]) -> None:
            self._warn(policy_engine(region=self.args.network.account.region, **known))

        Output.all(
            auto=self.auto_mode,
            cni=self._addon("vpc-cni").apply(
                lambda addon: None if isinstance(addon, str) else addon.configuration_values
            ),
            cluster=self.found.name,
        ).apply(check)

    def _warn(self, warning: str | None) -> None:
        if warning:
            pulumi.log.warn(warning, self)

    def _kubeconfig(self) -> Output[str]:
        """Return the kubeconfig of the deployer."""
        account = self.args.network.account

        def render(known: Mapping[str, str]) -> str:
            return kubeconfig(region=account.region, profile=account.profile, **known)

        authority = self.cluster.certificate_authority.data
        return Output.all(cluster=self.cluster.name, endpoint=self.cluster.endpoint, authority=authority).apply(render)

    @property
    def _dns(self) -> Sequence[EgressRule]:
        """Return egress to the DNS of the cluster by address: in Auto Mode, and with a cache on each node, it is not a pod of kube-system.

        With the default service ranges DNS has the address 10.100.0.10 or 172.20.0.10 (EKS, Create an EKS Auto Mode cluster). For other
        ranges EKS documents no address; amazon-eks-ami uses the tenth one too.
        """
        address = self.cluster.kubernetes_network_config.service_ipv4_cidr.apply(dns_address)
        return [
            EgressRule(cidr=cidr, port=53, protocol=protocol)
            for cidr in (address, NODE_LOCAL_DNS)
            for protocol in ("UDP", "TCP")
        ]


class ExistingEksWithAgent(ExistingEks):
    """Existing cluster with the EKS Pod Identity agent."""

    @override
    def _check_identity(self) -> Output[Any]:
        def check(known: Mapping[str, Any]) -> None:
            agent(region=self.args.network.account.region, **known)

        addon = self._addon("eks-pod-identity-agent").apply(lambda found: found if isinstance(found, str) else None)
        return Output.all(auto=self.auto_mode, addon=addon, cluster=self.found.name).apply(check)

    @override
    def identity(
        self, name: str, *, namespace: str, service_account: str, grants: Sequence[Grant], opts: ResourceOptions
    ) -> PodIdentity:
        """Give a service account an IAM role with EKS Pod Identity. Without grants it needs none."""
        if not grants:
            return self._without_identity
        role = PodRole(
            name,
            PodRoleArgs(
                account=self.args.network.account,
                cluster_arn=self.cluster.arn,
                cluster_name=Output.all(self.cluster.name, self.identity_checked).apply(lambda known: known[0]),
                namespace=namespace,
                service_account=service_account,
                grants=grants,
            ),
            opts,
        )
        return PodIdentity(ready=[role.association], egress_rules=[POD_IDENTITY_AGENT, *self._dns])


class ExistingEksWithIssuer(ExistingEks):
    """Existing cluster with an OIDC provider in IAM."""

    @override
    def _check_identity(self) -> Output[str]:
        cluster, region = self.args.settings.existing.name, self.args.network.account.region
        tokens = self.found.identities[0].oidcs[0].issuer
        found = lookup(
            aws.iam.get_open_id_connect_provider_output(url=tokens, opts=self.options),
            IDENTITY,
            rule="pod-identity for a cluster without an OIDC provider in IAM",
            got="irsa",
            fix=(
                f"Make the provider: eksctl utils associate-iam-oidc-provider --region {region} --cluster {cluster} --approve. "
                "Or set identity to pod-identity."
            ),
        )

        def check(known: Sequence[Any]) -> str:
            clients, arn = known
            audience(clients, provider=arn)
            return arn

        return Output.all(found.client_id_lists, found.arn).apply(check)

    @override
    def identity(
        self, name: str, *, namespace: str, service_account: str, grants: Sequence[Grant], opts: ResourceOptions
    ) -> PodIdentity:
        """Give a service account an IAM role through its cluster token (IAM roles for service accounts). Without grants it needs none."""
        if not grants:
            return self._without_identity
        role = ServiceAccountRole(
            name,
            ServiceAccountRoleArgs(
                issuer=self.issuer,
                provider_arn=self.identity_checked,
                namespace=namespace,
                service_account=service_account,
                grants=grants,
            ),
            opts,
        )
        annotations = {"eks.amazonaws.com/role-arn": role.role_arn}
        return PodIdentity(ready=role.rights, annotations=annotations, egress_rules=self._dns)


IDENTITIES: Mapping[str, type[ExistingEks]] = {"pod-identity": ExistingEksWithAgent, "irsa": ExistingEksWithIssuer}


def existing_eks(
    name: str, args: PlatformArgs[ExistingEksSettings, ClusterNetwork, ExternalRegistry], opts: ResourceOptions
) -> ExistingEks:
    """Adopt an EKS cluster whose pods get their identity as in the settings."""
    return IDENTITIES[args.settings.existing.identity](name, args, opts)


def dns_address(services: str) -> str:
    """Return the range with only the DNS address of a cluster, from the range of its services."""
    return f"{IPv4Network(services)[10]}/32"
