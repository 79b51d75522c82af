"""The cloud identity that pods run under, whatever the cloud."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pulumi import Input, Resource

from components.contracts import EgressRule


@dataclass(frozen=True, kw_only=True)
class PodIdentity:
    """The cloud identity of a service account, as its pods get it."""

    ready: Sequence[Resource]
    """What must be there before a pod starts, so that it starts with its identity."""
    annotations: Mapping[str, Input[str]] = field(default_factory=dict[str, Input[str]])
    """What the service account carries so that the cloud knows it."""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the pods carry so that they are given it."""
    egress_rules: Sequence[EgressRule] = ()
    """Where pods get the credentials of their identity and the names of others, besides HTTPS and the DNS of kube-system."""
