"""What all pods of a stack have in common: no rights on their node, and a way out only to what they are known to call."""

from collections.abc import Iterable, Mapping

import pulumi_kubernetes as kubernetes

from components.consumer import USER
from components.contracts import EgressRule, PodEgressRule

PART_OF = {"app.kubernetes.io/part-of": "data-pipes"}
"""The label of every pod of every stack."""

HTTPS = EgressRule(cidr="0.0.0.0/0", port=443)
"""Where the clouds' APIs and others are called; their addresses are not known beforehand."""


def labels(name: str) -> dict[str, str]:
    """The labels of everything that belongs to the pods of that name (Kubernetes, Recommended Labels)."""
    return {"app.kubernetes.io/name": name, **PART_OF}


def restricted(own: Mapping[str, str]) -> dict[str, str]:
    """The labels of a namespace that admits restricted pods only, besides its own (Kubernetes, Pod Security Standards)."""
    return {**own, **{f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}}


def pod_security() -> kubernetes.core.v1.PodSecurityContextArgs:
    """Nobody's user and group, and the runtime's own list of system calls."""
    return kubernetes.core.v1.PodSecurityContextArgs(
        run_as_non_root=True,
        run_as_user=USER,
        run_as_group=USER,
        fs_group=USER,
        seccomp_profile=kubernetes.core.v1.SeccompProfileArgs(type="RuntimeDefault"),
    )


def container_security() -> kubernetes.core.v1.SecurityContextArgs:
    """No capability, no way to more rights, nothing to write to."""
    return kubernetes.core.v1.SecurityContextArgs(
        allow_privilege_escalation=False,
        privileged=False,
        read_only_root_filesystem=True,
        capabilities=kubernetes.core.v1.CapabilitiesArgs(drop=["ALL"]),
    )


def image_pull_policy(image: str) -> str:
    """A digest is pulled once, and a tag anew for each pod, since it may move."""
    return "IfNotPresent" if "@sha256:" in image else "Always"


def egress_policy(
    egress_rules: Iterable[EgressRule | PodEgressRule],
) -> list[kubernetes.networking.v1.NetworkPolicyEgressRuleArgs]:
    """The rules of a network policy that let pods out to DNS and to the given places."""
    system = kubernetes.meta.v1.LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": "kube-system"})
    dns = kubernetes.networking.v1.NetworkPolicyEgressRuleArgs(
        to=[kubernetes.networking.v1.NetworkPolicyPeerArgs(namespace_selector=system)],
        ports=[
            kubernetes.networking.v1.NetworkPolicyPortArgs(port=53, protocol=protocol) for protocol in ("UDP", "TCP")
        ],
    )
    return [dns, *(_way_out(destination) for destination in egress_rules)]


def _way_out(destination: EgressRule | PodEgressRule) -> kubernetes.networking.v1.NetworkPolicyEgressRuleArgs:
    if isinstance(destination, PodEgressRule):
        labels = {"kubernetes.io/metadata.name": destination.namespace}
        namespace = kubernetes.meta.v1.LabelSelectorArgs(match_labels=labels)
        peer = kubernetes.networking.v1.NetworkPolicyPeerArgs(namespace_selector=namespace)
        port = kubernetes.networking.v1.NetworkPolicyPortArgs(port=destination.port, protocol="TCP")
    else:
        block = kubernetes.networking.v1.IPBlockArgs(cidr=destination.cidr)
        peer = kubernetes.networking.v1.NetworkPolicyPeerArgs(ip_block=block)
        port = kubernetes.networking.v1.NetworkPolicyPortArgs(port=destination.port, protocol=destination.protocol)
    return kubernetes.networking.v1.NetworkPolicyEgressRuleArgs(to=[peer], ports=[port])
