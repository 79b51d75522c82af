"""What Azure resources are drawn as."""

from collections.abc import Iterator, Mapping

from components.azure.roles import ROLES
from workbench.cloud.figure import Figure, Inputs, Right, Role, fill, right

_NAMES = {identifier: name for name, identifier in ROLES.items()}
_CLOSED = {"publicNetworkAccess": "Disabled"}
_NODES = "{minCount} to {maxCount} × {vmSize}"


def _assignment(inputs: Inputs) -> Iterator[Right]:
    role = fill("{roleDefinitionId}", inputs).rsplit("/", 1)[-1]
    yield Right(
        who=fill("{principalId}", inputs),
        what=(_NAMES.get(role, role),),
        on=fill("{scope}", inputs),
        who_input="principalId",
    )


FIGURES: Mapping[str, Figure] = {
    "azure-native:alertsmanagement:PrometheusRuleGroup": Figure(Role.DETAIL, "group of alarms"),
    "azure-native:applicationinsights:Workbook": Figure(Role.DETAIL, "workbook"),
    "azure-native:authorization:RoleAssignment": Figure(Role.RIGHT, "role assignment", rights=_assignment),
    "azure-native:containerregistry:Registry": Figure(
        Role.REGISTRY, "container registry", ("{sku.name}",), private=_CLOSED
    ),
    "azure-native:containerservice:AgentPool": Figure(Role.NODES, "nodes", (_NODES,)),
    "azure-native:containerservice:ManagedCluster": Figure(
        Role.CLUSTER,
        "AKS cluster",
        ("Kubernetes {kubernetesVersion}",),
        private={"apiServerAccessProfile.enablePrivateCluster": True},
    ),
    "azure-native:eventhub:Cluster": Figure(Role.BROKERS, "Event Hubs cluster", ("{sku.capacity} capacity units",)),
    "azure-native:eventhub:ConsumerGroup": Figure(Role.DETAIL, "consumer group"),
    "azure-native:eventhub:EventHub": Figure(
        Role.TOPIC, "event hub", ("kept {retentionDescription.retentionTimeInHours} h",)
    ),
    "azure-native:eventhub:Namespace": Figure(
        Role.BROKERS, "Event Hubs namespace", ("{sku.tier}, capacity {sku.capacity}",), private=_CLOSED
    ),
    "azure-native:eventhub:NamespaceNetworkRuleSet": Figure(Role.DETAIL, "network rules"),
    "azure-native:eventhub:SchemaRegistry": Figure(Role.DETAIL, "schema group"),
    "azure-native:hdinsight:Cluster": Figure(
        Role.BROKERS,
        "HDInsight cluster",
        (
            "{properties.computeProfile.roles[1].targetInstanceCount} brokers × "
            "{properties.computeProfile.roles[1].hardwareProfile.vmSize}",
            "Kafka {properties.clusterDefinition.componentVersion.Kafka}",
        ),
    ),
    "azure-native:hdinsight:PrivateEndpointConnection": Figure(Role.DETAIL, "endpoint connection"),
    "azure-native:keyvault:Key": Figure(Role.KEY, "key"),
    "azure-native:keyvault:Secret": Figure(Role.SECRET, "secret"),
    "azure-native:keyvault:Vault": Figure(
        Role.SECRET, "key vault", private={"properties.publicNetworkAccess": "Disabled"}
    ),
    "azure-native:managedidentity:FederatedIdentityCredential": Figure(
        Role.RIGHT,
        "federated credential",
        rights=right("{subject}", "sign in as the identity", "{resourceName}"),
    ),
    "azure-native:managedidentity:UserAssignedIdentity": Figure(Role.IDENTITY, "managed identity"),
    "azure-native:monitor:ActionGroup": Figure(Role.DETAIL, "action group"),
    "azure-native:monitor:AzureMonitorWorkspace": Figure(Role.DETAIL, "Azure Monitor workspace"),
    "azure-native:monitor:DataCollectionEndpoint": Figure(Role.DETAIL, "data collection endpoint"),
    "azure-native:monitor:DataCollectionRule": Figure(Role.DETAIL, "data collection rule"),
    "azure-native:monitor:DataCollectionRuleAssociation": Figure(Role.DETAIL, "data collection rule association"),
    "azure-native:monitor:DiagnosticSetting": Figure(Role.DETAIL, "diagnostic setting"),
    "azure-native:monitor:MetricAlert": Figure(Role.DETAIL, "alarm"),
    "azure-native:network:FlowLog": Figure(Role.DETAIL, "flow log"),
    "azure-native:network:NatGateway": Figure(Role.EXIT, "NAT gateway"),
    "azure-native:network:NetworkSecurityGroup": Figure(Role.FIREWALL, "network security group"),
    "azure-native:network:PrivateDnsZoneGroup": Figure(Role.DETAIL, "DNS zone group"),
    "azure-native:network:PrivateEndpoint": Figure(Role.ENDPOINT, "private endpoint"),
    "azure-native:network:PublicIPAddress": Figure(Role.DETAIL, "public address"),
    "azure-native:network:RouteTable": Figure(Role.DETAIL, "route table"),
    "azure-native:network:SecurityRule": Figure(Role.DETAIL, "security rule"),
    "azure-native:network:Subnet": Figure(Role.SUBNET, "subnet", ("{addressPrefix}",)),
    "azure-native:network:VirtualNetwork": Figure(
        Role.NETWORK, "virtual network", ("{addressSpace.addressPrefixes[0]}",)
    ),
    "azure-native:operationalinsights:Workspace": Figure(
        Role.LOGS, "Log Analytics workspace", ("{retentionInDays} days",)
    ),
    "azure-native:privatedns:PrivateRecordSet": Figure(Role.DETAIL, "DNS record"),
    "azure-native:privatedns:PrivateZone": Figure(Role.DETAIL, "DNS zone"),
    "azure-native:privatedns:VirtualNetworkLink": Figure(Role.DETAIL, "DNS zone link"),
    "azure-native:resources:ResourceGroup": Figure(Role.DETAIL, "resource group"),
    "azure-native:storage:BlobContainer": Figure(Role.DETAIL, "blob container"),
    "azure-native:storage:BlobServiceProperties": Figure(Role.DETAIL, "blob settings"),
    "azure-native:storage:ManagementPolicy": Figure(Role.DETAIL, "lifecycle policy"),
    "azure-native:storage:StorageAccount": Figure(Role.STORAGE, "storage account", private=_CLOSED),
}
