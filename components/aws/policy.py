"""IAM and KMS policy documents as JSON text."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pulumi import Output

from components.contracts import Grant


def document(*statements: Mapping[str, Any]) -> str:
    """Return a policy document with the given statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def service_trust(service: str, account: str | None = None) -> str:
    """Return the trust policy of a role that an AWS service such as `eks.amazonaws.com` assumes.

    If an account is given, the service assumes the role only for that account, as AWS recommends (IAM, The confused deputy problem).
    """
    condition = {"Condition": {"StringEquals": {"aws:SourceAccount": account}}} if account else {}
    return document({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", **condition})


def pod_trust(*, cluster_arn: str, account: str, namespace: str, service_account: str) -> str:
    """Return the trust policy of a role that only one service account of one cluster can assume (EKS, Pod Identity session tags)."""
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {
                "StringEquals": {
                    "aws:SourceAccount": account,
                    "aws:RequestTag/kubernetes-namespace": namespace,
                    "aws:RequestTag/kubernetes-service-account": service_account,
                },
                "ArnEquals": {"aws:SourceArn": cluster_arn},
            },
        }
    )


def auto_mode_trust() -> str:
    """Return the trust policy of an Auto Mode control plane, which tags its sessions (EKS, Auto Mode cluster IAM role)."""
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }
    )


def fargate_trust(*, partition: str, region: str, account: str, cluster: str) -> str:
    """Return the trust policy of a role that only Fargate assumes, for the profiles of one cluster (EKS, Pod execution IAM role)."""
    profiles = f"arn:{partition}:eks:{region}:{account}:fargateprofile/{cluster}/*"
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "eks-fargate-pods.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"ArnLike": {"aws:SourceArn": profiles}},
        }
    )


def web_identity_trust(*, provider_arn: str, issuer: str, namespace: str, service_account: str) -> str:
    """Return the trust policy of a role that one service account assumes with its token (EKS, IAM roles for service accounts)."""
    claims = issuer.removeprefix("https://")
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": provider_arn},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    f"{claims}:aud": "sts.amazonaws.com",
                    f"{claims}:sub": f"system:serviceaccount:{namespace}:{service_account}",
                }
            },
        }
    )


def grants_policy(grants: Iterable[Grant]) -> Output[str]:
    """Return the policy that allows exactly the given grants."""
    statements = [
        Output.all(Effect="Allow", Action=list(grant.actions), Resource=grant.resource, **_condition(grant))
        for grant in grants
    ]
    return Output.all(*statements).apply(lambda resolved: document(*resolved))


def _condition(grant: Grant) -> Mapping[str, Any]:
    return {"Condition": grant.conditions} if grant.conditions else {}


def key_policy(*, partition: str, account: str, statements: Iterable[Mapping[str, Any]] = ()) -> str:
    """Return the policy of a KMS key: the account's IAM gives access, and the given statements allow services.

    Without the first statement nobody could manage the key (KMS, Default key policy).
    """
    owner = {
        "Sid": "AccountDecidesByIam",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return document(owner, *statements)


def logs_key_statement(*, partition: str, account: str, region: str, paths: Iterable[str]) -> Mapping[str, Any]:
    """Return the statement that allows CloudWatch Logs to use a key for the given log groups only.

    Source: CloudWatch Logs, Encrypt log data using KMS.
    """
    groups = f"arn:{partition}:logs:{region}:{account}:log-group"
    return {
        "Sid": "CloudWatchLogs",
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{region}.amazonaws.com"},
        "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        "Resource": "*",
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": [f"{groups}:{path}" for path in paths]}},
    }
