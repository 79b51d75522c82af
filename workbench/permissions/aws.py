"""IAM policy of the identity that deploys a stack on AWS."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from components.aws.account import partition_of
from components.section import mapping
from workbench.permissions.stack import Stack
from workbench.values import is_list


def _arns(service: str, *names: str, account: str = "{account}") -> tuple[str, ...]:
    return tuple(f"arn:{{partition}}:{service}:{{region}}:{account}:{name}" for name in names)


_ANYWHERE = ("*",)
_EC2 = _arns("ec2", "*", account="*")  # images have no account
_ROUTE53 = "arn:{partition}:route53:::"
_IAM = "arn:{partition}:iam::{account}:"
_IN_EKS = (
    *("access-entry/{cluster}/*", "addon/{cluster}/*", "fargateprofile/{cluster}/*", "nodegroup/{cluster}/*"),
    "podidentityassociation/{cluster}/*",
)
_TOPICS = _arns("kafka", "topic/{kafka}/*")
_OWN_TOPICS = _arns("kafka", "topic/{kafka}/{topic}")

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
    # An existing cluster is not tagged, so the cluster has the stack's name here.
    "ecs:*agResource": _arns(
        "ecs", "cluster/{name}", "service/{cluster}/*", "service-deployment/{cluster}/*", "task-definition/{name}-*"
    ),
    "ecs:*": _arns(
        "ecs", "cluster/{cluster}", "service/{cluster}/*", "service-deployment/{cluster}/*", "task-definition/{name}-*"
    ),
    "eks:CreateCluster": _ANYWHERE,
    "eks:*agResource": _arns("eks", "cluster/{name}", *_IN_EKS),  # as of ECS
    "eks:*": _arns("eks", "cluster/{cluster}", *_IN_EKS),
    "iam:CreateServiceLinkedRole": (f"{_IAM}role/aws-service-role/*",),
    "iam:GetRole": (f"{_IAM}role/*",),  # also the deployer's own role
    "iam:ListOpenIDConnectProviders": _ANYWHERE,
    "iam:*OpenIDConnectProvider*": (f"{_IAM}oidc-provider/oidc.eks.{{region}}.amazonaws.com/*",),
    "iam:*": (f"{_IAM}role/{{name}}-*",),
    "kafka:GetBootstrapBrokers": _ANYWHERE,
    "kafka:DescribeClusterOperation*": _ANYWHERE,
    "kafka:DescribeTopic": _TOPICS,
    "kafka:*Topic": _OWN_TOPICS,
    "kafka:*": _arns("kafka", "cluster/{kafka}/*", "configuration/{name}-*"),
    "kafka-cluster:Connect": _arns("kafka", "cluster/{kafka}/*"),
    "kafka-cluster:Describe*": _TOPICS,
    "kafka-cluster:*": _OWN_TOPICS,
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
        by_resources[*resources(action), *existing_streams(stack, action)].append(action)
    places, topics = _places(stack), own_topics(stack)
    statements = [
        {
            "Effect": "Allow",
            "Action": named,
            "Resource": [
                each.format_map({**places, "topic": topic})
                for each in limits
                for topic in (topics if "{topic}" in each else [""])
            ],
        }
        for limits, named in sorted(by_resources.items())
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=1)


def resources(action: str) -> tuple[str, ...]:
    """Return the resources that an action is limited to, as templates."""
    return next(limits for pattern, limits in RESOURCES.items() if fnmatchcase(action, pattern))


OF_EXISTING_STREAMS = (
    *("kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:ListTags*"),
    *("kinesis:*StreamConsumer", "kinesis:TagResource", "kinesis:UntagResource"),
)
"""Actions on a data stream that was there before: it is read, and consumers with enhanced fan-out are registered on it."""


def own_topics(stack: Stack) -> Sequence[str]:
    """Return what follows the cluster's name in the ARNs of the topics that the stack makes. All on a cluster of the stack."""
    cluster = _existing(stack, "streaming", "clusterArn")
    if cluster == stack.name:
        return ["*"]
    uuid = cluster.rpartition("/")[2]
    return [f"{uuid}/{each.inputs['name']}" for each in stack.made if each.type == "aws:msk/topic:Topic"]


def existing_streams(stack: Stack, action: str) -> Iterator[str]:
    """Yield templates of the data streams that were there before and that the action is also needed for."""
    if not any(fnmatchcase(action, pattern) for pattern in OF_EXISTING_STREAMS):
        return
    for name, pipe in (mapping(stack.config.get("data-pipes:pipes")) or {}).items():
        topic = mapping((mapping(pipe) or {}).get("topic")) or {}
        if topic.get("existing") is True:
            stream = topic.get("name", name)
            yield from _arns("kinesis", f"stream/{stream}", f"stream/{stream}/consumer/{{name}}-*")


def notes(text: str) -> Iterator[str]:
    """Return what a reader of the policy must know."""
    yield (
        'Resource "*": these actions have no resource. Ids in EC2, KMS and Route 53 are random, so these actions '
        "are limited only to the region or the account."
    )
    if "kinesis:UpdateShardCount" in text:
        yield (
            "kinesis:UpdateShardCount, UpdateStreamMode, EnableEnhancedMonitoring and DisableEnhancedMonitoring apply to all data streams of "
            "the account, also those of other owners: IAM cannot limit them to streams (Service Authorization Reference, Kinesis Data Streams)."
        )
    if re.search(r"topic/[^/]+/[^/*]+/", text):
        yield (
            "On an existing cluster, topics can be changed only by name. After you add a pipe, print the policy again. Before you remove a pipe, "
            "keep the present policy until its topics are deleted."
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
        "partition": partition_of(region),
        "region": region,
        "account": str(accounts[0]) if is_list(accounts) and len(accounts) == 1 else "*",
        "name": stack.name,
        "cluster": _existing(stack, "platform", "name"),
        "kafka": _existing(stack, "streaming", "clusterArn").rpartition(":cluster/")[2].partition("/")[0],
    }


def _existing(stack: Stack, section: str, key: str) -> str:
    """Return a key of what was there before, or else the stack's name."""
    existing = mapping((mapping(stack.config.get(f"data-pipes:{section}")) or {}).get("existing")) or {}
    return str(existing.get(key, stack.name))
