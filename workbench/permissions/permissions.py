"""Least permissions of the identity that deploys or previews a stack, from its planned resources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from workbench.cloud.actions import Actions
from workbench.cloud.aws.actions import ACTIONS as AWS
from workbench.cloud.azure.actions import ACTIONS as AZURE
from workbench.cloud.gcp.actions import ACTIONS as GCP
from workbench.permissions import aws, azure, gcp
from workbench.permissions.stack import Stack
from workbench.plan import PIPELINE, Plan
from workbench.recording.records import PROVIDER_PREFIX


@dataclass(frozen=True, kw_only=True)
class AccessControl:
    """Access control of one cloud."""

    actions: Mapping[str, Actions]
    """Resource type or provider function -> the actions that it needs."""
    table: str
    """File of `actions`."""
    policy: Callable[[Stack, Iterable[str]], str]
    notes: Callable[[str], Iterator[str]]


CLOUDS: Mapping[str, AccessControl] = {
    "aws": AccessControl(actions=AWS, table="workbench/cloud/aws/actions.py", policy=aws.policy, notes=aws.notes),
    "azure-native": AccessControl(
        actions=AZURE, table="workbench/cloud/azure/actions.py", policy=azure.policy, notes=azure.notes
    ),
    "gcp": AccessControl(actions=GCP, table="workbench/cloud/gcp/actions.py", policy=gcp.policy, notes=gcp.notes),
}

ELSEWHERE: Mapping[str, str] = {
    "confluentcloud": "Confluent Cloud authorises the API key that the stack file names (docs/confluent.md).",
    "kubernetes": "The cluster authorises Kubernetes objects: the deployer must be one of its administrators (docs/deploying.md).",
    "random": "",
}
"""Packages whose resources need no permission of the cloud's own access control, with a note."""

NO_CLOUD = "{}"
"""Policy of a stack without a cloud."""

STATE = (
    "The state backend and the key of its secrets are not in the stack: add their permissions (docs/github-actions.md)."
)


class UnknownActionsError(Exception):
    """A planned type has no actions. The message names the table to extend."""


@dataclass(frozen=True)
class Permissions:
    """A policy, and what it does not contain."""

    policy: str
    notes: tuple[str, ...]


def permissions(planned: Plan, *, preview: bool) -> Permissions:
    """Return the least policy to deploy a stack, or to preview it with `--refresh`.

    Raises:
        UnknownActionsError: A planned type is missing in the tables.
    """
    recording = planned.recording
    resources = [each for each in recording.resources if each.custom and not each.type.startswith(PROVIDER_PREFIX)]
    packages = {each.type.partition(":")[0] for each in resources}
    elsewhere = tuple(filter(None, (ELSEWHERE[name] for name in sorted(packages & ELSEWHERE.keys()))))
    cloud = next((CLOUDS[name] for name in CLOUDS if name in packages), None)
    if cloud is None:
        return Permissions(NO_CLOUD, (*elsewhere, STATE))
    actions: set[str] = set()
    for each in resources:
        actions |= needed(each.type, preview=preview or each.external)
    for each in recording.invokes:
        actions |= needed(each.token, preview=True)
    stack = Stack(
        name=next(each.name for each in recording.resources if each.type == PIPELINE),
        purpose="preview" if preview else "deploy",
        config=planned.stack_file.config,
        made=[each for each in resources if not each.external],
    )
    policy = cloud.policy(stack, actions)
    return Permissions(policy, (*cloud.notes(policy), *elsewhere, STATE))


def needed(token: str, *, preview: bool) -> frozenset[str]:
    """Return the actions that a resource type or a provider function needs. With `preview`, only those that read.

    Raises:
        UnknownActionsError: The type is missing in the table of its cloud.
    """
    package = token.partition(":")[0]
    if package in ELSEWHERE:
        return frozenset()
    cloud = CLOUDS.get(package)
    if cloud is None or token not in cloud.actions:
        table = cloud.table if cloud else "a table of workbench/permissions/permissions.py"
        raise UnknownActionsError(f"{token}: its permissions are not known. Add it to ACTIONS in {table}.")
    return cloud.actions[token].names(preview=preview)
