"""Simulated GCP: APIs, identities, roles and keys. Times and rules are explained in kinds.py."""

from collections.abc import Mapping
from typing import Any

from workbench.cloud.gcp.resource import agent, member, project_of, resource
from workbench.cloud.model import Inputs, ResourceModel, digits, text

AGENTS: Mapping[str, str] = {"container": "container-engine-robot", "compute": "compute-system"}
"""Domains of the service agents that are created with their API. For all other services, the domain is `gcp-sa-` and the API."""


def _email(name: str, inputs: Inputs) -> str:
    return f"{text(inputs, 'accountId', name)}@{project_of(inputs)}.iam.gserviceaccount.com"


def _account_id(name: str, inputs: Inputs) -> str:
    return f"projects/{project_of(inputs)}/serviceAccounts/{_email(name, inputs)}"


def _account(id_: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a service account."""
    email = id_.rsplit("/", 1)[-1]
    unique = str(int(digits(id_, 17), 16)).zfill(21)[-21:]
    return {"name": id_, "email": email, "member": f"serviceAccount:{email}", "uniqueId": unique}


def _account_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """Refuse the id of a service account that does not have 6 to 30 characters (IAM, Create service accounts)."""
    given = text(new, "accountId", "")
    if old is not None or not given or 6 <= len(given) <= 30:
        return None
    return f'"account_id" ("{given}") must have 6 to 30 characters: lower-case letters, digits and dashes'


def _service_agent(_id: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a service's agent in a project."""
    api = text(inputs, "service", name).removesuffix(".googleapis.com")
    email = agent(AGENTS.get(api, f"gcp-sa-{api}"))
    return {"email": email, "member": f"serviceAccount:{email}"}


def _key(id_: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a key."""
    version = {"name": f"{id_}/cryptoKeyVersions/1", "state": "ENABLED"}
    return {"primaries": [version], "destroyScheduledDuration": "2592000s"}


ACCOUNT_WIDE: Mapping[str, ResourceModel] = {
    "gcp:projects/service:Service": resource(
        "{project}/{service}",
        create=1,
        delete=0.05,
        source="common use: an API takes 0.5 to 2 min to enable; what is not disabled on destroy is only forgotten",
        defaults={"disableOnDestroy": False},
    ),
    "gcp:projects/serviceIdentity:ServiceIdentity": resource(
        "projects/{project}/services/{service}", create=0.2, delete=0.05, outputs=_service_agent
    ),
    "gcp:projects/iAMMember:IAMMember": member("{project}"),
    "gcp:serviceaccount/account:Account": resource(
        "projects/{project}/serviceAccounts/{accountId}",
        create=0.2,
        delete=0.1,
        source="common use, no log found: the provider waits about 10 s for a new account to be known everywhere",
        identifier=_account_id,
        outputs=_account,
        refusal=_account_refusal,
        name_property="accountId",
    ),
    "gcp:serviceaccount/iAMMember:IAMMember": member("{serviceAccountId}"),
    "gcp:kms/keyRing:KeyRing": resource(
        "projects/{project}/locations/{location}/keyRings/{name}",
        holds_data=True,
        create=0.1,
        delete=0.05,
        forever=True,
    ),
    "gcp:kms/cryptoKey:CryptoKey": resource(
        "{keyRing}/cryptoKeys/{name}",
        holds_data=True,
        create=0.1,
        delete=0.1,
        outputs=_key,
        labels="labels",
        fixed="cryptoKeyBackend destroyScheduledDuration importOnly purpose versionTemplate.protectionLevel",
        defaults={"purpose": "ENCRYPT_DECRYPT"},
        forever=True,
    ),
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": member("{cryptoKeyId}"),
}
