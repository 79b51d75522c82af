"""What Google Cloud asks before anything is made: the API of its service, members that exist, and the right to encrypt with a key."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from workbench.cloud.gcp_account import AGENTS
from workbench.cloud.gcp_containers import CLUSTER
from workbench.cloud.gcp_resource import NUMBER, agent, project_of
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
"""The beginning of a type, without the package -> the API that its objects are made with."""
_ENCRYPTED: Mapping[str, tuple[str, str]] = {
    "gcp:artifactregistry/repository:Repository": ("kmsKeyName", "gcp-sa-artifactregistry"),
    CLUSTER: ("databaseEncryption.keyName", "container-engine-robot"),
    "gcp:container/nodePool:NodePool": ("nodeConfig.bootDiskKmsKey", "compute-system"),
    "gcp:managedkafka/cluster:Cluster": ("gcpConfig.kmsKey", "gcp-sa-managedkafka"),
    "gcp:pubsub/topic:Topic": ("kmsKeyName", "gcp-sa-pubsub"),
}
"""A type -> where it names the key that encrypts it, and whose agent must have the right to."""
_USE = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
_OWN = re.compile(r"serviceAccount:(?P<email>[^@]+@(?P<domain>[a-z0-9-]+)\.iam\.gserviceaccount\.com)")
_POOL = re.compile(r"serviceAccount:(?P<pool>[a-z0-9-]+\.svc\.id\.goog)\[.+\]")


def refusal(type_token: str, given: Mapping[str, Any], settings: Mapping[str, Any], made: Others) -> str | None:
    """Why an object cannot be made now, or None. `made` are the objects that are there by now."""
    inputs: Inputs = {**settings, **plain(dict(given))}
    return _api(type_token, inputs, made) or _account(inputs, made) or _right(type_token, inputs, made)


def _api(type_token: str, inputs: Inputs, made: Others) -> str | None:
    """No call of an API that is not switched on in the project."""
    path = type_token.split(":")[1]
    api = _APIS.get(path) or _APIS.get(path.split("/")[0])
    if api is None or api in _enabled(made):
        return None
    return (
        f"googleapi: Error 403: {api}.googleapis.com has not been used in project {project_of(inputs)} before or it is disabled. "
        "If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry., accessNotConfigured"
    )


def _enabled(made: Others) -> set[str]:
    services = made("gcp:projects/service:Service")
    return {text(service, "service", "").removesuffix(".googleapis.com") for service in services}


def _account(inputs: Inputs, made: Others) -> str | None:
    """No role for, and no machine of, a service account that is not there (terraform-provider-google #9969), nor a pool of identities
    before the first cluster of the project has one (terraform-google-kubernetes-engine #916).
    """
    project = project_of(inputs)
    known = set(_emails(project, made))
    named = [text(inputs, "member", ""), f"serviceAccount:{text(inputs, 'nodeConfig.serviceAccount', '')}"]
    for member in named:
        own = _OWN.fullmatch(member)
        ours = own is not None and (own["domain"] == project or own["email"].startswith(f"service-{NUMBER}@"))
        if own is not None and ours and own["email"] not in known:
            return f"googleapi: Error 400: Service account {own['email']} does not exist., badRequest"
        pool = _POOL.fullmatch(member)
        if pool is not None and pool["pool"] not in _pools(project, made):
            return (
                f"googleapi: Error 400: Identity Pool does not exist ({pool['pool']}). Please check that you specified a valid resource "
                "name as returned in the `name` attribute in the configuration API., badRequest"
            )
    return None


def _emails(project: str, made: Others) -> Iterator[str]:
    """The service accounts of a project, and the agents of its services."""
    for account in made("gcp:serviceaccount/account:Account"):
        yield f"{text(account, 'accountId', '')}@{project}.iam.gserviceaccount.com"
    asked = {text(each, "service", "") for each in made("gcp:projects/serviceIdentity:ServiceIdentity")}
    for api in {each.removesuffix(".googleapis.com") for each in asked}:
        yield agent(AGENTS.get(api, f"gcp-sa-{api}"))
    for api in _enabled(made) & AGENTS.keys():
        yield agent(AGENTS[api])


def _pools(project: str, made: Others) -> set[str]:
    return {
        text(cluster, "workloadIdentityConfig.workloadPool", f"{project}.svc.id.goog")
        for cluster in made(CLUSTER)
        if at(cluster, "workloadIdentityConfig") or at(cluster, "enableAutopilot")
    }


def _right(type_token: str, inputs: Inputs, made: Others) -> str | None:
    """Nothing is encrypted with a key before the service's agent may use it (terraform-provider-google #5103)."""
    path, domain = _ENCRYPTED.get(type_token, ("", ""))
    key = text(inputs, path, "") if path else ""
    if not key or any(_lets(right, key, agent(domain)) for right in _rights(made)):
        return None
    return (
        f"googleapi: Error 403: Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource '{key}' (or it may not exist): "
        f"{agent(domain)} has not {_USE} on it"
    )


def _rights(made: Others) -> Iterable[Inputs]:
    return made("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember")


def _lets(right: Inputs, key: str, email: str) -> bool:
    wanted = {"cryptoKeyId": key, "role": _USE, "member": f"serviceAccount:{email}"}
    return cast("dict[str, Any]", {each: right.get(each) for each in wanted}) == wanted
