"""Google Cloud's preconditions of a creation: the service's API, existing members, and permission to encrypt with a key."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from workbench.cloud.gcp.account import AGENTS
from workbench.cloud.gcp.gke import CLUSTER
from workbench.cloud.gcp.resource import NUMBER, agent, project_of
from workbench.cloud.inventory import Inventory
from workbench.cloud.model import Inputs, Others, at, text
from workbench.cloud.wire import plain

_APIS: Mapping[str, str] = {
    "artifactregistry": "artifactregistry",
    "compute": "compute",
    "container": "container",
    "dns": "dns",
    "kms": "cloudkms",
    "logging": "logging",
    "managedkafka": "managedkafka",
    "projects/iAMMember": "cloudresourcemanager",
    "pubsub": "pubsub",
    "serviceaccount": "iam",
}
"""Prefix of a type, without the package -> API that creates its objects."""
_PROOFS: Mapping[str, str] = {
    CLUSTER: "container",
    "gcp:managedkafka/cluster:Cluster": "managedkafka",
    "gcp:pubsub/topic:Topic": "pubsub",
}
"""Type whose objects exist only if their API is enabled -> that API. Such objects may have been there before the stack."""
_ENCRYPTED: Mapping[str, tuple[str, str]] = {
    "gcp:artifactregistry/repository:Repository": ("kmsKeyName", "gcp-sa-artifactregistry"),
    CLUSTER: ("databaseEncryption.keyName", "container-engine-robot"),
    "gcp:container/nodePool:NodePool": ("nodeConfig.bootDiskKmsKey", "compute-system"),
    "gcp:managedkafka/cluster:Cluster": ("gcpConfig.kmsKey", "gcp-sa-managedkafka"),
    "gcp:pubsub/topic:Topic": ("kmsKeyName", "gcp-sa-pubsub"),
}
"""Type -> path of its encryption key, and domain of the service agent that needs permission to use the key."""
_ACCOUNT = "gcp:serviceaccount/account:Account"
_USE = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
_POOL = re.compile(r"serviceAccount:(?P<pool>[a-z0-9-]+\.svc\.id\.goog)\[.+\]")


def refusal(inventory: Inventory, type_token: str, given: Mapping[str, Any], settings: Mapping[str, Any]) -> str | None:
    """Return the refusal of a creation, or None. Objects that are still being created do not count as existing."""
    inputs: Inputs = {**settings, **plain(dict(given))}
    return (
        _api(type_token, inputs, inventory.active)
        or _account(type_token, inputs, inventory)
        or _right(type_token, inputs, inventory.active)
    )


def _api(type_token: str, inputs: Inputs, made: Others) -> str | None:
    """Refuse calls of an API that is not enabled in the project."""
    path = type_token.split(":")[1]
    api = _APIS.get(path) or _APIS.get(path.split("/")[0])
    if api is None or api in _enabled(made):
        return None
    return (
        f"googleapi: Error 403: {api}.googleapis.com has not been used in project {project_of(inputs)} before or it is disabled. "
        "If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry., accessNotConfigured"
    )


def _enabled(made: Others) -> set[str]:
    """Return the APIs that a stack enabled, and those of clusters and topics that are there."""
    services = made("gcp:projects/service:Service")
    named = {text(service, "service", "").removesuffix(".googleapis.com") for service in services}
    return named | {api for type_token, api in _PROOFS.items() if any(True for _ in made(type_token))}


def _account(type_token: str, inputs: Inputs, inventory: Inventory) -> str | None:
    """Refuse roles and nodes of a service account that does not exist (terraform-provider-google #9969).

    Roles of a Kubernetes identity are refused until the project's first cluster has created the identity pool
    (terraform-google-kubernetes-engine #916). Accounts that this stack does not create are assumed to exist. If an object refers to an
    account before the account is created, the account's creation is refused.
    """
    project = project_of(inputs)
    agents, pools = set(_agents(inventory.active)), set(_pools(project, inventory.active))
    there = {_email(each, project) for each in inventory.active(_ACCOUNT)}
    made_here = {_email(each, project) for each in inventory.others(_ACCOUNT)}
    for member in _members(inputs):
        email, pool = member.removeprefix("serviceAccount:"), _POOL.fullmatch(member)
        if email in made_here - there or (email.startswith(f"service-{NUMBER}@") and email not in agents):
            return f"googleapi: Error 400: Service account {email} does not exist., badRequest"
        if pool is not None and pool["pool"] not in pools:
            return (
                f"googleapi: Error 400: Identity Pool does not exist ({pool['pool']}). Please check that you specified a valid resource "
                "name as returned in the `name` attribute in the configuration API., badRequest"
            )
    if type_token == _ACCOUNT:
        member = f"serviceAccount:{_email(inputs, project)}"
        early = next((each.urn for each in inventory.objects() if member in _members(plain(each.inputs))), None)
        if early is not None:
            return f"googleapi: Error 400: Service account {_email(inputs, project)} did not exist when {early} named it, badRequest"
    return None


def _members(inputs: Inputs) -> tuple[str, ...]:
    """Return the members that an object refers to: the member of a role, and the service account of its nodes."""
    return text(inputs, "member", ""), f"serviceAccount:{text(inputs, 'nodeConfig.serviceAccount', '')}"


def _email(account: Inputs, project: str) -> str:
    return f"{text(account, 'accountId', '')}@{project}.iam.gserviceaccount.com"


def _agents(made: Others) -> Iterator[str]:
    """Return a project's service agents: those that were requested, and those that are created with their API."""
    asked = {text(each, "service", "") for each in made("gcp:projects/serviceIdentity:ServiceIdentity")}
    for api in {each.removesuffix(".googleapis.com") for each in asked} | (_enabled(made) & AGENTS.keys()):
        yield agent(AGENTS.get(api, f"gcp-sa-{api}"))


def _pools(project: str, made: Others) -> set[str]:
    return {
        text(cluster, "workloadIdentityConfig.workloadPool", f"{project}.svc.id.goog")
        for cluster in made(CLUSTER)
        if at(cluster, "workloadIdentityConfig") or at(cluster, "enableAutopilot")
    }


def _right(type_token: str, inputs: Inputs, made: Others) -> str | None:
    """Refuse to encrypt with a key that the service's agent has no permission to use (terraform-provider-google #5103)."""
    path, domain = _ENCRYPTED.get(type_token, ("", ""))
    key = text(inputs, path, "") if path else ""
    if not key or any(_allows(right, key, agent(domain)) for right in _rights(made)):
        return None
    return (
        f"googleapi: Error 403: Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource '{key}' (or it may not exist): "
        f"{agent(domain)} has not {_USE} on it"
    )


def _rights(made: Others) -> Iterable[Inputs]:
    return made("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember")


def _allows(right: Inputs, key: str, email: str) -> bool:
    wanted = {"cryptoKeyId": key, "role": _USE, "member": f"serviceAccount:{email}"}
    return cast("dict[str, Any]", {each: right.get(each) for each in wanted}) == wanted
