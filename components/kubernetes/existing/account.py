"""Stacks on any Kubernetes cluster have no cloud account."""

from collections.abc import Mapping

from components.section import Pattern
from components.settings_bases import AccountSettings


class KubernetesAccountSettings(AccountSettings, frozen=True):
    """No settings: the cluster is chosen in platform.existing."""

    stack_name = Pattern(r".*", "any name")
    most_tags = 0
    """Kubernetes objects have labels, which the program sets itself."""
    tag_name = Pattern(r".*", "any name")
    tag_value = Pattern(r".*", "any value")


def no_provider(name: str, settings: KubernetesAccountSettings, tags: Mapping[str, str]) -> None:
    """Return None. The platform makes the provider of its cluster."""
    _ = name, settings, tags
