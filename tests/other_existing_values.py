"""Another value for every key of a section for existing things. Keys that only contain others are tried by the others."""

from typing import Any

from tests.combinations import MSK, MSK_SERVERLESS, TOPIC_IMAGE, Combination
from tests.other_values import GROUP, PIPE, VNET
from tests.stacks import REMOVED
from workbench.cloud.aws import existing as existing_aws
from workbench.cloud.azure import existing as existing_azure

PARALLELISM = f"{PIPE}parallelism"
DEAD_LETTERS = {
    f"{PIPE}topic.deadLetter.enabled": False,
    f"{PIPE}topic.deadLetter.redrive": True,
    f"{PIPE}topic.deadLetter.maxDeliveryAttempts": 9,
    f"{PIPE}topic.deadLetter.retentionHours": 24,
}
TOPIC = {f"{PIPE}topic.name": "other", **DEAD_LETTERS}
OTHER_TOPIC_IMAGE = {"data-pipes:streaming.topicImage": "registry.example.com/topic:2"}

OTHER: dict[str, dict[str, Any]] = {
    "msk, existing": {
        "data-pipes:streaming.existing.clusterArn": MSK.replace("events", "other"),
        "data-pipes:streaming.existing.openSecurityGroup": True,
    },
    "msk-serverless, existing": {
        "data-pipes:streaming.existing.clusterArn": MSK_SERVERLESS.replace("events", "other"),
        "data-pipes:streaming.existing.openSecurityGroup": True,
        **OTHER_TOPIC_IMAGE,
    },
    "kafka, existing": {
        "data-pipes:streaming.existing.cluster": "other",
    },
    "confluent, existing": {
        "data-pipes:streaming.existing.environmentId": "env-other",
        "data-pipes:streaming.existing.clusterId": "lkc-other",
    },
    "event-hubs, existing": {
        "data-pipes:streaming.existing.namespace": "other-events",
        "data-pipes:streaming.existing.resourceGroup": "other",
    },
    "hdinsight, existing": {
        "data-pipes:streaming.existing.name": "other",
        "data-pipes:streaming.existing.resourceGroup": "other",
        **OTHER_TOPIC_IMAGE,
    },
    "managed-kafka, existing": {"data-pipes:streaming.existing.cluster": "other"},
    "eks, existing": {
        "data-pipes:platform.existing.name": "other",
        "data-pipes:platform.existing.identity": "irsa",
        "data-pipes:platform.existing.storageClass": "io2",
        "data-pipes:network.securityGroupId": "sg-0a",
        "data-pipes:network.privateSubnetIds": list(reversed(existing_aws.SUBNETS)),
        "data-pipes:network.publicSubnetIds": list(reversed(existing_aws.SUBNETS)),
    },
    "ecs, existing": {
        "data-pipes:platform.existing.name": "other",
        "data-pipes:platform.architecture": "ARM64",
        "data-pipes:platform.spot": True,
        "data-pipes:platform.waitForSteadyState": False,
        "data-pipes:platform.logDays": 7,
    },
    "aks, existing": {
        "data-pipes:platform.existing.name": "other",
        "data-pipes:platform.existing.resourceGroup": "other",
        "data-pipes:platform.existing.storageClass": "other",
        "data-pipes:network.endpointsSubnetId": f"{VNET}/subnets/other-endpoints",
        "data-pipes:network.hdinsightSubnetId": f"{existing_azure.VNET}/subnets/other-hdinsight",
        "data-pipes:network.privateDnsZoneIds": {
            "servicebus": f"{GROUP}/privateDnsZones/privatelink.servicebus.windows.net"
        },
        "data-pipes:network.logDays": 30,
    },
    "gke, existing": {
        "data-pipes:platform.existing.name": "other",
        "data-pipes:platform.existing.location": "europe-west1-b",
        "data-pipes:platform.existing.storageClass": "other",
    },
    "msk, existing topic": TOPIC,
    "msk-serverless, existing topic": {PARALLELISM: 4, **TOPIC},
    "kinesis, existing topic": {f"{PIPE}topic.fanOut": True, **TOPIC},
    "kafka, existing topic": TOPIC,
    "confluent, existing topic": {
        f"{PIPE}topic.kafkaStreams": True,
        f"{PIPE}topic.schemaRegistry": False,
        **TOPIC,
    },
    "kafka-external, existing topic": {PARALLELISM: 4, **TOPIC},
    "event-hubs, existing topic": TOPIC,
    "hdinsight, existing topic": {PARALLELISM: 4, **TOPIC},
    "managed-kafka, existing topic": TOPIC,
    "pubsub, existing topic": {
        PARALLELISM: 4,
        f"{PIPE}topic.mode": "partitioned",
        f"{PIPE}topic.ordering": False,
        f"{PIPE}topic.exactlyOnce": True,
        f"{PIPE}topic.retentionHours": 24,
        f"{PIPE}topic.ackDeadlineSeconds": 600,
        f"{PIPE}topic.retry.minimumBackoffSeconds": 1,
        f"{PIPE}topic.retry.maximumBackoffSeconds": 60,
        f"{PIPE}topic.filter": 'attributes.kind = "order"',
        **TOPIC,
    },
}
"""A value other than that of the section's stack for every key, by section."""

ON = {
    "msk": ("aws", "eks"),
    "msk-serverless": ("aws", "eks"),
    "kinesis": ("aws", "eks"),
    "kafka": ("kubernetes", "kubernetes"),
    "confluent": ("aws", "eks"),
    "kafka-external": ("gcp", "gke"),
    "event-hubs": ("azure", "aks"),
    "hdinsight": ("azure", "aks"),
    "pubsub": ("gcp", "gke"),
    "managed-kafka": ("gcp", "gke"),
}
"""The cloud, and the existing platform on which each streaming service is tried."""

NEW_ON = {"eks": ("aws", "msk"), "ecs": ("aws", "msk"), "aks": ("azure", "event-hubs"), "gke": ("gcp", "pubsub")}
"""The cloud of each existing platform, and the new streaming service on it."""


def _stack(section: str) -> Combination:
    service, form = section.split(", ")
    if service in NEW_ON:
        cloud, streaming = NEW_ON[service]
        return Combination(cloud, streaming, service, "", "existing")
    cloud, platform = ON[service]
    form = "existing-topic" if form == "existing topic" else "existing"
    return Combination(cloud, service, platform, form, "" if platform == "kubernetes" else "existing")


STACKS = {section: _stack(section).stack_file() for section in OTHER}
"""The stack for the tests of each section's keys."""

BROKERS = {"data-pipes:streaming": {"service": "kafka"}}
TOGETHER: dict[str, dict[str, Any]] = {
    "data-pipes:platform.existing.storageClass": {
        **BROKERS,
        "data-pipes:platform": {"existing": {"storageClass": "fast"}},
        "data-pipes:network": {"endpointsSubnetId": REMOVED},
    },
    "data-pipes:network.publicSubnetIds": {
        "data-pipes:streaming": {"brokerSubnets": "public", "certificateAuthorityArns": []},
        "data-pipes:network": {"publicSubnetIds": list(existing_aws.SUBNETS)},
    },
    "data-pipes:network.hdinsightSubnetId": {
        "data-pipes:streaming": {"service": "hdinsight", **TOPIC_IMAGE},
        "data-pipes:network": {"hdinsightSubnetId": existing_azure.BROKERS},
    },
}
"""Other keys that a key requires, before and after its change."""

READ_BY_PROGRAM = ("msk", "kinesis", "kafka", "confluent", "event-hubs", "managed-kafka")
CHECKED = {
    **{f"{service}, existing topic": {PARALLELISM} for service in READ_BY_PROGRAM},
    "kafka, existing": {"data-pipes:streaming.existing.namespace"},
    "hdinsight, existing": {
        f"data-pipes:streaming.existing.{key}" for key in ("brokers", "credentials.username", "credentials.password")
    },
    "confluent, existing": {
        "data-pipes:streaming.credentials.apiKey",
        "data-pipes:streaming.credentials.apiSecret",
        "data-pipes:streaming.existing.tier",
    },
}
"""Keys with only one value, or that are only compared with what was there before. The tests of their services test them."""
