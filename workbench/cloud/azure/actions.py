"""Actions of Azure's role-based access control that each azure-native type needs.

Azure refuses a custom role with an action that does not exist. tests/workbench/permissions/azure_actions.txt lists the names that were
looked up, with their sources. Names are compared without case.
"""

from collections.abc import Mapping

from workbench.cloud.actions import Actions

_ASSIGNS = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
_JOINS_SUBNET = "Microsoft.Network/virtualNetworks/subnets/join/action"
_NETWORK = "Microsoft.Network/locations/operations/read Microsoft.Network/locations/operationResults/read"
_PRIVATE_DNS = "Microsoft.Network/privateDnsOperationStatuses/read Microsoft.Network/privateDnsOperationResults/read"


def _all(resource: str, more: str = "") -> Actions:
    """Return the actions to read, write and delete a resource, and more actions that its changes need."""
    return Actions(f"{resource}/read", f"{resource}/write {resource}/delete {more}")


def _never_deleted(resource: str) -> Actions:
    """Return the actions of a resource that the deployer does not delete."""
    return Actions(f"{resource}/read", f"{resource}/write")


ACTIONS: Mapping[str, Actions] = {
    # functions
    "azure-native:authorization:getClientConfig": Actions(""),  # contacts nothing
    "azure-native:containerservice:listManagedClusterUserCredentials": Actions(
        "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action"
    ),
    "azure-native:containerservice:getManagedCluster": Actions("Microsoft.ContainerService/managedClusters/read"),
    "azure-native:eventhub:getEventHub": Actions("Microsoft.EventHub/namespaces/eventhubs/read"),
    # The private endpoints of an existing namespace are looked up too. That of a plan has none.
    "azure-native:eventhub:getNamespace": Actions(
        "Microsoft.EventHub/namespaces/read Microsoft.Network/privateEndpoints/read"
    ),
    "azure-native:eventhub:getNamespaceNetworkRuleSet": Actions("Microsoft.EventHub/namespaces/networkRuleSets/read"),
    "azure-native:hdinsight:getCluster": Actions("Microsoft.HDInsight/clusters/read"),
    "azure-native:network:getNetworkInterface": Actions("Microsoft.Network/networkInterfaces/read"),
    "azure-native:network:getPrivateEndpoint": Actions("Microsoft.Network/privateEndpoints/read"),
    "azure-native:network:getSubnet": Actions("Microsoft.Network/virtualNetworks/subnets/read"),
    # network
    # Microsoft also lists keys and SAS tokens of the storage account (Network Watcher, Azure RBAC permissions; read 2026-11-30). The flow
    # log writes with its own identity instead.
    "azure-native:network:FlowLog": _all(
        "Microsoft.Network/networkWatchers/flowLogs",
        "Microsoft.Network/networkWatchers/read Microsoft.Network/networkWatchers/configureFlowLog/action "
        f"Microsoft.Network/virtualNetworks/read Microsoft.Storage/storageAccounts/read {_ASSIGNS} {_NETWORK}",
    ),
    "azure-native:network:NatGateway": _all(
        "Microsoft.Network/natGateways", f"Microsoft.Network/publicIPAddresses/join/action {_NETWORK}"
    ),
    "azure-native:network:NetworkSecurityGroup": _all("Microsoft.Network/networkSecurityGroups", _NETWORK),
    "azure-native:network:PrivateDnsZoneGroup": _all(
        "Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
        f"Microsoft.Network/privateDnsZones/join/action {_NETWORK}",
    ),
    "azure-native:network:PrivateEndpoint": _all("Microsoft.Network/privateEndpoints", f"{_JOINS_SUBNET} {_NETWORK}"),
    "azure-native:network:PublicIPAddress": _all("Microsoft.Network/publicIPAddresses", _NETWORK),
    "azure-native:network:RouteTable": _all("Microsoft.Network/routeTables", _NETWORK),
    "azure-native:network:SecurityRule": _all("Microsoft.Network/networkSecurityGroups/securityRules", _NETWORK),
    "azure-native:network:Subnet": _all(
        "Microsoft.Network/virtualNetworks/subnets",
        "Microsoft.Network/networkSecurityGroups/join/action Microsoft.Network/natGateways/join/action "
        f"Microsoft.Network/routeTables/join/action {_NETWORK}",
    ),
    "azure-native:network:VirtualNetwork": _all("Microsoft.Network/virtualNetworks", _NETWORK),
    "azure-native:privatedns:PrivateRecordSet": _all("Microsoft.Network/privateDnsZones/A"),
    "azure-native:privatedns:PrivateZone": _all("Microsoft.Network/privateDnsZones", _PRIVATE_DNS),
    "azure-native:privatedns:VirtualNetworkLink": _all(
        "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
        f"Microsoft.Network/virtualNetworks/join/action {_PRIVATE_DNS}",
    ),
    # identities, keys, logs, storage
    "azure-native:authorization:RoleAssignment": _all(
        "Microsoft.Authorization/roleAssignments", "Microsoft.Authorization/roleDefinitions/read"
    ),
    "azure-native:keyvault:Key": _never_deleted("Microsoft.KeyVault/vaults/keys"),
    "azure-native:keyvault:Secret": _never_deleted("Microsoft.KeyVault/vaults/secrets"),
    "azure-native:keyvault:Vault": _all(
        "Microsoft.KeyVault/vaults",
        "Microsoft.KeyVault/vaults/PrivateEndpointConnectionsApproval/action "
        "Microsoft.KeyVault/locations/operationResults/read",
    ),
    "azure-native:managedidentity:FederatedIdentityCredential": _all(
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"
    ),
    "azure-native:managedidentity:UserAssignedIdentity": _all("Microsoft.ManagedIdentity/userAssignedIdentities"),
    "azure-native:monitor:DiagnosticSetting": _all(
        "Microsoft.Insights/diagnosticSettings", "Microsoft.OperationalInsights/workspaces/sharedKeys/action"
    ),
    "azure-native:operationalinsights:Workspace": _all(
        "Microsoft.OperationalInsights/workspaces", "Microsoft.OperationalInsights/locations/operationstatuses/read"
    ),
    "azure-native:resources:ResourceGroup": _all(
        "Microsoft.Resources/subscriptions/resourceGroups", "Microsoft.Resources/subscriptions/operationresults/read"
    ),
    "azure-native:storage:BlobContainer": _all("Microsoft.Storage/storageAccounts/blobServices/containers"),
    "azure-native:storage:BlobServiceProperties": _never_deleted("Microsoft.Storage/storageAccounts/blobServices"),
    "azure-native:storage:ManagementPolicy": _all("Microsoft.Storage/storageAccounts/managementPolicies"),
    "azure-native:storage:StorageAccount": _all(
        "Microsoft.Storage/storageAccounts",
        "Microsoft.Storage/storageAccounts/PrivateEndpointConnectionsApproval/action Microsoft.Storage/operations/read",
    ),
    # alarms, dashboards, managed Prometheus
    "azure-native:alertsmanagement:PrometheusRuleGroup": _all("Microsoft.AlertsManagement/prometheusRuleGroups"),
    "azure-native:applicationinsights:Workbook": _all("Microsoft.Insights/workbooks"),
    "azure-native:monitor:ActionGroup": _all("Microsoft.Insights/actionGroups"),
    "azure-native:monitor:AzureMonitorWorkspace": _all("Microsoft.Monitor/accounts"),
    "azure-native:monitor:DataCollectionEndpoint": _all("Microsoft.Insights/dataCollectionEndpoints"),
    "azure-native:monitor:DataCollectionRule": _all("Microsoft.Insights/dataCollectionRules"),
    "azure-native:monitor:DataCollectionRuleAssociation": _all("Microsoft.Insights/dataCollectionRuleAssociations"),
    "azure-native:monitor:MetricAlert": _all("Microsoft.Insights/metricAlerts"),
    # images, AKS
    "azure-native:containerregistry:Registry": _all(
        "Microsoft.ContainerRegistry/registries",
        "Microsoft.ContainerRegistry/registries/privateEndpointConnectionsApproval/action "
        "Microsoft.ContainerRegistry/registries/operationStatuses/read "
        "Microsoft.ContainerRegistry/locations/operationResults/read",
    ),
    "azure-native:containerservice:AgentPool": _all(
        "Microsoft.ContainerService/managedClusters/agentPools",
        "Microsoft.ContainerService/locations/operations/read "
        f"Microsoft.ContainerService/locations/operationresults/read {_JOINS_SUBNET}",
    ),
    "azure-native:containerservice:ManagedCluster": _all(
        "Microsoft.ContainerService/managedClusters",
        "Microsoft.ContainerService/locations/operations/read "
        f"Microsoft.ContainerService/locations/operationresults/read {_JOINS_SUBNET} {_ASSIGNS}",
    ),
    # Event Hubs
    "azure-native:eventhub:Cluster": _all(
        "Microsoft.EventHub/clusters", "Microsoft.EventHub/clusters/operationresults/read"
    ),
    "azure-native:eventhub:ConsumerGroup": _all("Microsoft.EventHub/namespaces/eventhubs/consumergroups"),
    "azure-native:eventhub:EventHub": _all("Microsoft.EventHub/namespaces/eventhubs"),
    "azure-native:eventhub:Namespace": _all(
        "Microsoft.EventHub/namespaces",
        "Microsoft.EventHub/namespaces/operationresults/read "
        f"Microsoft.EventHub/namespaces/privateEndpointConnectionsApproval/action {_ASSIGNS}",
    ),
    "azure-native:eventhub:NamespaceNetworkRuleSet": _never_deleted("Microsoft.EventHub/namespaces/networkRuleSets"),
    "azure-native:eventhub:SchemaRegistry": _all("Microsoft.EventHub/namespaces/schemagroups"),
    # HDInsight
    "azure-native:hdinsight:Cluster": _all(
        "Microsoft.HDInsight/clusters",
        "Microsoft.HDInsight/clusters/azureasyncoperations/read Microsoft.HDInsight/clusters/operationresults/read "
        "Microsoft.HDInsight/locations/azureasyncoperations/read Microsoft.HDInsight/locations/operationresults/read "
        f"Microsoft.HDInsight/clusters/roles/resize/action {_JOINS_SUBNET} {_ASSIGNS}",
    ),
    "azure-native:hdinsight:PrivateEndpointConnection": _all("Microsoft.HDInsight/clusters/privateEndpointConnections"),
}
