"""IAM policy of the identity that deploys a stack on AWS."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from workbench.permissions.stack import Stack
from workbench.values import is_list

_ANYWHERE = ("*",)
_EC2 = ("arn:{partition}:ec2:{region}:*:*",)  # images have no account

RESOURCES: Mapping[str, tuple[str, ...]] = {
    "application-autoscaling:Describe*": _ANYWHERE,
    "application-autoscaling:*": ("arn:{partition}:application-autoscaling:{region}:{account}:scalable-target/*",),
    "dynamodb:*": ("arn:{partition}:dynamodb:{region}:{account}:table/{name}-*",),
    "ec2:DescribeVpcAttribute": _EC2,
    "ec2:Describe*": _ANYWHERE,
    "ec2:*": _EC2,
    "ecr:*": ("arn:{partition}:ecr:{region}:{account}:repository/{name}",),
    "ecs:DescribeTaskDefinition": _ANYWHERE,
    "ecs:DeregisterTaskDefinition": _ANYWHERE,
    "ecs:*": (
        "arn:{partition}:ecs:{region}:{account}:cluster/{name}",
        "arn:{partition}:ecs:{region}:{account}:*/{name}/*",
        "arn:{partition}:ecs:{region}:{account}:task-definition/{name}-*",
    ),
    "eks:CreateCluster": _ANYWHERE,
    "eks:*": (
        "arn:{partition}:eks:{region}:{account}:cluster/{name}",
        "arn:{partition}:eks:{region}:{account}:*/{name}/*",
    ),
    "iam:CreateServiceLinkedRole": ("arn:{partition}:iam::{account}:role/aws-service-role/*",),
    "iam:GetRole": ("arn:{partition}:iam::{account}:role/*",),  # also the deployer's own role
    "iam:*OpenIDConnectProvider*": ("arn:{partition}:iam::{account}:oidc-provider/oidc.eks.{region}.amazonaws.com/*",),
    "iam:*": ("arn:{partition}:iam::{account}:role/{name}-*",),
    "kafka:GetBootstrapBrokers": _ANYWHERE,
    "kafka:DescribeClusterOperation*": _ANYWHERE,
    "kafka:*": (
        "arn:{partition}:kafka:{region}:{account}:*/{name}/*",
        "arn:{partition}:kafka:{region}:{account}:configuration/{name}-*",
    ),
    "kafka-cluster:*": ("arn:{partition}:kafka:{region}:{account}:*/{name}/*",),
    "kinesis:*EnhancedMonitoring": _ANYWHERE,
    "kinesis:UpdateShardCount": _ANYWHERE,
    "kinesis:UpdateStreamMode": _ANYWHERE,
    "kinesis:*StreamEncryption": (
        "arn:{partition}:kinesis:{region}:{account}:stream/{name}-*",
        "arn:{partition}:kms:{region}:{account}:key/*",
    ),
    "kinesis:*": ("arn:{partition}:kinesis:{region}:{account}:stream/{name}-*",),
    "kinesisvideo:*": ("arn:{partition}:kinesisvideo:{region}:{account}:stream/{name}-*",),
    "kms:CreateKey": _ANYWHERE,
    "kms:ListAliases": _ANYWHERE,
    "kms:*Alias": (
        "arn:{partition}:kms:{region}:{account}:alias/{name}-*",
        "arn:{partition}:kms:{region}:{account}:key/*",
    ),
    "kms:*": ("arn:{partition}:kms:{region}:{account}:key/*",),
    "logs:*LogDeliver*": _ANYWHERE,
    "logs:*ResourcePolic*": _ANYWHERE,
    "logs:DescribeLogGroups": _ANYWHERE,
    "logs:*": ("arn:{partition}:logs:{region}:{account}:log-group:*/{name}/*",),
    "route53:CreateHostedZone": _ANYWHERE,
    "route53:*VPC*": ("arn:{partition}:route53:::hostedzone/*", "arn:{partition}:ec2:{region}:{account}:vpc/*"),
    "route53:GetChange": ("arn:{partition}:route53:::change/*",),
    "route53:*": ("arn:{partition}:route53:::hostedzone/*",),
    "secretsmanager:*": (
        "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-*",
        "arn:{partition}:secretsmanager:{region}:{account}:secret:AmazonMSK_{name}-*",
    ),
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
    }
