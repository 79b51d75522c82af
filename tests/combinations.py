"""Every pair of a streaming service and a platform in the catalog, in each form, as stacks for tests."""

from dataclasses import dataclass, replace
from typing import Any

from components.catalog import CLOUDS, Cloud
from tests.stacks import DEFAULT
from workbench.cloud.aws import existing as existing_aws
from workbench.cloud.azure import existing as existing_azure
from workbench.cloud.confluent import existing as existing_confluent
from workbench.cloud.gcp import existing as existing_gcp
from workbench.cloud.kubernetes import existing as existing_kubernetes
from workbench.stack_file import StackFile, find_stack_file

ACCOUNTS: dict[str, Any] = {
    "aws:region": "eu-west-1",
    "azure-native:location": "westeurope",
    "gcp:project": "data-pipes-example",
    "gcp:region": "europe-west1",
}
"""The account on every cloud. It does not change when a pipe moves."""

KAFKA_SECRETS = {name: f"kafka{name.capitalize()}" for name in ("username", "password", "certificate", "key")}
PASSWORD = {name: KAFKA_SECRETS[name] for name in ("username", "password")}
CERTIFICATE = {name: KAFKA_SECRETS[name] for name in ("certificate", "key")}
SECRETS = {
    name: f"stand-in for secrets.{name}" for name in ("confluentKey", "confluentSecret", *KAFKA_SECRETS.values())
}
CREDENTIALS = {"apiKey": "confluentKey", "apiSecret": "confluentSecret"}

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
GROUP = "00000000-0000-0000-0000-00000000000a"
CLUSTER = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shared/providers/Microsoft.EventHub/clusters/shared"
AUTHORITY = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

IMAGE = "registry.example.com/matrix:1.0.0"
TOPIC_IMAGE = {"topicImage": "registry.example.com/topic:1.0.0"}

MSK = "arn:aws:kafka:eu-west-1:123456789012:cluster/events/6f0a1c7e-0f3b-4d0c-9d0a-0d2f8b1c3e4f-2"
MSK_SERVERLESS = MSK.removesuffix("-2") + "-s1"
NAMESPACE = {"namespace": "events", "resourceGroup": "shared"}
HDINSIGHT = {"name": "events", "resourceGroup": "shared", "brokers": 3, "credentials": {"password": "kafkaPassword"}}
AKS = {"name": "production", "resourceGroup": "shared"}
STRIMZI = {"namespace": existing_kubernetes.NAMESPACE, "cluster": existing_kubernetes.CLUSTER}
CONFLUENT = {"environmentId": existing_confluent.ENVIRONMENT, "clusterId": existing_confluent.CLUSTER}

FORMS: dict[str, dict[str, dict[str, Any]]] = {
    "msk": {
        "existing": {"existing": {"clusterArn": MSK}},
        "existing-topic": {"existing": {"clusterArn": MSK}},
        "scram": {"authentication": "scram"},
        "express": {"instanceType": "express.m7g.large"},
        "tiered": {"tieredStorage": True},
        "autoscaled": {"storageAutoscaling": {"maxSize": 500}},
    },
    "msk-serverless": {
        "existing": {"existing": {"clusterArn": MSK_SERVERLESS}},
        "existing-topic": {"existing": {"clusterArn": MSK_SERVERLESS}},
    },
    "kinesis": {"existing-topic": {}},
    "eks": {
        "existing": {"existing": {"name": "production", "storageClass": "gp3"}},
        "existing-irsa": {"existing": {"name": "production", "identity": "irsa", "storageClass": "gp3"}},
        "fargate": {"compute": "fargate"},
        "auto": {"compute": "auto"},
        "volumes": {"volumes": True},
    },
    "ecs": {
        "existing": {"existing": {"name": "production"}},
        "spot": {"spot": True, "architecture": "ARM64"},
    },
    "event-hubs": {
        "existing": {"existing": NAMESPACE},
        "existing-topic": {"existing": NAMESPACE},
        "standard": {"tier": "standard", "autoInflate": {"maximumUnits": 4}},
        "key": {"customerManagedKey": True},
        "dedicated": {"tier": "dedicated", "clusterId": CLUSTER},
    },
    "hdinsight": {
        "existing": {"existing": HDINSIGHT},
        "existing-topic": {"existing": HDINSIGHT},
        "complete": {
            "privateLink": True,
            "restProxy": {"clientGroupId": GROUP, "clientGroupName": "data-engineers"},
        },
    },
    "kafka": {
        "existing": {"existing": STRIMZI},
        "existing-topic": {"existing": STRIMZI},
        "complete": {"brokers": 6, "cruiseControl": True, "exporter": True},
    },
    "pubsub": {
        "existing-topic": {},
        "partitioned": {"customerManagedKey": True},
    },
    "managed-kafka": {
        "existing": {"existing": {"cluster": "events"}},
        "existing-topic": {"existing": {"cluster": "events"}},
        "key": {"customerManagedKey": True, "diskSize": 500},
    },
    "confluent": {
        "existing": {"existing": CONFLUENT},
        "existing-topic": {"existing": CONFLUENT},
        "existing-basic": {"existing": {**CONFLUENT, "clusterId": "lkc-basic1", "tier": "basic"}},
        "existing-enterprise": {"existing": {**CONFLUENT, "clusterId": "lkc-enterprise1", "tier": "enterprise"}},
        "basic": {"tier": "basic"},
        "complete": {"governance": "advanced", "ksqldb": {}},
        "linked": {"tier": "enterprise", "privateLink": True},
        "dedicated": {"tier": "dedicated", "cku": 2},
    },
    "kafka-external": {
        "existing-topic": {"authentication": "scram-sha-256", "credentials": PASSWORD},
        "plain": {"authentication": "plain", "credentials": PASSWORD},
        "tls": {"authentication": "tls", "credentials": CERTIFICATE, "certificateAuthority": AUTHORITY},
        "open": {"authentication": "none", "credentials": {}, "tls": False, "brokerCidrs": ["10.1.0.0/16"]},
    },
    "aks": {
        "existing": {"existing": AKS},
        "reachable": {"endpoint": {"publicCidrs": ["203.0.113.7/32"]}, "adminGroups": [GROUP]},
    },
    "gke": {
        "existing": {"existing": {"name": "production"}},
        "existing-autopilot": {"existing": {"name": "autopilot", "storageClass": "premium-rwo"}},
        "autopilot": {"mode": "autopilot"},
        "reachable": {"endpoint": {"publicCidrs": ["203.0.113.7/32"]}, "admins": ["group:platform@example.com"]},
    },
}
"""Non-default forms of a service. Forms of things that were there before begin with existing; the topic of existing-topic, too."""

EXISTING_VPC = {
    "existing": {"vpcId": existing_aws.VPC, "cidr": existing_aws.CIDR, "privateSubnetIds": list(existing_aws.SUBNETS)}
}
EXISTING_VNET = {
    "existing": {
        "virtualNetworkId": existing_azure.VNET,
        "cidr": existing_azure.CIDR,
        "nodesSubnetId": existing_azure.NODES,
        "endpointsSubnetId": existing_azure.ENDPOINTS,
    }
}
EXISTING_NETWORK = {
    "existing": {
        "network": existing_gcp.network_id(ACCOUNTS["gcp:project"]),
        "subnetwork": existing_gcp.SUBNET,
        "cidr": existing_gcp.CIDR,
        "podsRange": "pods",
        "podCidr": existing_gcp.POD_CIDR,
        "servicesRange": "services",
    }
}

NETWORKS: dict[str, dict[str, Any]] = {
    "msk": EXISTING_VPC,
    "msk-serverless": EXISTING_VPC,
    "hdinsight": EXISTING_VNET,
    "managed-kafka": EXISTING_NETWORK,
}
"""Network settings that an existing streaming service requires on a new platform."""

EXISTING_NETWORKS: dict[str, dict[str, Any]] = {"ecs": EXISTING_VPC}
"""Network settings that an existing platform requires. The networks of the others are looked up."""

ENDPOINTS = {"endpointsSubnetId": existing_azure.ENDPOINTS}
NEW_ON_EXISTING: dict[tuple[str, str], dict[str, Any]] = {
    ("event-hubs", "aks"): ENDPOINTS,
    ("hdinsight", "aks"): {**ENDPOINTS, "hdinsightSubnetId": existing_azure.BROKERS},
}
"""Network settings that a new streaming service requires on an existing platform."""

PIPES: dict[tuple[str, str], dict[str, Any]] = {
    ("kafka-external", "existing-topic"): {"topic": {"existing": True, "name": "Orders_v1"}},
    ("confluent", "existing-topic"): {"topic": {"existing": True, "schemaRegistry": True}},
    ("confluent", "existing-basic"): {"topic": {"existing": True}},
    ("pubsub", "partitioned"): {"topic": {"mode": "partitioned", "exactlyOnce": True}},
    ("confluent", "complete"): {"topic": {"kafkaStreams": True, "schemaRegistry": True}},
}
"""Pipe settings that a form of a streaming service requires. Those of the other forms existing-topic only set topic.existing."""

NEEDED: dict[str, dict[str, Any]] = {
    "confluent": {"credentials": CREDENTIALS},
    "kafka-external": {
        "bootstrapServers": ["b1.example.com:9093", "b2.example.com:9093"],
        "authentication": "scram-sha-512",
        "credentials": PASSWORD,
        "brokerCidrs": ["203.0.113.0/24"],
        "version": "4.1",
        **TOPIC_IMAGE,
    },
    "kubernetes": {"existing": {"kubeconfigContext": "production", "storageClass": "fast"}},
}
"""Settings of a service or platform without a default."""

NEEDED_ON: dict[tuple[str, str], dict[str, Any]] = {("confluent", "kubernetes"): {"existing": CONFLUENT}}
"""Settings of a streaming service without a default on one platform."""

JOBS = {"hdinsight": TOPIC_IMAGE, "msk-serverless": TOPIC_IMAGE}
"""Settings of streaming services with Jobs, for a stack without a registry."""

ASKED: dict[tuple[str, str, str], dict[str, Any]] = {
    ("kafka", "eks", ""): {"volumes": True, "nodes": {"instanceType": "m5.2xlarge"}},
    ("kafka", "eks", "auto"): {"volumes": True},
    ("kafka", "aks", ""): {"nodes": {"vmSize": "Standard_D8s_v5"}},
    ("kafka", "aks", "reachable"): {"nodes": {"vmSize": "Standard_D8s_v5"}},
    ("kafka", "aks", "existing"): {"existing": {**AKS, "storageClass": "managed-csi-premium"}},
    ("kafka", "gke", "existing"): {"existing": {"name": "production", "storageClass": "premium-rwo"}},
}
"""Platform settings that a new streaming service requires for a form: volumes and nodes for brokers in the cluster."""

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

    @property
    def is_on_existing(self) -> bool:
        """Whether the platform was there before. Then the stack has no registry."""
        return is_existing(self.platform_form) or self.platform == "kubernetes"

    def stack_file(self) -> StackFile:
        """Return a stack with one pipe and defaults for everything else."""
        config = {
            **ACCOUNTS,
            "data-pipes:name": "matrix",
            "data-pipes:secrets": SECRETS,
            "data-pipes:streaming": {
                "service": self.streaming,
                **NEEDED.get(self.streaming, {}),
                **NEEDED_ON.get((self.streaming, self.platform), {}),
                **(JOBS.get(self.streaming, {}) if self.is_on_existing else {}),
                **_form(self.streaming, self.streaming_form),
            },
            "data-pipes:platform": {
                "service": self.platform,
                **NEEDED.get(self.platform, {}),
                **_form(self.platform, self.platform_form),
                **self._asked(),
            },
            "data-pipes:network": self._network(),
            "data-pipes:pipes": {
                "orders": {
                    "parallelism": 3,
                    **({"consumer": {"image": IMAGE}} if self.is_on_existing else {}),
                    **({"topic": {"existing": True}} if self.streaming_form == "existing-topic" else {}),
                    **PIPES.get((self.streaming, self.streaming_form), {}),
                }
            },
        }
        return replace(
            find_stack_file(DEFAULT),
            stack=str(self),
            config=config,
            secret_keys=frozenset(["data-pipes:secrets"]),
            stand_ins=tuple(f"secrets.{name}" for name in SECRETS),
            source=str(self),
        )

    def _asked(self) -> dict[str, Any]:
        """Return the platform settings that a new streaming service requires."""
        return (
            {}
            if is_existing(self.streaming_form)
            else ASKED.get((self.streaming, self.platform, self.platform_form), {})
        )

    def _network(self) -> dict[str, Any]:
        """Return the network section. That of an existing platform only has what cannot be looked up."""
        if not self.is_on_existing:
            return NETWORKS.get(self.streaming, {}) if is_existing(self.streaming_form) else {}
        own = {} if is_existing(self.streaming_form) else NEW_ON_EXISTING.get((self.streaming, self.platform), {})
        return {**EXISTING_NETWORKS.get(self.platform, {}), **own}


def _form(service: str, form: str) -> dict[str, Any]:
    return FORMS[service][form] if form else {}


def is_existing(form: str) -> bool:
    """Whether a form adopts something that was there before."""
    return form.startswith("existing")


def _is_tried(each: Combination) -> bool:
    """Whether a combination is tried: no two forms, except that both were there before.

    Strimzi in place needs an existing platform. On any Kubernetes cluster, Confluent Cloud must be there before.
    """
    if each.streaming == "kafka" and is_existing(each.streaming_form) and not each.is_on_existing:
        return False
    if (each.streaming, each.platform) in NEEDED_ON and each.streaming_form and not is_existing(each.streaming_form):
        return False
    if each.streaming_form and each.platform_form:
        return is_existing(each.streaming_form) and is_existing(each.platform_form)
    return (each.streaming, each.platform, each.platform_form) not in NOT_TRIED


def _of(name: str, cloud: Cloud) -> list[Combination]:
    """Return every pair, every form of one service with the default form of the other, and existing services on existing platforms."""
    every = [
        Combination(name, streaming, platform, streaming_form, platform_form)
        for streaming in cloud.streaming
        for platform in cloud.platforms
        for streaming_form in ("", *FORMS.get(streaming, {}))
        for platform_form in ("", *FORMS.get(platform, {}))
    ]
    return [each for each in every if _is_tried(each)]


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
    *(("confluent", "existing-basic"), ("confluent", "existing-enterprise")),
    *(("kafka-external", "plain"), ("kafka-external", "open")),
}
"""Forms without a rehearsal, because it would show nothing new: clusters of another size, a key, another sign-in, the volumes of
aws-kafka-eks, and a basic cluster, which test_confluent_changes.py deploys.
"""


def _once() -> list[Combination]:
    """Return each form of each service with one partner. A rehearsal of two things that were there before has the forms of both."""
    chosen: dict[tuple[str, str], Combination] = {}
    for each in sorted(ALLOWED, key=lambda each: not (each.streaming_form and each.platform_form)):
        for service, form in ((each.streaming, each.streaming_form), (each.platform, each.platform_form)):
            if form and (service, form) not in PLANNED_ONLY:
                chosen.setdefault((service, form), each)
    return list(dict.fromkeys(chosen.values()))


FORMS_ONCE = _once()
"""Each form of each service, with one partner."""
