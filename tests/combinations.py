"""Every pair of a streaming service and a platform in the catalog, in each form, as stacks for tests."""

from dataclasses import dataclass, replace
from typing import Any

from components.catalog import CLOUDS, Cloud
from tests.stacks import DEFAULT
from workbench.cloud.aws import existing as existing_aws
from workbench.stack_file import StackFile, find_stack_file

ACCOUNTS: dict[str, Any] = {
    "aws:region": "eu-west-1",
    "azure-native:location": "westeurope",
    "gcp:project": "data-pipes-example",
    "gcp:region": "europe-west1",
}
"""The account on every cloud. It does not change when a pipe moves."""

SECRETS = {name: f"stand-in for secrets.{name}" for name in ("confluentKey", "confluentSecret")}
CREDENTIALS = {"apiKey": "confluentKey", "apiSecret": "confluentSecret"}

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
GROUP = "00000000-0000-0000-0000-00000000000a"
CLUSTER = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shared/providers/Microsoft.EventHub/clusters/shared"

MSK = "arn:aws:kafka:eu-west-1:123456789012:cluster/events/6f0a1c7e-0f3b-4d0c-9d0a-0d2f8b1c3e4f-2"

FORMS: dict[str, dict[str, dict[str, Any]]] = {
    "msk": {
        "existing": {"existing": {"clusterArn": MSK}},
        "existing-topic": {"existing": {"clusterArn": MSK}},
        "scram": {"authentication": "scram"},
        "express": {"instanceType": "express.m7g.large"},
        "tiered": {"tieredStorage": True},
        "autoscaled": {"storageAutoscaling": {"maxSize": 500}},
    },
    "eks": {
        "fargate": {"compute": "fargate"},
        "auto": {"compute": "auto"},
        "volumes": {"volumes": True},
    },
    "ecs": {"spot": {"spot": True, "architecture": "ARM64"}},
    "event-hubs": {
        "standard": {"tier": "standard", "autoInflate": {"maximumUnits": 4}},
        "key": {"customerManagedKey": True},
        "dedicated": {"tier": "dedicated", "clusterId": CLUSTER},
    },
    "hdinsight": {
        "complete": {
            "privateLink": True,
            "restProxy": {"clientGroupId": GROUP, "clientGroupName": "data-engineers"},
        },
    },
    "kafka": {"complete": {"brokers": 6, "cruiseControl": True, "exporter": True}},
    "pubsub": {"partitioned": {"customerManagedKey": True}},
    "managed-kafka": {"key": {"customerManagedKey": True, "diskSize": 500}},
    "confluent": {
        "basic": {"tier": "basic"},
        "complete": {"governance": "advanced", "ksqldb": {}},
        "linked": {"tier": "enterprise", "privateLink": True},
        "dedicated": {"tier": "dedicated", "cku": 2},
    },
    "aks": {"reachable": {"endpoint": {"publicCidrs": ["203.0.113.7/32"]}, "adminGroups": [GROUP]}},
    "gke": {
        "autopilot": {"mode": "autopilot"},
        "reachable": {"endpoint": {"publicCidrs": ["203.0.113.7/32"]}, "admins": ["group:platform@example.com"]},
    },
}
"""Non-default forms of a service. Forms of things that were there before begin with existing; the topic of existing-topic, too."""

EXISTING_VPC = {
    "existing": {"vpcId": existing_aws.VPC, "cidr": existing_aws.CIDR, "privateSubnetIds": list(existing_aws.SUBNETS)}
}

NETWORKS: dict[tuple[str, str], dict[str, Any]] = {
    ("msk", "existing"): EXISTING_VPC,
    ("msk", "existing-topic"): EXISTING_VPC,
}
"""Network settings that a form requires."""

PIPES: dict[tuple[str, str], dict[str, Any]] = {
    ("msk", "existing-topic"): {"topic": {"existing": True}},
    ("pubsub", "partitioned"): {"topic": {"mode": "partitioned", "exactlyOnce": True}},
    ("confluent", "complete"): {"topic": {"kafkaStreams": True, "schemaRegistry": True}},
}
"""Pipe settings that a form of a streaming service requires."""

NEEDED: dict[str, dict[str, Any]] = {"confluent": {"credentials": CREDENTIALS}}
"""Settings of a streaming service without a default."""

ASKED: dict[tuple[str, str, str], dict[str, Any]] = {
    ("kafka", "eks", ""): {"volumes": True, "nodes": {"instanceType": "m5.2xlarge"}},
    ("kafka", "eks", "auto"): {"volumes": True},
    ("kafka", "aks", ""): {"nodes": {"vmSize": "Standard_D8s_v5"}},
    ("kafka", "aks", "reachable"): {"nodes": {"vmSize": "Standard_D8s_v5"}},
}
"""Platform settings that a streaming service requires for a form: volumes and nodes for brokers in the cluster."""

NOT_TRIED = {("kafka", "eks", "fargate"), ("kafka", "eks", "volumes")}
"""Pairs without a combination: Fargate has no volumes (tests of EKS), and brokers use volumes anyway."""


@dataclass(frozen=True)
class Combination:
    """One stack of the matrix."""

    cloud: str
    streaming: str
    platform: str
    streaming_form: str = ""
    platform_form: str = ""

    def __str__(self) -> str:
        """Return a name such as `aws-msk-scram-eks-auto`."""
        return "-".join(
            filter(None, [self.cloud, self.streaming, self.streaming_form, self.platform, self.platform_form])
        )

    @property
    def refusal(self) -> str | None:
        """Reason if the catalog does not allow the pair, else None."""
        return CLOUDS[self.cloud].streaming[self.streaming].refused_on.get(self.platform)

    def stack_file(self) -> StackFile:
        """Return a stack with one pipe and defaults for everything else."""
        config = {
            **ACCOUNTS,
            "data-pipes:name": "matrix",
            "data-pipes:secrets": SECRETS,
            "data-pipes:streaming": {
                "service": self.streaming,
                **NEEDED.get(self.streaming, {}),
                **_form(self.streaming, self.streaming_form),
            },
            "data-pipes:platform": {
                "service": self.platform,
                **ASKED.get((self.streaming, self.platform, self.platform_form), {}),
                **_form(self.platform, self.platform_form),
            },
            "data-pipes:network": {
                **NETWORKS.get((self.streaming, self.streaming_form), {}),
                **NETWORKS.get((self.platform, self.platform_form), {}),
            },
            "data-pipes:pipes": {"orders": {"parallelism": 3, **PIPES.get((self.streaming, self.streaming_form), {})}},
        }
        return replace(
            find_stack_file(DEFAULT),
            stack=str(self),
            config=config,
            secret_keys=frozenset(["data-pipes:secrets"]),
            stand_ins=tuple(f"secrets.{name}" for name in SECRETS),
            source=str(self),
        )


def _form(service: str, form: str) -> dict[str, Any]:
    return FORMS[service][form] if form else {}


def is_existing(form: str) -> bool:
    """Whether a form adopts something that was there before."""
    return form.startswith("existing")


def _of(name: str, cloud: Cloud) -> list[Combination]:
    """Return every pair, every form of one service with the default form of the other, and existing services on existing platforms."""
    return [
        Combination(name, streaming, platform, streaming_form, platform_form)
        for streaming in cloud.streaming
        for platform in cloud.platforms
        for streaming_form in ("", *FORMS.get(streaming, {}))
        for platform_form in ("", *FORMS.get(platform, {}))
        if (not (streaming_form and platform_form) or (is_existing(streaming_form) and is_existing(platform_form)))
        and (streaming, platform, platform_form) not in NOT_TRIED
    ]


EVERY = [combination for name, cloud in CLOUDS.items() for combination in _of(name, cloud)]
ALLOWED = [combination for combination in EVERY if combination.refusal is None]
REFUSED = [
    combination
    for combination in EVERY
    if combination.refusal and not combination.streaming_form + combination.platform_form
]
PAIRS = [combination for combination in ALLOWED if not combination.streaming_form + combination.platform_form]

PLANNED_ONLY = {
    *(("event-hubs", "dedicated"), ("eks", "volumes")),
    *(("confluent", "basic"), ("confluent", "dedicated"), ("managed-kafka", "key")),
}
"""Forms without a rehearsal, because it would show nothing new: clusters of another size, a key, the volumes of aws-kafka-eks, and a
basic cluster, which test_confluent_changes.py deploys.
"""

FORMS_ONCE = list(
    {
        (service, form): each
        for each in reversed(ALLOWED)
        for service, form in ((each.streaming, each.streaming_form), (each.platform, each.platform_form))
        if form and (service, form) not in PLANNED_ONLY
    }.values()
)
"""Each form of each service, with one partner."""
