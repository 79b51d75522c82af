"""Simulated AWS: keys, logs, identities and secrets. Times and rules are explained in kinds.py."""

from collections.abc import Mapping
from typing import Any

from workbench.cloud.aws import existing
from workbench.cloud.aws.outputs import arn, named
from workbench.cloud.model import COMMON, CREATED_AT, Inputs, ResourceModel, digits, joined, text, uuid_of


def _role(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of an IAM role."""
    path = text(inputs, "path", "/")
    return {
        "arn": arn("iam", f"role{path}{id_}", inputs),
        "uniqueId": "AROA" + digits(name, 16).upper(),
        "createDate": CREATED_AT,
    }


def _issuer(_name: str, inputs: Inputs) -> str:
    """Return the id of an OpenID Connect provider: its ARN, with the issuer without its scheme."""
    return arn("iam", "oidc-provider/" + text(inputs, "url", "https://issuer.example").removeprefix("https://"), inputs)


def _secret_id(name: str, inputs: Inputs) -> str:
    """Return a secret's id: its ARN, with the name or prefix and six generated characters."""
    return arn(
        "secretsmanager",
        f"secret:{text(inputs, 'name', text(inputs, 'namePrefix', name))}-{digits(f'secret {name}', 6)}",
        inputs,
    )


def _policy_refusal(_old: Inputs | None, new: Inputs) -> str | None:
    """Return IAM's refusal of a policy without a statement."""
    policy = text(new, "policy", "")
    if '"Statement": []' not in policy:
        return None
    return f"MalformedPolicyDocument: a policy must have a statement: {policy}"


def _secret_version(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    secret = text(inputs, "secretId", "secret")
    return {
        "arn": secret,
        "secretArn": secret,
        "versionId": id_.rsplit("|", 1)[-1],
        "versionStages": ["AWSCURRENT"],
        "hasSecretStringWo": False,
    }


ACCOUNT_WIDE: Mapping[str, ResourceModel] = {
    "aws:kms/key:Key": ResourceModel(
        holds_data=True,
        create_minutes=0.2,
        delete_minutes=0.1,
        source=COMMON + "; a deletion is only scheduled",
        identifier=lambda name, _inputs: uuid_of(name),
        outputs=lambda id_, _name, inputs: {"arn": arn("kms", f"key/{id_}", inputs), "keyId": id_},
        replace_on=frozenset({"customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion"}),
    ),
    "aws:kms/alias:Alias": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=joined("", "name"),
        outputs=lambda id_, _name, inputs: {
            "arn": arn("kms", id_, inputs),
            "targetKeyArn": arn("kms", f"key/{text(inputs, 'targetKeyId', 'unknown').rsplit('/', 1)[-1]}", inputs),
        },
        replace_on=frozenset({"name", "namePrefix"}),
        unique=("name",),
        name_property="name",
        name_prefix="alias/",
    ),
    "aws:cloudwatch/logGroup:LogGroup": ResourceModel(
        holds_data=True,
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=joined("", "name"),
        outputs=named("logs", "log-group:"),
        replace_on=frozenset({"logGroupClass", "name", "namePrefix"}),
        unique=("name",),
        name_property="name",
        guard="deletionProtectionEnabled",
    ),
    "aws:iam/role:Role": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=joined("", "name"),
        outputs=_role,
        replace_on=frozenset({"name", "namePrefix", "path"}),
        unique=("name",),
        name_property="name",
    ),
    "aws:iam/rolePolicy:RolePolicy": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=joined(":", "role", "name"),
        replace_on=frozenset({"name", "namePrefix", "role"}),
        unique=("role", "name"),
        name_property="name",
        refusal=_policy_refusal,
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=joined("/", "role", "policyArn"),
        replace_on=frozenset({"policyArn", "role"}),
        unique=("role", "policyArn"),
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        existing=existing.oidc_provider,
        source=COMMON,
        identifier=_issuer,
        outputs=lambda id_, _name, _inputs: {"arn": id_, "thumbprintLists": [digits(id_, 40)]},
        replace_on=frozenset({"url"}),
        unique=("url",),
    ),
    "aws:secretsmanager/secret:Secret": ResourceModel(
        holds_data=True,
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON + "; a deletion is only scheduled unless recoveryWindowInDays is 0",
        identifier=_secret_id,
        outputs=lambda id_, _name, _inputs: {"arn": id_, "policy": "", "name": id_.rsplit(":", 1)[-1][:-7]},
        replace_on=frozenset({"name", "namePrefix"}),
        unique=("name",),
        name_property="name",
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=lambda name, inputs: f"{text(inputs, 'secretId', 'secret')}|{uuid_of(name)}",
        outputs=_secret_version,
        replace_on=frozenset({"secretBinary", "secretId", "secretString", "secretStringWoVersion"}),
    ),
    "aws:secretsmanager/secretPolicy:SecretPolicy": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=joined("", "secretArn"),
        replace_on=frozenset({"secretArn"}),
        unique=("secretArn",),
    ),
}
