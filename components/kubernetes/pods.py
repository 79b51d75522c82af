"""Labels, security contexts and network policies of all pods."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath

import pulumi_kubernetes as kubernetes
from pulumi import Output

from components.consumer import USER, file_key
from components.contracts import EgressRule, PodEgressRule

PART_OF = {"app.kubernetes.io/part-of": "data-pipes"}
"""Label of all pods of all stacks."""

SECRET_VOLUME = "secret-files"

HTTPS = EgressRule(cidr="0.0.0.0/0", port=443)
"""Egress for cloud APIs and other HTTPS services. Their addresses are not known in advance."""


def labels(name: str) -> dict[str, str]:
    """Return the labels of pods and their related objects (Kubernetes, Recommended Labels)."""
    return {"app.kubernetes.io/name": name, **PART_OF}


def restricted(own: Mapping[str, str]) -> dict[str, str]:
    """Add the labels of a namespace that admits only restricted pods (Kubernetes, Pod Security Standards)."""
    return {**own, **{f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}}


def pod_security() -> kubernetes.core.v1.PodSecurityContextArgs:
    """Return the security context of a pod: non-root user and group, default seccomp profile."""
    return kubernetes.core.v1.PodSecurityContextArgs(
        run_as_non_root=True,
        run_as_user=USER,
        run_as_group=USER,
        fs_group=USER,
        seccomp_profile=kubernetes.core.v1.SeccompProfileArgs(type="RuntimeDefault"),
    )


def container_security() -> kubernetes.core.v1.SecurityContextArgs:
    """Return the security context of a container: no capabilities, no privilege escalation, read-only root file system."""
    return kubernetes.core.v1.SecurityContextArgs(
        allow_privilege_escalation=False,
        privileged=False,
        read_only_root_filesystem=True,
        capabilities=kubernetes.core.v1.CapabilitiesArgs(drop=["ALL"]),
    )


def image_pull_policy(image: str) -> str:
    """Return Always for tags, because a tag can move. Digests never change, so they are pulled once."""
    return "IfNotPresent" if "@sha256:" in image else "Always"


def secret_volumes(secret: Output[str] | None, files: Collection[PurePosixPath]) -> list[kubernetes.core.v1.VolumeArgs]:
    """Return the volume with secret files. Only the group of the pod may read them. Empty if there are none."""
    if not files:
        return []
    source = kubernetes.core.v1.SecretVolumeSourceArgs(
        secret_name=secret,
        default_mode=0o440,
        items=[kubernetes.core.v1.KeyToPathArgs(key=file_key(path), path=file_key(path)) for path in files],
    )
    return [kubernetes.core.v1.VolumeArgs(name=SECRET_VOLUME, secret=source)]


def secret_mounts(files: Collection[PurePosixPath]) -> list[kubernetes.core.v1.VolumeMountArgs]:
    """Return the mounts of secret files at their paths."""
    return [
        kubernetes.core.v1.VolumeMountArgs(
            name=SECRET_VOLUME, mount_path=str(path), sub_path=file_key(path), read_only=True
        )
        for path in files
    ]


def egress_policy(
    egress_rules: Iterable[EgressRule | PodEgressRule],
) -> list[kubernetes.networking.v1.NetworkPolicyEgressRuleArgs]:
    """Return the network policy rules that allow egress to DNS and to the given destinations."""
    system = kubernetes.meta.v1.LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": "kube-system"})
    dns = kubernetes.networking.v1.NetworkPolicyEgressRuleArgs(
        to=[kubernetes.networking.v1.NetworkPolicyPeerArgs(namespace_selector=system)],
        ports=[
            kubernetes.networking.v1.NetworkPolicyPortArgs(port=53, protocol=protocol) for protocol in ("UDP", "TCP")
        ],
    )
    return [dns, *(_egress_rule(destination) for destination in egress_rules)]


def _egress_rule(destination: EgressRule | PodEgressRule) -> kubernetes.networking.v1.NetworkPolicyEgressRuleArgs:
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
