"""Another value for every key of a stack file, and other keys that it requires."""

from typing import Any

from tests.combinations import CLUSTER, SUBSCRIPTION
from tests.stacks import DEFAULT, REMOVED

PIPES = "data-pipes:pipes"
PIPE = f"{PIPES}.NAME."

DEAD_LETTERS = {
    f"{PIPE}topic.deadLetter": {"enabled": False},
    f"{PIPE}topic.deadLetter.enabled": False,
    f"{PIPE}topic.deadLetter.maxDeliveryAttempts": 9,
    f"{PIPE}topic.deadLetter.retentionHours": 24,
}
REDRIVABLE = {**DEAD_LETTERS, f"{PIPE}topic.deadLetter.redrive": True}
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shared/providers/Microsoft.Network"
VNET = f"{GROUP}/virtualNetworks/shared"
ACTION_GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/ops/providers/Microsoft.Insights/actionGroups/oncall"
EXISTING = {
    "aws": {
        "vpcId": "vpc-0a",
        "cidr": "10.9.0.0/16",
        "privateSubnetIds": ["subnet-0a", "subnet-0b", "subnet-0c"],
        "publicSubnetIds": ["subnet-1a", "subnet-1b", "subnet-1c"],
    },
    "azure": {
        "virtualNetworkId": VNET,
        "cidr": "10.9.0.0/16",
        "nodesSubnetId": f"{VNET}/subnets/nodes",
        "endpointsSubnetId": f"{VNET}/subnets/endpoints",
    },
    "gcp": {
        "network": "projects/shared-network/global/networks/shared",
        "subnetwork": "nodes",
        "cidr": "10.9.0.0/20",
        "podsRange": "pods",
        "podCidr": "10.10.0.0/16",
        "servicesRange": "services",
    },
}
"""An existing network on each cloud."""

SCHEMA = {"type": "avro", "definition": '{"type": "int"}'}

OTHER: dict[str, dict[str, Any]] = {
    "every stack": {
        "data-pipes:name": "other",
        "data-pipes:tags": {"team": "data"},
        "data-pipes:protect": False,
        f"{PIPE}parallelism": 6,
        f"{PIPE}consumer": {"cpu": "250m"},
        f"{PIPE}consumer.image": "nginx:1",
        f"{PIPE}consumer.cpu": "250m",
        f"{PIPE}consumer.memory": "2Gi",
        f"{PIPE}consumer.environment": {"COLOUR": "red"},
        f"{PIPE}consumer.secrets": {"OTHER": "ordersToken"},
        f"{PIPE}consumer.files": {"/etc/other": "ordersToken"},
        f"{PIPE}consumer.egress": [{"cidr": "10.20.0.0/16", "port": 5432}],
        f"{PIPE}consumer.nodeSelector": {"topology.kubernetes.io/zone": "eu-west-1a"},
        f"{PIPE}consumer.gracePeriodSeconds": 90,
        f"{PIPE}consumer.batch": {},
        f"{PIPE}consumer.batch.records": 50,
        f"{PIPE}consumer.batch.milliseconds": 2000,
        f"{PIPE}consumer.group": "billing",
        f"{PIPE}consumer.paused": True,
        f"{PIPE}alarms": {"ageMinutes": 30},
        f"{PIPE}alarms.ageMinutes": 30,
        f"{PIPE}alarms.unreadRecords": 500,
    },
    "aws": {
        "aws:region": "eu-central-1",
        "aws:profile": "prod",
        "aws:allowedAccountIds": ["123456789012"],
        "data-pipes:monitoring.enabled": False,
        "data-pipes:monitoring.collector": "managed",
        "data-pipes:monitoring.emails": ["oncall@example.com"],
        "data-pipes:monitoring.runbook": "https://example.com/runbook",
        "data-pipes:monitoring.topicArns": ["arn:aws:sns:eu-west-1:123456789012:oncall"],
        "data-pipes:network.cidr": "10.1.0.0/16",
        "data-pipes:network.zones": ["b", "c", "d"],
        "data-pipes:network.nat": "one",
        "data-pipes:network.interfaceEndpoints": ["ec2"],
        "data-pipes:network.flowLogDays": 7,
        "data-pipes:network.existing": EXISTING["aws"],
        "data-pipes:network.existing.vpcId": "vpc-0b",
        "data-pipes:network.existing.cidr": "10.8.0.0/16",
        "data-pipes:network.existing.privateSubnetIds": ["subnet-2a", "subnet-2b", "subnet-2c"],
        "data-pipes:network.existing.publicSubnetIds": ["subnet-3a", "subnet-3b", "subnet-3c"],
    },
    "azure": {
        "azure-native:location": "northeurope",
        "azure-native:subscriptionId": SUBSCRIPTION,
        "azure-native:tenantId": SUBSCRIPTION,
        "data-pipes:monitoring.enabled": False,
        "data-pipes:monitoring.collector": "none",
        "data-pipes:monitoring.emails": ["oncall@example.com"],
        "data-pipes:monitoring.runbook": "https://example.com/runbook",
        "data-pipes:monitoring.actionGroupIds": [ACTION_GROUP],
        "data-pipes:network.cidr": "10.1.0.0/16",
        "data-pipes:network.flowLogDays": 7,
        "data-pipes:network.logDays": 30,
        "data-pipes:network.registryCidrs": ["203.0.113.7/32"],
        "data-pipes:network.existing": EXISTING["azure"],
        "data-pipes:network.existing.cidr": "10.8.0.0/16",
        "data-pipes:network.existing.nodesSubnetId": f"{VNET}/subnets/other-nodes",
        "data-pipes:network.existing.endpointsSubnetId": f"{VNET}/subnets/other-endpoints",
        "data-pipes:network.existing.privateDnsZoneIds": {
            "servicebus": f"{GROUP}/privateDnsZones/privatelink.servicebus.windows.net"
        },
    },
    "gcp": {
        "gcp:project": "data-pipes-other",
        "gcp:region": "europe-north1",
        "data-pipes:monitoring.enabled": False,
        "data-pipes:monitoring.collector": "none",
        "data-pipes:monitoring.emails": ["oncall@example.com"],
        "data-pipes:monitoring.runbook": "https://example.com/runbook",
        "data-pipes:monitoring.channels": ["projects/123456789012/notificationChannels/1234567890"],
        "data-pipes:network.cidr": "10.1.0.0/16",
        "data-pipes:network.flowLogDays": 7,
        "data-pipes:network.registryCustomerManagedKey": True,
        "data-pipes:network.existing": EXISTING["gcp"],
        "data-pipes:network.existing.network": "projects/shared-network/global/networks/other",
        "data-pipes:network.existing.subnetwork": "other",
        "data-pipes:network.existing.podsRange": "other",
        "data-pipes:network.existing.servicesRange": "other",
    },
    "pubsub": {
        "data-pipes:streaming.customerManagedKey": True,
        f"{PIPE}topic": {"retentionHours": 24},
        f"{PIPE}topic.mode": "partitioned",
        f"{PIPE}topic.ordering": False,
        f"{PIPE}topic.exactlyOnce": True,
        f"{PIPE}topic.retentionHours": 24,
        f"{PIPE}topic.replayHours": 24,
        f"{PIPE}topic.ackDeadlineSeconds": 600,
        f"{PIPE}topic.retry": {"minimumBackoffSeconds": 1},
        f"{PIPE}topic.retry.minimumBackoffSeconds": 1,
        f"{PIPE}topic.retry.maximumBackoffSeconds": 60,
        **REDRIVABLE,
        f"{PIPE}topic.filter": 'attributes.kind = "order"',
        f"{PIPE}topic.schema": SCHEMA,
        f"{PIPE}topic.schema.type": "protocol-buffer",
        f"{PIPE}topic.schema.definition": '{"type": "string"}',
        f"{PIPE}topic.schema.encoding": "binary",
        f"{PIPE}topic.schema.firstRevision": "0a1b2c3d",
        f"{PIPE}topic.schema.lastRevision": "0a1b2c3d",
        f"{PIPE}topic.producers": ["serviceAccount:shop@data-pipes-example.iam.gserviceaccount.com"],
    },
    "managed-kafka": {
        "data-pipes:streaming.version": "4.1.x",
        "data-pipes:streaming.vcpus": 6,
        "data-pipes:streaming.memory": "6Gi",
        "data-pipes:streaming.diskSize": 500,
        "data-pipes:streaming.autoRebalance": False,
        "data-pipes:streaming.customerManagedKey": True,
        f"{PIPE}topic": {"retentionHours": 24},
        f"{PIPE}topic.retentionHours": 24,
        f"{PIPE}topic.config": {"cleanup.policy": "compact"},
        **REDRIVABLE,
        f"{PIPE}topic.producers": ["shop@data-pipes-example.iam.gserviceaccount.com"],
    },
    "confluent": {
        "data-pipes:streaming.tier": "basic",
        "data-pipes:streaming.availability": "low",
        "data-pipes:streaming.cku": 3,
        "data-pipes:streaming.maxEcku": 2,
        "data-pipes:streaming.governance": "advanced",
        "data-pipes:streaming.ksqldb": {},
        "data-pipes:streaming.ksqldb.csu": 8,
        f"{PIPE}topic": {"retentionHours": 24},
        f"{PIPE}topic.retentionHours": 24,
        f"{PIPE}topic.config": {"cleanup.policy": "compact"},
        **REDRIVABLE,
        f"{PIPE}topic.kafkaStreams": True,
        f"{PIPE}topic.schemaRegistry": True,
    },
    "gke": {
        "data-pipes:platform.mode": "autopilot",
        "data-pipes:platform.releaseChannel": "stable",
        "data-pipes:platform.maintenanceStart": "03:00",
        "data-pipes:platform.admins": ["group:platform@example.com"],
        "data-pipes:platform.endpoint": {"publicCidrs": ["203.0.113.7/32"]},
        "data-pipes:platform.endpoint.publicCidrs": ["203.0.113.7/32"],
        "data-pipes:platform.nodes": {"min": 4},
        "data-pipes:platform.nodes.machineType": "e2-standard-8",
        "data-pipes:platform.nodes.min": 4,
        "data-pipes:platform.nodes.max": 9,
        "data-pipes:platform.nodes.diskSize": 200,
        "data-pipes:platform.logs": ["SYSTEM_COMPONENTS"],
        "data-pipes:platform.deletionProtection": False,
    },
    "kafka": {
        "data-pipes:streaming.version": "4.3.0",
        "data-pipes:streaming.brokers": 6,
        "data-pipes:streaming.cpu": "500m",
        "data-pipes:streaming.memory": "3Gi",
        "data-pipes:streaming.diskSize": 200,
        "data-pipes:streaming.cruiseControl": False,
        "data-pipes:streaming.exporter": True,
        f"{PIPE}topic": {"retentionHours": 24},
        f"{PIPE}topic.retentionHours": 24,
        f"{PIPE}topic.config": {"cleanup.policy": "compact"},
        **REDRIVABLE,
    },
    "event-hubs": {
        "data-pipes:streaming.tier": "standard",
        "data-pipes:streaming.capacity": 2,
        "data-pipes:streaming.autoInflate": {"maximumUnits": 4},
        "data-pipes:streaming.autoInflate.maximumUnits": 4,
        "data-pipes:streaming.clusterId": CLUSTER.replace("shared", "other"),
        "data-pipes:streaming.customerManagedKey": True,
        f"{PIPE}topic": {"retentionHours": 24},
        f"{PIPE}topic.retentionHours": 24,
        f"{PIPE}topic.compaction": {},
        f"{PIPE}topic.compaction.tombstoneHours": 48,
        f"{PIPE}topic.capture": {},
        f"{PIPE}topic.capture.intervalSeconds": 600,
        f"{PIPE}topic.capture.size": 100,
        f"{PIPE}topic.capture.emptyFiles": True,
        f"{PIPE}topic.schemaGroup": "backward",
        f"{PIPE}topic.consumerGroups": ["reports"],
        **REDRIVABLE,
    },
    "hdinsight": {
        "data-pipes:streaming.brokers": 4,
        "data-pipes:streaming.workerVmSize": "Standard_DS4_v2",
        "data-pipes:streaming.disksPerWorker": 4,
        "data-pipes:streaming.headVmSize": "Standard_DS4_v2",
        "data-pipes:streaming.zookeeperVmSize": "Standard_DS3_v2",
        "data-pipes:streaming.restProxy": {"clientGroupId": SUBSCRIPTION, "clientGroupName": "data-engineers"},
        "data-pipes:streaming.restProxy.clientGroupId": SUBSCRIPTION.replace("1", "2"),
        "data-pipes:streaming.restProxy.clientGroupName": "platform-engineers",
        "data-pipes:streaming.privateLink": True,
        "data-pipes:streaming.topicImage": "registry.example.com/topic:2",
        "data-pipes:network.existing.hdinsightSubnetId": f"{VNET}/subnets/other-hdinsight",
        f"{PIPE}topic": {"retentionHours": 24},
        f"{PIPE}topic.retentionHours": 24,
        f"{PIPE}topic.config": {"cleanup.policy": "compact"},
        **REDRIVABLE,
    },
    "aks": {
        "data-pipes:platform.version": "1.36",
        "data-pipes:platform.adminGroups": [SUBSCRIPTION],
        "data-pipes:platform.endpoint": {"publicCidrs": ["203.0.113.7/32"]},
        "data-pipes:platform.endpoint.publicCidrs": ["203.0.113.7/32"],
        "data-pipes:platform.podCidr": "10.128.0.0/16",
        "data-pipes:platform.serviceCidr": "10.129.0.0/16",
        "data-pipes:platform.outboundType": "userDefinedRouting",
        "data-pipes:platform.nodes": {"min": 4},
        "data-pipes:platform.nodes.vmSize": "Standard_D8s_v5",
        "data-pipes:platform.nodes.min": 4,
        "data-pipes:platform.nodes.max": 9,
        "data-pipes:platform.nodes.diskSize": 256,
        "data-pipes:platform.systemNodes": {"vmSize": "Standard_D8s_v5"},
        "data-pipes:platform.systemNodes.vmSize": "Standard_D8s_v5",
        "data-pipes:platform.upgradeChannel": "none",
        "data-pipes:platform.nodeUpgradeChannel": "SecurityPatch",
        "data-pipes:platform.logs": ["kube-audit"],
    },
    "msk": {
        "data-pipes:streaming.version": "4.1.x.kraft",
        "data-pipes:streaming.brokers": 6,
        "data-pipes:streaming.instanceType": "kafka.m7g.large",
        "data-pipes:streaming.diskSize": 200,
        "data-pipes:streaming.monitoring": "PER_TOPIC_PER_BROKER",
        "data-pipes:streaming.certificateAuthorityArns": [],
        "data-pipes:streaming.logDays": 7,
        "data-pipes:streaming.authentication": "scram",
        "data-pipes:streaming.brokerSubnets": "public",
        "data-pipes:streaming.storageAutoscaling": {"maxSize": 200},
        "data-pipes:streaming.storageAutoscaling.maxSize": 300,
        "data-pipes:streaming.storageAutoscaling.targetUtilization": 70,
        "data-pipes:streaming.tieredStorage": True,
        "data-pipes:streaming.connectivity": {"multiVpc": True},
        "data-pipes:streaming.connectivity.multiVpc": True,
        "data-pipes:streaming.connectivity.publicCidrs": ["203.0.113.0/24"],
        f"{PIPE}topic": {"retentionHours": 24},
        f"{PIPE}topic.retentionHours": 24,
        f"{PIPE}topic.localRetentionHours": 24,
        f"{PIPE}topic.config": {"cleanup.policy": "compact"},
        **REDRIVABLE,
    },
    "msk-serverless": {
        "data-pipes:streaming.topicImage": "registry.example.com/topic:2",
        f"{PIPE}topic": {"retentionHours": 24},
        f"{PIPE}topic.retentionHours": 24,
        f"{PIPE}topic.config": {"cleanup.policy": "compact"},
        **REDRIVABLE,
    },
    "kinesis": {
        f"{PIPE}topic": {"retentionHours": 24},
        f"{PIPE}topic.retentionHours": 24,
        f"{PIPE}topic.fanOut": True,
        f"{PIPE}topic.shardMetrics": [],
        **REDRIVABLE,
        f"{PIPE}topic.producers": ["arn:aws:iam::123456789012:role/producer"],
        f"{PIPE}topic.readers": ["arn:aws:iam::210987654321:root"],
    },
    "kinesis-video": {
        f"{PIPE}topic": {"retentionHours": 24},
        f"{PIPE}topic.retentionHours": 24,
        f"{PIPE}topic.mediaType": "video/h265",
        **DEAD_LETTERS,
    },
    "eks": {
        "data-pipes:platform.version": "1.36",
        "data-pipes:platform.compute": "auto",
        "data-pipes:platform.volumes": True,
        "data-pipes:platform.admins": [],
        "data-pipes:platform.endpoint": {"publicCidrs": ["203.0.113.7/32"]},
        "data-pipes:platform.endpoint.publicCidrs": ["203.0.113.7/32"],
        "data-pipes:platform.endpoint.privateCidrs": ["172.16.0.0/12"],
        "data-pipes:platform.logs": ["api", "audit", "scheduler"],
        "data-pipes:platform.logDays": 7,
        "data-pipes:platform.nodes": {"min": 4},
        "data-pipes:platform.nodes.instanceType": "m5.xlarge",
        "data-pipes:platform.nodes.min": 4,
        "data-pipes:platform.nodes.max": 9,
        "data-pipes:platform.nodes.diskSize": 80,
    },
    "ecs": {
        "data-pipes:platform.architecture": "ARM64",
        "data-pipes:platform.spot": True,
        "data-pipes:platform.waitForSteadyState": False,
        "data-pipes:platform.logDays": 7,
        "data-pipes:platform.containerInsights": "enabled",
        f"{PIPE}consumer.healthCommand": ["/consumer", "--alive"],
    },
}
"""A value other than the shipped stack's for every key, by service."""

STACKS = {
    "every stack": DEFAULT,
    "aws": DEFAULT,
    "msk": DEFAULT,
    "msk-serverless": "aws-msk-serverless-eks",
    "kinesis": "aws-kinesis-ecs",
    "kinesis-video": "aws-video-ecs",
    "eks": DEFAULT,
    "ecs": "aws-kinesis-ecs",
    "azure": "azure-eventhubs-aks",
    "kafka": "azure-kafka-aks",
    "event-hubs": "azure-eventhubs-aks",
    "hdinsight": "azure-hdinsight-aks",
    "aks": "azure-eventhubs-aks",
    "gcp": "gcp-pubsub-gke",
    "pubsub": "gcp-pubsub-gke",
    "managed-kafka": "gcp-managed-kafka-gke",
    "confluent": "aws-confluent-ecs",
    "gke": "gcp-pubsub-gke",
}
"""The stack for the tests of each service's keys."""

TOGETHER: dict[str, dict[str, Any]] = {
    "data-pipes:streaming.storageAutoscaling.targetUtilization": {
        "data-pipes:streaming": {"storageAutoscaling": {"maxSize": 500}}
    },
    "data-pipes:streaming.connectivity": {"data-pipes:streaming": {"certificateAuthorityArns": []}},
    "data-pipes:streaming.connectivity.multiVpc": {"data-pipes:streaming": {"certificateAuthorityArns": []}},
    "data-pipes:streaming.connectivity.publicCidrs": {
        "data-pipes:streaming": {"brokerSubnets": "public", "certificateAuthorityArns": []}
    },
    f"{PIPE}topic.localRetentionHours": {"data-pipes:streaming": {"tieredStorage": True}},
    "data-pipes:platform.outboundType": {"data-pipes:network": {"existing": EXISTING["azure"]}},
    "data-pipes:streaming.autoInflate": {"data-pipes:streaming": {"tier": "standard"}},
    "data-pipes:streaming.autoInflate.maximumUnits": {
        "data-pipes:streaming": {"tier": "standard", "autoInflate": {"maximumUnits": 2}}
    },
    "data-pipes:streaming.clusterId": {
        "data-pipes:streaming": {"tier": "dedicated", "clusterId": CLUSTER, "capacity": REMOVED}
    },
    f"{PIPE}topic.compaction.tombstoneHours": {PIPES: {"orders": {"topic": {"compaction": {}}}}},
    **{
        f"{PIPE}topic.capture.{key}": {PIPES: {"orders": {"topic": {"capture": {}}}}}
        for key in ("intervalSeconds", "size", "emptyFiles")
    },
    **{
        f"data-pipes:streaming.restProxy.{key}": {
            "data-pipes:streaming": {"restProxy": {"clientGroupId": SUBSCRIPTION, "clientGroupName": "data-engineers"}}
        }
        for key in ("clientGroupId", "clientGroupName")
    },
    **{
        f"{PIPE}topic.schema.{key}": {PIPES: {"orders": {"topic": {"schema": SCHEMA}}}}
        for key in ("type", "definition", "encoding", "firstRevision", "lastRevision")
    },
    "data-pipes:streaming.cku": {"data-pipes:streaming": {"tier": "dedicated", "cku": 2}},
    "data-pipes:streaming.ksqldb.csu": {"data-pipes:streaming": {"ksqldb": {}}},
}
"""Other keys that a key requires, before and after its change."""

OWNERS = {
    f"{PIPE}consumer.healthCommand": "ecs",
    "data-pipes:network.existing.hdinsightSubnetId": "hdinsight",
}
"""Keys of other sections that only one service uses."""

CHECKED = {
    "every stack": {
        f"{PIPE}expect",
        f"{PIPE}expect.messagesPerSecond",
        f"{PIPE}expect.bytes",
        f"{PIPE}expect.handlingMilliseconds",
    },
    "azure": {"data-pipes:network.existing.virtualNetworkId"},
    "gcp": {"data-pipes:network.existing.cidr", "data-pipes:network.existing.podCidr"},
    "confluent": {
        "data-pipes:streaming.credentials",
        "data-pipes:streaming.credentials.apiKey",
        "data-pipes:streaming.credentials.apiSecret",
        "data-pipes:streaming.privateLink",
    },
    "msk-serverless": {"data-pipes:streaming.authentication"},
    "kinesis": {"data-pipes:streaming.mode", "data-pipes:streaming.shardQuota"},
    "kinesis-video": {"data-pipes:streaming.streamQuota", f"{PIPE}topic.deadLetter.redrive"},
}
"""Keys with only one value, or that only limit other keys. The tests of their services test them."""
