"""Checks of an existing EKS cluster: who is admitted, how pods get an identity, and what enforces network policies."""

import json
from collections.abc import Sequence
from typing import Any, TypeVar

import yaml
from pulumi import Output, RunError

from components.aws.account import partition_of
from components.aws.eks.cluster import ADMIN_POLICY
from components.aws.eks.existing_network import NAME
from components.lookup import unanswered
from components.section import mapping

IDENTITY = "platform.existing.identity"
AUDIENCE = "sts.amazonaws.com"
"""Audience of the tokens of IRSA (EKS, IAM roles for service accounts)."""

AnswerT = TypeVar("AnswerT")


def optional(found: Output[AnswerT]) -> Output[AnswerT | str]:
    """Return the result of a lookup that may fail, or the reason of its failure."""

    def reason(error: Exception) -> str:
        if isinstance(error, RunError):
            raise error  # from a lookup that this one depends on
        return " ".join(str(error).split())

    return found.recover(reason)  # pyright: ignore[reportArgumentType]


def admission(*, mode: str, entry: object, cluster: str, region: str, deployer: str) -> str | None:
    """Return a warning if the cluster may reject the deployer. Raise RunError if it will.

    `entry` is the access entry of the deployer, or the reason why there is none. With the mode API, only access entries admit an
    identity. A cluster with the mode CONFIG_MAP has no entries, and its ConfigMap aws-auth cannot be read from here (EKS, Grant IAM
    users and roles access to Kubernetes APIs).
    """
    if mode == "CONFIG_MAP" or not isinstance(entry, str):
        return None
    policy = f"arn:{partition_of(region)}:eks::aws:cluster-access-policy/{ADMIN_POLICY}"
    where = f"--region {region} --cluster-name {cluster} --principal-arn {deployer}"
    fix = (
        f"Make one: aws eks create-access-entry {where} && "
        f"aws eks associate-access-policy {where} --policy-arn {policy} --access-scope type=cluster"
    )
    if mode == "API":
        rule = f"the name of a cluster with an access entry for {deployer}, which runs this deployment"
        raise unanswered(NAME, rule=rule, got=cluster, reason=entry, fix=fix)
    return f"{NAME}: {deployer} runs this deployment and has no access entry in {cluster}. If the ConfigMap aws-auth does not admit it either, the cluster will reject the deployment. {fix}"


def agent(*, auto: bool, addon: object, cluster: str, region: str) -> None:
    """Raise RunError if the cluster has no Pod Identity agent. In Auto Mode it is built in (EKS, Set up the Amazon EKS Pod Identity Agent)."""
    if auto or not isinstance(addon, str):
        return
    raise unanswered(
        IDENTITY,
        rule="irsa for a cluster without the EKS Pod Identity agent",
        got="pod-identity",
        reason=addon,
        fix=(
            f"Install the agent: aws eks create-addon --region {region} --cluster-name {cluster} --addon-name eks-pod-identity-agent. "
            "Or set identity to irsa."
        ),
    )


def audience(clients: Sequence[str], *, provider: str) -> None:
    """Raise RunError if the OIDC provider does not accept the tokens of pods."""
    if AUDIENCE in clients:
        return
    fix = f"Add it: aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn {provider} --client-id {AUDIENCE}"
    rule = f"irsa only if the OIDC provider of the cluster has the audience {AUDIENCE}"
    raise unanswered(
        IDENTITY, rule=rule, got="irsa", reason=f"its audiences are {', '.join(clients) or 'none'}", fix=fix
    )


def policy_engine(*, auto: bool, cni: object, cluster: str, region: str) -> str | None:
    """Return a warning if nothing is known to enforce network policies. `cni` has the settings of the add-on vpc-cni, None without it."""
    weaker = f"{NAME}: nothing is known to enforce the network policies of the pipes in {cluster}, so their pods may reach everything that the nodes reach."
    if auto:
        return (
            f"{weaker} EKS Auto Mode does if its controller is enabled (EKS, Use network policies with EKS Auto Mode): kubectl -n kube-system "
            "create configmap amazon-vpc-cni --from-literal enable-network-policy-controller=true"
        )
    if cni is None:
        return f"{weaker} If Calico or Cilium does, ignore this. The add-on vpc-cni does with enableNetworkPolicy."
    settings = settings_of(cni)
    if str(settings.get("enableNetworkPolicy", "false")).lower() == "true":
        return None
    wanted = json.dumps({**settings, "enableNetworkPolicy": "true"})
    return (
        f"{weaker} The add-on vpc-cni does with enableNetworkPolicy: aws eks update-addon --region {region} --cluster-name {cluster} "
        f"--addon-name vpc-cni --resolve-conflicts PRESERVE --configuration-values '{wanted}'"
    )


def settings_of(addon: object) -> dict[str, Any]:
    """Return the settings of an add-on, which are JSON or YAML (EKS API, CreateAddon). Empty if there are none."""
    try:
        return dict(mapping(yaml.safe_load(addon)) or {}) if isinstance(addon, str) else {}
    except yaml.YAMLError:
        return {}
