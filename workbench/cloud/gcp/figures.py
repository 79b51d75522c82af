"""What Google Cloud resources are drawn as."""

from collections.abc import Iterator, Mapping

from workbench.cloud.figure import Figure, Inputs, Right, Role, fill, right, value
from workbench.values import is_list


def _acl(inputs: Inputs) -> Iterator[Right]:
    entries = value(inputs, "aclEntries")
    for each in entries if is_list(entries) else []:
        allowed = fill("{permissionType}", each) == "ALLOW"
        yield Right(
            who=fill("{principal}", each),
            what=(fill("{operation}", each) if allowed else fill("never {operation}", each),),
            on=fill("{aclId}", inputs),
        )


FIGURES: Mapping[str, Figure] = {
    "gcp:artifactregistry/repository:Repository": Figure(Role.REGISTRY, "Artifact Registry repository"),
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": Figure(
        Role.RIGHT, "role on the repository", rights=right("{member}", "{role}", "repository {repository}")
    ),
    "gcp:compute/address:Address": Figure(Role.ENDPOINT, "private address"),
    "gcp:compute/firewall:Firewall": Figure(Role.FIREWALL, "firewall rule"),
    "gcp:compute/forwardingRule:ForwardingRule": Figure(Role.DETAIL, "forwarding rule"),
    "gcp:compute/network:Network": Figure(Role.NETWORK, "VPC network"),
    "gcp:compute/router:Router": Figure(Role.DETAIL, "router"),
    "gcp:compute/routerNat:RouterNat": Figure(Role.EXIT, "Cloud NAT"),
    "gcp:compute/subnetwork:Subnetwork": Figure(Role.SUBNET, "subnet", ("{ipCidrRange}",)),
    "gcp:container/cluster:Cluster": Figure(
        Role.CLUSTER,
        "GKE cluster",
        ("{releaseChannel.channel} channel",),
        private={
            "privateClusterConfig.enablePrivateEndpoint": True,
            "controlPlaneEndpointsConfig.dnsEndpointConfig.allowExternalTraffic": (None, False),
        },
    ),
    "gcp:container/nodePool:NodePool": Figure(
        Role.NODES,
        "nodes",
        ("{autoscaling.totalMinNodeCount} to {autoscaling.totalMaxNodeCount} × {nodeConfig.machineType}",),
    ),
    "gcp:dns/managedZone:ManagedZone": Figure(Role.DETAIL, "DNS zone"),
    "gcp:dns/recordSet:RecordSet": Figure(Role.DETAIL, "DNS record"),
    "gcp:kms/cryptoKey:CryptoKey": Figure(Role.KEY, "Cloud KMS key"),
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": Figure(
        Role.RIGHT, "role on the key", rights=right("{member}", "{role}", "{cryptoKeyId}")
    ),
    "gcp:kms/keyRing:KeyRing": Figure(Role.DETAIL, "key ring"),
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": Figure(Role.LOGS, "log bucket", ("{retentionDays} days",)),
    "gcp:logging/projectSink:ProjectSink": Figure(Role.DETAIL, "log sink"),
    "gcp:managedkafka/acl:Acl": Figure(Role.RIGHT, "Kafka ACL", rights=_acl),
    "gcp:managedkafka/cluster:Cluster": Figure(
        Role.BROKERS,
        "Managed Kafka cluster",
        ("{capacityConfig.vcpuCount} vCPU", "Kafka {kafkaVersion}"),
    ),
    "gcp:managedkafka/topic:Topic": Figure(Role.TOPIC, "topic", ("{replicationFactor} copies of each partition",)),
    "gcp:monitoring/alertPolicy:AlertPolicy": Figure(Role.DETAIL, "alert policy"),
    "gcp:monitoring/dashboard:Dashboard": Figure(Role.DETAIL, "dashboard"),
    "gcp:monitoring/notificationChannel:NotificationChannel": Figure(Role.DETAIL, "notification channel"),
    "gcp:projects/iAMMember:IAMMember": Figure(
        Role.RIGHT, "role on the project", rights=right("{member}", "{role}", "project {project}")
    ),
    "gcp:projects/service:Service": Figure(Role.DETAIL, "enabled API"),
    "gcp:projects/serviceIdentity:ServiceIdentity": Figure(Role.DETAIL, "service agent"),
    "gcp:pubsub/schema:Schema": Figure(Role.DETAIL, "schema"),
    "gcp:pubsub/schemaIamMember:SchemaIamMember": Figure(
        Role.RIGHT, "role on the schema", rights=right("{member}", "{role}", "schema {schema}")
    ),
    "gcp:pubsub/subscription:Subscription": Figure(Role.DETAIL, "subscription"),
    "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember": Figure(
        Role.RIGHT, "role on the subscription", rights=right("{member}", "{role}", "{subscription}")
    ),
    "gcp:pubsub/topic:Topic": Figure(Role.TOPIC, "Pub/Sub topic"),
    "gcp:pubsub/topicIAMMember:TopicIAMMember": Figure(
        Role.RIGHT, "role on the topic", rights=right("{member}", "{role}", "{topic}")
    ),
    "gcp:serviceaccount/account:Account": Figure(Role.IDENTITY, "service account"),
    "gcp:serviceaccount/iAMMember:IAMMember": Figure(
        Role.RIGHT, "role on the service account", rights=right("{member}", "{role}", "{serviceAccountId}")
    ),
}
