"""The control plane of an EKS cluster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from pulumi import ComponentResource, CustomTimeouts, Input, Output, Resource, ResourceOptions

from components.aws.eks.node_role import NodeRole
from components.aws.eks.settings import VERSIONS
from components.aws.encryption import LogDays, account_key_policy, eks_log_path, key
from components.aws.network.network import Network
from components.aws.policy import auto_mode_trust, document, service_trust
from components.changes import refused_change
from components.kubernetes.versions import one_minor_version_up

ADMIN_POLICY = "AmazonEKSClusterAdminPolicy"
"""Full rights in a cluster (EKS, Access policy permissions)."""

AUTO_MODE_POLICIES = (
    "AmazonEKSComputePolicy",
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
)
"""What a control plane may do besides when it makes nodes, volumes and load balancers itself (EKS, Auto Mode cluster IAM role)."""

LOAD_BALANCING = aws.eks.ClusterKubernetesNetworkConfigArgs(
    elastic_load_balancing=aws.eks.ClusterKubernetesNetworkConfigElasticLoadBalancingArgs(enabled=True)
)
BLOCK_STORAGE = aws.eks.ClusterStorageConfigArgs(
    block_storage=aws.eks.ClusterStorageConfigBlockStorageArgs(enabled=True)
)
"""Auto Mode is enabled as a whole: nodes, load balancers and volumes (EKS, Create an EKS Auto Mode cluster)."""

refuse_version_change = one_minor_version_up(
    "EKS",
    oldest=VERSIONS.versions[0],
    back="goes back only by hand, within seven days of the upgrade and nodes first (docs/aws.md, A new Kubernetes version)",
)
"""A cluster goes up by one minor version at a time (EKS, Update existing cluster to new Kubernetes version). EKS rolls it back by one
(EKS, Roll back a cluster to a previous Kubernetes version; read 2026-11-29), but here the control plane is updated before its nodes.
EKS itself brings a cluster to the oldest version, so the version in the state may be several minor versions older."""


@dataclass(frozen=True, kw_only=True)
class EksClusterArgs:
    """What a control plane is built from."""

    network: Network
    version: str
    admins: Sequence[str]
    """ARNs of roles or users; with none, whoever deploys."""
    public_cidrs: Sequence[str]
    private_cidrs: Sequence[str]
    logs: Sequence[str]
    log_days: LogDays
    protect: bool
    auto_mode: NodeRole | None = None
    """The role of the nodes that EKS makes itself, or None where it makes none."""


class EksCluster(ComponentResource):
    """A control plane that is reached from inside the VPC, keeps its logs and encrypts secrets with a key of its own.

    Who administers it is said by access entries alone, which the plan shows: creating it gives no hidden rights.
    """

    cluster: aws.eks.Cluster
    admission: Sequence[Resource]
    """What lets the administrators in; whatever is made in the cluster waits for it, and goes before it."""

    def __init__(self, name: str, args: EksClusterArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:EksCluster", name, None, opts)
        self.name = name
        self.args = args
        self.child = ResourceOptions(parent=self)
        network = args.network

        encryption = key(
            f"{name}-eks-key",
            purpose=f"Encrypts the Kubernetes secrets of {name}",
            policy=account_key_policy(network.account),
            parent=self,
            protect=args.protect,
        )
        logs = network.logs.group("eks", days=args.log_days, parent=self, path=eks_log_path(name))
        role, rights = self._role(encryption)
        endpoint_group, endpoint_rules = self._endpoint_access()
        self.cluster = aws.eks.Cluster(
            f"{name}-eks",
            name=name,
            version=args.version,
            role_arn=role.arn,
            vpc_config=aws.eks.ClusterVpcConfigArgs(
                subnet_ids=network.public_subnet_ids,
                security_group_ids=[endpoint_group.id],
                endpoint_private_access=True,
                endpoint_public_access=bool(args.public_cidrs),
                public_access_cidrs=list(args.public_cidrs) or None,
            ),
            access_config=aws.eks.ClusterAccessConfigArgs(
                authentication_mode="API", bootstrap_cluster_creator_admin_permissions=False
            ),
            enabled_cluster_log_types=list(args.logs),
            encryption_config=aws.eks.ClusterEncryptionConfigArgs(
                resources=["secrets"], provider=aws.eks.ClusterEncryptionConfigProviderArgs(key_arn=encryption.arn)
            ),
            bootstrap_self_managed_addons=False,
            compute_config=_compute(args.auto_mode) if args.auto_mode else None,
            kubernetes_network_config=LOAD_BALANCING if args.auto_mode else None,
            storage_config=BLOCK_STORAGE if args.auto_mode else None,
            deletion_protection=args.protect,
            tags={"Name": name},
            opts=ResourceOptions(
                parent=self,
                protect=args.protect,
                depends_on=[logs, *rights, *(args.auto_mode.rights if args.auto_mode else ())],
                custom_timeouts=CustomTimeouts(create="30m", update="60m", delete="30m"),
                hooks=refused_change(f"{name}-eks", "platform.version", "version", refuse_version_change),
            ),
        )
        self.admission = [*endpoint_rules, *self._admins()]
        network.account.deployer.apply(self._warn_unless_admin)
        self.register_outputs({"clusterName": self.cluster.name})

    def _role(self, encryption: aws.kms.Key) -> tuple[aws.iam.Role, list[Resource]]:
        """The service role of the control plane, and the rights that it needs to the very end, when it cleans up after itself."""
        name, partition = f"{self.name}-eks", self.args.network.account.partition
        trust = auto_mode_trust() if self.args.auto_mode else service_trust("eks.amazonaws.com")
        for_life = refused_change(name, "platform.compute", "assumeRolePolicy", refuse_auto_mode_change)
        role = aws.iam.Role(
            name,
            assume_role_policy=trust,
            tags={"Name": name},
            opts=ResourceOptions.merge(self.child, ResourceOptions(hooks=for_life)),
        )
        further = {f"{name}-{policy}": policy for policy in AUTO_MODE_POLICIES} if self.args.auto_mode else {}
        attached = [
            aws.iam.RolePolicyAttachment(
                attachment,
                role=role.name,
                policy_arn=Output.concat("arn:", partition, f":iam::aws:policy/{policy}"),
                opts=self.child,
            )
            for attachment, policy in {name: "AmazonEKSClusterPolicy", **further}.items()
        ]
        use_key = aws.iam.RolePolicy(
            f"{name}-key", role=role.name, policy=encryption.arn.apply(_use_key), opts=self.child
        )
        return role, [*attached, use_key]

    def _endpoint_access(self) -> tuple[aws.ec2.SecurityGroup, list[Resource]]:
        """Who reaches the private endpoint: the VPC, and connected networks that the stack file names."""
        group = aws.ec2.SecurityGroup(
            f"{self.name}-eks",
            vpc_id=self.args.network.vpc_id,
            description="Kubernetes API: the VPC and connected networks",
            tags={"Name": f"{self.name}-eks"},
            opts=self.child,
        )
        sources = {
            "vpc": self.args.network.cidr,
            **{cidr.replace("/", "-"): Output.from_input(cidr) for cidr in self.args.private_cidrs},
        }
        rules: list[Resource] = [
            aws.vpc.SecurityGroupIngressRule(
                f"{self.name}-eks-{source}",
                security_group_id=group.id,
                description="Kubernetes API",
                cidr_ipv4=cidr,
                ip_protocol="tcp",
                from_port=443,
                to_port=443,
                opts=self.child,
            )
            for source, cidr in sources.items()
        ]
        return group, rules

    def _admins(self) -> list[Resource]:
        """Let the named administrators in; where none is named, whoever deploys."""
        named = {arn.split(":", 4)[-1].replace(":", "-"): arn for arn in self.args.admins}
        account = self.args.network.account
        admins: Mapping[str, Input[str]] = named or {"deployer": account.deployer}
        admission: list[Resource] = []
        for key_word, arn in admins.items():
            role = f"{self.name}-admin-{key_word}"
            entry = aws.eks.AccessEntry(
                role, cluster_name=self.cluster.name, principal_arn=arn, type="STANDARD", opts=self.child
            )
            rights = aws.eks.AccessPolicyAssociation(
                role,
                cluster_name=self.cluster.name,
                principal_arn=entry.principal_arn,
                policy_arn=Output.concat("arn:", account.partition, f":eks::aws:cluster-access-policy/{ADMIN_POLICY}"),
                access_scope=aws.eks.AccessPolicyAssociationAccessScopeArgs(type="cluster"),
                opts=self.child,
            )
            admission += [entry, rights]
        return admission

    def _warn_unless_admin(self, deployer: str) -> None:
        warning = admission_warning(deployer, self.args.admins)
        if warning:
            pulumi.log.warn(warning, self.cluster)


def admission_warning(deployer: str, admins: Sequence[str]) -> str | None:
    """What to tell whoever deploys a cluster that will refuse them, before it has taken ten minutes to create.

    Only administrators of the deployer's own account count: EKS lets no others in (EKS, Access entries).
    """
    own_account = deployer.split(":")[:5]
    if deployer in admins or not any(admin.split(":")[:5] == own_account for admin in admins):
        return None
    return (
        f"{deployer} runs this deployment and is not among platform.admins, so the cluster will refuse what is made "
        "in it. Add it there, or deploy as one of them."
    )


def refuse_auto_mode_change(present: object, wanted: object) -> str | None:
    """Refuse a step into Auto Mode or out of it on a live cluster, which EKS would make; told by who takes on the cluster's role.

    The role shows it both ways. The cluster does not: the provider leaves computeConfig as it is where a program gives none any
    more (terraform-provider-aws, aws_eks_cluster: optional and computed), and no hook runs before an update that is none.
    """
    before, after = (_of_auto_mode(trust) for trust in (present, wanted))
    if before == after:
        return None
    if after:
        reason = (
            "cannot become auto on a live cluster: EKS has the nodes drained by hand before they go, and moves no volumes "
            "(EKS, Enable EKS Auto Mode on existing clusters)"
        )
    else:
        reason = (
            "cannot go from auto to another on a live cluster: EKS would end all nodes at once, with every consumer on them, and "
            "leave volumes that nothing mounts (EKS, Disable EKS Auto Mode)"
        )
    return (
        f"{reason}. Set compute back; to change it, bring up a stack of another name with the other compute, move the pipes there, "
        "then take this one down."
    )


def _of_auto_mode(trust: object) -> bool:
    """Whether a trust policy is that of a control plane that makes nodes itself."""
    return isinstance(trust, str) and "sts:TagSession" in trust


def _compute(nodes: NodeRole) -> aws.eks.ClusterComputeConfigArgs:
    """Nodes that EKS makes itself.

    The built-in pool, which starts none unless what tolerates its taint asks for them, lets the role into the cluster (EKS, Enable
    or disable built-in NodePools).
    """
    return aws.eks.ClusterComputeConfigArgs(enabled=True, node_pools=["system"], node_role_arn=nodes.role.arn)


def cluster_security_group(cluster: aws.eks.Cluster) -> Output[str]:
    """The group that EKS itself makes and that lets nodes and control plane talk to each other."""
    return cluster.vpc_config.cluster_security_group_id.apply(lambda group: group or "")


def _use_key(arn: str) -> str:
    """What the control plane does with the key of its secrets (EKS, Encrypt Kubernetes secrets with KMS)."""
    return document(
        {
            "Effect": "Allow",
            "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ListGrants", "kms:DescribeKey"],
            "Resource": arn,
        }
    )
