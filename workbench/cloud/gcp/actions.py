"""Permissions of Google Cloud IAM that each GCP resource type needs.

Google refuses a custom role with a permission that does not exist. tests/workbench/permissions/gcp_permissions.txt lists the names that
were looked up, with their source.
"""

from collections.abc import Mapping

from workbench.cloud.actions import Actions

_GLOBAL = "compute.globalOperations.get"
_REGIONAL = "compute.regionOperations.get"
_GKE = "container.operations.get"
_KAFKA = "managedkafka.operations.get"
_USES_SERVICE_ACCOUNT = "iam.serviceAccounts.actAs"


def _all(resource: str, more: str = "", verbs: str = "create update delete") -> Actions:
    """Return the permissions to read, create, update and delete a resource, and more permissions that its changes need."""
    return Actions(f"{resource}.get", " ".join(f"{resource}.{verb}" for verb in verbs.split()) + f" {more}")


def _policy(resource: str) -> Actions:
    """Return the permissions to read and change who has access to a resource."""
    return Actions(f"{resource}.getIamPolicy", f"{resource}.setIamPolicy")


ACTIONS: Mapping[str, Actions] = {
    # functions
    "gcp:projects/getProject:getProject": Actions("resourcemanager.projects.get"),
    "gcp:compute/getSubnetwork:getSubnetwork": Actions("compute.subnetworks.get"),
    "gcp:container/getCluster:getCluster": Actions(
        "container.clusters.get container.clusters.connect container.secrets.get container.secrets.list"
    ),
    "gcp:pubsub/getTopic:getTopic": Actions("pubsub.topics.get"),
    # network
    "gcp:compute/address:Address": _all(
        "compute.addresses",
        "compute.addresses.createInternal compute.addresses.deleteInternal compute.addresses.setLabels "
        f"compute.subnetworks.use {_REGIONAL}",
        verbs="create delete",
    ),
    "gcp:compute/firewall:Firewall": _all("compute.firewalls", f"compute.networks.updatePolicy {_GLOBAL}"),
    "gcp:compute/forwardingRule:ForwardingRule": _all(
        "compute.forwardingRules",
        "compute.forwardingRules.setLabels compute.forwardingRules.pscCreate compute.forwardingRules.pscDelete "
        "compute.forwardingRules.pscSetLabels compute.forwardingRules.pscUpdate compute.addresses.use "
        "compute.addresses.useInternal compute.networks.use compute.subnetworks.use servicedirectory.namespaces.create "
        "servicedirectory.namespaces.delete servicedirectory.services.create servicedirectory.services.delete "
        f"{_REGIONAL}",
    ),
    "gcp:compute/network:Network": _all("compute.networks", _GLOBAL),
    "gcp:compute/router:Router": _all("compute.routers", f"compute.networks.updatePolicy {_REGIONAL}"),
    "gcp:compute/routerNat:RouterNat": Actions(
        "compute.routers.get", f"compute.routers.update compute.subnetworks.use {_REGIONAL}"
    ),
    "gcp:compute/subnetwork:Subnetwork": _all(
        "compute.subnetworks",
        "compute.subnetworks.expandIpCidrRange compute.subnetworks.setPrivateIpGoogleAccess compute.networks.updatePolicy "
        f"{_REGIONAL}",
    ),
    "gcp:dns/managedZone:ManagedZone": _all("dns.managedZones", "dns.networks.bindPrivateDNSZone"),
    "gcp:dns/recordSet:RecordSet": Actions(
        "dns.resourceRecordSets.get dns.resourceRecordSets.list",
        "dns.resourceRecordSets.create dns.resourceRecordSets.update dns.resourceRecordSets.delete dns.changes.create "
        "dns.changes.get",
    ),
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": _all("logging.buckets", "logging.buckets.undelete"),
    "gcp:logging/projectSink:ProjectSink": _all("logging.sinks"),
    # APIs, identities, keys
    "gcp:kms/cryptoKey:CryptoKey": Actions(
        "cloudkms.cryptoKeys.get",
        "cloudkms.cryptoKeys.create cloudkms.cryptoKeys.update cloudkms.cryptoKeyVersions.list "
        "cloudkms.cryptoKeyVersions.destroy",
    ),
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": _policy("cloudkms.cryptoKeys"),
    "gcp:kms/keyRing:KeyRing": Actions("cloudkms.keyRings.get", "cloudkms.keyRings.create"),  # never deleted
    "gcp:projects/iAMMember:IAMMember": _policy("resourcemanager.projects"),
    "gcp:projects/service:Service": Actions(
        "serviceusage.services.get serviceusage.services.list",
        "serviceusage.services.enable serviceusage.operations.get",
    ),
    "gcp:projects/serviceIdentity:ServiceIdentity": Actions(
        "serviceusage.services.get", "serviceusage.services.enable serviceusage.operations.get"
    ),
    "gcp:serviceaccount/account:Account": _all("iam.serviceAccounts"),
    "gcp:serviceaccount/iAMMember:IAMMember": _policy("iam.serviceAccounts"),
    # images, GKE
    "gcp:artifactregistry/repository:Repository": _all("artifactregistry.repositories"),
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": _policy("artifactregistry.repositories"),
    "gcp:container/cluster:Cluster": Actions(
        # the kubeconfig uses the cluster's DNS endpoint; roles/container.viewer reads every Kubernetes object except secrets
        "container.clusters.get container.clusters.connect container.secrets.get container.secrets.list",
        "container.clusters.create container.clusters.update container.clusters.delete compute.networks.get "
        f"compute.subnetworks.get compute.instanceGroupManagers.get {_GKE} {_USES_SERVICE_ACCOUNT}",
    ),
    "gcp:container/nodePool:NodePool": Actions(
        "container.clusters.get compute.instanceGroupManagers.get",
        f"container.clusters.update {_GKE} {_USES_SERVICE_ACCOUNT}",
    ),
    # Pub/Sub
    "gcp:pubsub/schema:Schema": _all("pubsub.schemas", "pubsub.schemas.commit", verbs="create delete"),
    "gcp:pubsub/schemaIamMember:SchemaIamMember": _policy("pubsub.schemas"),
    "gcp:pubsub/subscription:Subscription": _all("pubsub.subscriptions", "pubsub.topics.attachSubscription"),
    "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember": _policy("pubsub.subscriptions"),
    "gcp:pubsub/topic:Topic": _all("pubsub.topics", "pubsub.schemas.attach"),
    "gcp:pubsub/topicIAMMember:TopicIAMMember": _policy("pubsub.topics"),
    # Cloud Monitoring
    "gcp:monitoring/alertPolicy:AlertPolicy": _all("monitoring.alertPolicies"),
    "gcp:monitoring/dashboard:Dashboard": _all("monitoring.dashboards"),
    "gcp:monitoring/notificationChannel:NotificationChannel": _all("monitoring.notificationChannels"),
    # Managed Service for Apache Kafka
    "gcp:managedkafka/acl:Acl": _all("managedkafka.acls", "managedkafka.acls.updateEntries"),
    "gcp:managedkafka/cluster:Cluster": _all("managedkafka.clusters", f"{_KAFKA} compute.subnetworks.get"),
    "gcp:managedkafka/topic:Topic": _all("managedkafka.topics"),
}
