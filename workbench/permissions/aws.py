"""IAM policy of the identity that deploys a stack on AWS."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from components.section import mapping
from workbench.permissions.stack import Stack
from workbench.values import is_list


def _arns(service: str, *names: str, account: str = "{account}") -> tuple[str, ...]:
    return tuple(f"arn:{{partition}}:{service}:{{region}}:{account}:{name}" for name in names)


_ANYWHERE = ("*",)
_EC2 = _arns("ec2", "*", account="*")  # images have no account
_ROUTE53 = "arn:{partition}:route53:::"
_IAM = "arn:{partition}:iam::{account}:"

RESOURCES: Mapping[str, tuple[str, ...]] = {
    "application-autoscaling:Describe*": _ANYWHERE,
    "application-autoscaling:*": _arns("application-autoscaling", "scalable-target/*"),
    "aps:CreateWorkspace": _ANYWHERE,
    "aps:CreateScraper": (*_arns("aps", "workspace/*"), *_arns("eks", "cluster/{cluster}")),
    "aps:*": _arns("aps", "workspace/*", "scraper/*", "rulegroupsnamespace/*/*"),
    "cloudwatch:*Dashboard*": ("arn:{partition}:cloudwatch::{account}:dashboard/{name}",),
    "cloudwatch:*": _arns("cloudwatch", "alarm:{name}-*"),
    "dynamodb:*": _arns("dynamodb", "table/{name}-*"),
    "ec2:DescribeVpcAttribute": _EC2,
    "ec2:Describe*": _ANYWHERE,
    "ec2:*": _EC2,
    "ecr:*": _arns("ecr", "repository/{name}"),
    "ecs:DescribeTaskDefinition": _ANYWHERE,
    "ecs:DeregisterTaskDefinition": _ANYWHERE,
    "ecs:*": _arns(
        "ecs", "cluster/{cluster}", "service/{cluster}/*", "service-deployment/{cluster}/*", "task-definition/{name}-*"
    ),
    "eks:CreateCluster": _ANYWHERE,
    "eks:*": _arns(
        "eks",
        *("cluster/{cluster}", "access-entry/{cluster}/*", "addon/{cluster}/*", "fargateprofile/{cluster}/*"),
        *("nodegroup/{cluster}/*", "podidentityassociation/{cluster}/*"),
    ),
    "iam:CreateServiceLinkedRole": (f"{_IAM}role/aws-service-role/*",),
    "iam:GetRole": (f"{_IAM}role/*",),  # also the deployer's own role
    "iam:ListOpenIDConnectProviders": _ANYWHERE,
    "iam:*OpenIDConnectProvider*": (f"{_IAM}oidc-provider/oidc.eks.{{region}}.amazonaws.com/*",),
    "iam:*": (f"{_IAM}role/{{name}}-*",),
    "kafka:GetBootstrapBrokers": _ANYWHERE,
    "kafka:DescribeClusterOperation*": _ANYWHERE,
    "kafka:*": _arns("kafka", "cluster/{name}/*", "configuration/{name}-*", "topic/{name}/*"),
    "kafka-cluster:*": _arns("kafka", "cluster/{name}/*", "topic/{name}/*"),
    "kinesis:*EnhancedMonitoring": _ANYWHERE,
    "kinesis:UpdateShardCount": _ANYWHERE,
    "kinesis:UpdateStreamMode": _ANYWHERE,
    "kinesis:*StreamEncryption": (*_arns("kinesis", "stream/{name}-*"), *_arns("kms", "key/*")),
    "kinesis:*": _arns("kinesis", "stream/{name}-*"),
    "kinesisvideo:*": _arns("kinesisvideo", "stream/{name}-*"),
    "kms:CreateKey": _ANYWHERE,
    "kms:ListAliases": _ANYWHERE,
    "kms:*Alias": _arns("kms", "alias/{name}-*", "key/*"),
    "kms:*": _arns("kms", "key/*"),
    "logs:*LogDeliver*": _ANYWHERE,
    "logs:*ResourcePolic*": _ANYWHERE,
    "logs:DescribeLogGroups": _ANYWHERE,
    "logs:*": _arns("logs", "log-group:*/{name}/*"),
    "route53:CreateHostedZone": _ANYWHERE,
    "route53:*VPC*": (f"{_ROUTE53}hostedzone/*", *_arns("ec2", "vpc/*")),
    "route53:GetChange": (f"{_ROUTE53}change/*",),
    "route53:*": (f"{_ROUTE53}hostedzone/*",),
    "sns:*SubscriptionAttributes": _ANYWHERE,
    "sns:Unsubscribe": _ANYWHERE,
    "sns:*": _arns("sns", "{name}-*"),
    "secretsmanager:*": _arns("secretsmanager", "secret:{name}-*", "secret:AmazonMSK_{name}-*"),
}
"""Pattern of actions -> the resources they are limited to. The first pattern that matches counts."""


def policy(stack: Stack, actions: Iterable[str]) -> str:
    """Return an IAM policy in JSON: one statement for each set of resources."""
    by_resources: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for action in sorted(actions):
        by_resources[resources(action)].append(action)
    places = _places(stack)
    statements = [
        {"Effect": "Allow", "Action": named, "Resource": [each.format_map(places) for each in limits]}
        for limits, named in sorted(by_resources.items())
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=1)


def resources(action: str) -> tuple[str, ...]:
    """Return the resources that an action is limited to, as templates."""
    return next(limits for pattern, limits in RESOURCES.items() if fnmatchcase(action, pattern))


def notes(text: str) -> Iterator[str]:
    """Return what a reader of the policy must know."""
    yield (
        'Resource "*": these actions have no resource. Ids in EC2, KMS and Route 53 are random, so these actions '
        "are limited only to the region or the account."
    )
    if "secretsmanager:GetSecretValue" in text:
        yield "secretsmanager:GetSecretValue reads the stack's secrets. Do not give this policy to previews of pull requests."
    if "iam:PutRolePolicy" in text:
        yield (
            "iam:PutRolePolicy can give any permission to the stack's roles. Add a permissions boundary, or use an account of its own."
        )


def _places(stack: Stack) -> Mapping[str, str]:
    region = str(stack.config["aws:region"])
    accounts: object = stack.config.get("aws:allowedAccountIds")
    return {
        "partition": "aws-us-gov" if region.startswith("us-gov-") else "aws",
        "region": region,
        "account": str(accounts[0]) if is_list(accounts) and len(accounts) == 1 else "*",
        "name": stack.name,
        "cluster": _cluster(stack),
    }


def _cluster(stack: Stack) -> str:
    """Return the name of the cluster: that of an existing one, or the stack's."""
    platform = mapping(stack.config.get("data-pipes:platform")) or {}
    existing = mapping(platform.get("existing")) or {}
    return str(existing.get("name", stack.name))
