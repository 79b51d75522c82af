"""Cloud identity of pods, the same on all clouds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pulumi import Input, Resource

from components.contracts import EgressRule


@dataclass(frozen=True, kw_only=True)
class PodIdentity:
    """Cloud identity of a service account and its pods."""

    ready: Sequence[Resource]
    """Resources that must exist before a pod starts, so that it starts with its identity."""
    annotations: Mapping[str, Input[str]] = field(default_factory=dict[str, Input[str]])
    """Annotations of the service account that bind it to the cloud identity."""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    """Labels of the pods that enable the identity."""
    egress_rules: Sequence[EgressRule] = ()
    """Additional egress for credentials and DNS. HTTPS and the DNS of kube-system are always allowed."""
