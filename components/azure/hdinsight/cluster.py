"""Kafka cluster on HDInsight with its key vault, Data Lake Storage account and managed identity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import pulumi_azure_native as azure
import pulumi_random as random
from pulumi import ComponentResource, CustomTimeouts, Output, Resource, ResourceHookBinding, ResourceOptions

from components.azure.hdinsight.settings import KAFKA_VERSION, HdInsightSettings
from components.azure.key_vault import KeyVault, KeyVaultArgs
from components.azure.names import global_name
from components.azure.network.base import Network
from components.azure.roles import assignment
from components.azure.storage_account import StorageAccount, StorageAccountArgs
from components.changes import refused_change
from components.contracts import Secret

VERSION = "5.1"
"""The only version that HDInsight still creates (HDInsight, Component versioning)."""

LONGEST_NAME = 59
"""Maximum length of a cluster name (Azure Resource Manager, Naming rules)."""

ADMIN, SSH_USER = "admin", "sshuser"
"""User names for the gateway and for SSH. They must differ (HDInsight, Clusters - Create)."""

HEADS, ZOOKEEPERS, MANAGERS = 2, 3, 2
"""Node counts of the other roles. HDInsight accepts only these numbers (HDInsight, Clusters - Create)."""

UNCHANGED = ["identity", "properties", "tags"]
"""Inputs that updates ignore. HDInsight accepts the full configuration only for a new cluster (HDInsight, Clusters - Create).
Afterwards it returns other values, such as 5.1.3000.0 for 5.1 and standard_ds3_v2 for Standard_DS3_v2, and no passwords."""


def fixed_settings(settings: HdInsightSettings) -> Mapping[str, tuple[str, str]]:
    """Return the settings that HDInsight cannot change: the tag that stores each, its key in the stack file, and its value."""
    proxy = settings.rest_proxy
    return {
        "data-pipes-disks-per-worker": ("streaming.disksPerWorker", str(settings.disks_per_worker)),
        "data-pipes-head-vm-size": ("streaming.headVmSize", settings.head_vm_size),
        "data-pipes-private-link": ("streaming.privateLink", "true" if settings.private_link else "false"),
        "data-pipes-rest-proxy": (
            "streaming.restProxy",
            f"{proxy.client_group_id} {proxy.client_group_name}" if proxy else "none",
        ),
        "data-pipes-worker-vm-size": ("streaming.workerVmSize", settings.worker_vm_size),
        "data-pipes-zookeeper-vm-size": ("streaming.zookeeperVmSize", settings.zookeeper_vm_size),
    }


def refuse_fixed_setting_change(present: object, wanted: object) -> str | None:
    """Refuse a change. HDInsight can update only tags and the number of workers (HDInsight, Clusters - Update)."""
    if present is None or present == wanted:
        return None
    return (
        f"cannot be changed from {present} to {wanted} (HDInsight cannot change it on an existing cluster). Set it back to {present}; to "
        "change it, create a new stack with a different name, move the producers to it, let this stack drain, then destroy it."
    )


def refuse_fewer_workers(present: int, wanted: int) -> str | None:
    """Refuse fewer workers: HDInsight returns InvalidKafkaScaleDownRequestErrorCode (HDInsight, What is Apache Kafka)."""
    if wanted >= present:
        return None
    return (
        "HDInsight cannot remove brokers, because their records would be lost. "
        f"Set brokers back to {present}. For fewer brokers, create a new stack with a different name and move the pipes there."
    )


@dataclass(frozen=True, kw_only=True)
class HdInsightClusterArgs:
    """Inputs of the cluster."""

    settings: HdInsightSettings
    network: Network
    protect: bool
    """Whether to protect the cluster, its files and its passwords from deletion."""


class HdInsightCluster(ComponentResource):
    """HDInsight cluster without public addresses. Disks and inter-node traffic are encrypted; the gateway uses TLS 1.2.

    The cluster connects to HDInsight (resource provider connection Outbound), so it needs no inbound access from the internet. Brokers
    do not authenticate clients; only the network's security rules limit access. Settings that cannot change are stored in the tags of the
    cluster's identity, because changing the cluster's own tags would send the whole cluster configuration again.
    """

    cluster_name: Output[str]
    gateway: Output[str]
    """URL of Ambari, reachable only inside the network."""
    address: Output[str]
    """Private address of the gateway, or its host name if HDInsight does not return the address."""
    password: Secret
    """Password of the gateway user."""
    vault: KeyVault

    def __init__(self, name: str, args: HdInsightClusterArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:azure:HdInsightCluster", name, None, opts)
        self.name = name
        self.args = args
        child = ResourceOptions(parent=self)
        network = args.network
        self.vault = KeyVault(name, KeyVaultArgs(network=network, protect=args.protect), child)
        provider = random.Provider(f"{name}-passwords", opts=child)
        self.password = self._password("gateway", provider)
        ssh_password = self._password("ssh", provider)
        self.identity = self._identity()
        storage, ready = self._storage()
        cluster = azure.hdinsight.Cluster(
            f"{name}-hdinsight",
            cluster_name=network.suffix.apply(lambda suffix: global_name(name, suffix, longest=LONGEST_NAME)),
            resource_group_name=network.resource_group,
            location=network.account.location,
            identity=azure.hdinsight.ClusterIdentityArgs(
                type=azure.hdinsight.ResourceIdentityType.USER_ASSIGNED,
                user_assigned_identities=self.identity.id.apply(
                    lambda known: {known: azure.hdinsight.UserAssignedIdentityArgs()}
                ),
            ),
            properties=self._properties(storage, ssh_password),
            tags=network.account.tags,
            opts=ResourceOptions(
                parent=self,
                protect=args.protect,
                depends_on=[*ready, *network.outbound],
                ignore_changes=UNCHANGED,
                custom_timeouts=CustomTimeouts(create="120m", delete="60m"),
            ),
        )
        self.cluster_name = cluster.name
        host = cluster.name.apply(lambda known: f"{known}-int.azurehdinsight.net")
        self.gateway = host.apply(lambda known: f"https://{known}")
        # The passwords make all properties secret, but the address is not a secret.
        address = Output.unsecret(cluster.properties.apply(private_address))
        self.address = Output.all(address, host).apply(lambda known: known[0] or known[1])
        self.register_outputs({"clusterName": self.cluster_name, "gateway": self.gateway})

    def _password(self, role: str, provider: random.Provider) -> Secret:
        """Create a password with all character classes and no quotes (HDInsight, Clusters - Create). Store it in the vault."""
        made = random.RandomPassword(
            f"{self.name}-{role}-password",
            length=32,
            min_lower=2,
            min_upper=2,
            min_numeric=2,
            min_special=2,
            override_special="!@-_",
            opts=ResourceOptions(parent=self, provider=provider),
        )
        self.vault.put(f"hdinsight-{role}", made.result)
        return Output.secret(made.result)

    def _identity(self) -> azure.managedidentity.UserAssignedIdentity:
        account = self.args.network.account
        name = f"{self.name}-hdinsight-identity"
        fixed = fixed_settings(self.args.settings)
        hooks = [
            refused_change(name, setting, f'tags["{tag}"]', refuse_fixed_setting_change)
            for tag, (setting, _) in fixed.items()
        ]
        return azure.managedidentity.UserAssignedIdentity(
            name,
            resource_name_=f"{self.name}-hdinsight",
            resource_group_name=self.args.network.resource_group,
            location=account.location,
            tags={**account.tags, **{tag: value for tag, (_, value) in fixed.items()}},
            opts=ResourceOptions(parent=self, hooks=reduce(ResourceHookBinding.merge, hooks)),
        )

    def _storage(self) -> tuple[azure.hdinsight.StorageAccountArgs, Sequence[Resource]]:
        """Return the cluster's storage, and the resources that the cluster needs to access it."""
        account = StorageAccount(
            self.name,
            StorageAccountArgs(network=self.args.network, hierarchical=True, protect=self.args.protect),
            ResourceOptions(parent=self),
        )
        files = account.container(f"{self.name}-hdinsight-files", "hdinsight", parent=self)
        right = assignment(
            f"{self.name}-hdinsight-files-right",
            role="Storage Blob Data Owner",
            scope=account.account_id,
            principal_id=self.identity.principal_id,
            parent=self,
        )
        storage = azure.hdinsight.StorageAccountArgs(
            name=account.account_name.apply(lambda known: f"{known}.dfs.core.windows.net"),
            is_default=True,
            file_system=files.name,
            resource_id=account.account_id,
            msi_resource_id=self.identity.id,
            enable_secure_channel=True,
        )
        return storage, [right, *account.ready]

    def _properties(
        self, storage: azure.hdinsight.StorageAccountArgs, ssh_password: Secret
    ) -> azure.hdinsight.ClusterCreatePropertiesArgs:
        settings = self.args.settings
        proxy = settings.rest_proxy
        roles = [
            self._role("headnode", HEADS, settings.head_vm_size, ssh_password),
            self._role(
                "workernode", settings.brokers, settings.worker_vm_size, ssh_password, disks=settings.disks_per_worker
            ),
            self._role("zookeepernode", ZOOKEEPERS, settings.zookeeper_vm_size, ssh_password),
        ]
        rest = None
        if proxy:
            roles.append(self._role("kafkamanagementnode", MANAGERS, settings.head_vm_size, ssh_password))
            group = azure.hdinsight.ClientGroupInfoArgs(
                group_id=proxy.client_group_id, group_name=proxy.client_group_name
            )
            rest = azure.hdinsight.KafkaRestPropertiesArgs(client_group_info=group)
        state = azure.hdinsight.PrivateLink
        return azure.hdinsight.ClusterCreatePropertiesArgs(
            cluster_version=VERSION,
            os_type=azure.hdinsight.OSType.LINUX,
            tier=azure.hdinsight.Tier.STANDARD,
            cluster_definition=azure.hdinsight.ClusterDefinitionArgs(
                kind="Kafka",
                component_version={"Kafka": KAFKA_VERSION},
                configurations={
                    "gateway": {
                        "restAuthCredential.isEnabled": "true",
                        "restAuthCredential.username": ADMIN,
                        "restAuthCredential.password": self.password,
                    }
                },
            ),
            compute_profile=azure.hdinsight.ComputeProfileArgs(roles=roles),
            storage_profile=azure.hdinsight.StorageProfileArgs(storageaccounts=[storage]),
            kafka_rest_properties=rest,
            disk_encryption_properties=azure.hdinsight.DiskEncryptionPropertiesArgs(encryption_at_host=True),
            encryption_in_transit_properties=azure.hdinsight.EncryptionInTransitPropertiesArgs(
                is_encryption_in_transit_enabled=True
            ),
            min_supported_tls_version="1.2",
            network_properties=azure.hdinsight.NetworkPropertiesArgs(
                resource_provider_connection=azure.hdinsight.ResourceProviderConnection.OUTBOUND,
                private_link=state.ENABLED if settings.private_link else state.DISABLED,
            ),
        )

    def _role(
        self, name: str, count: int, vm_size: str, ssh_password: Secret, *, disks: int | None = None
    ) -> azure.hdinsight.RoleArgs:
        network = self.args.network
        user = azure.hdinsight.LinuxOperatingSystemProfileArgs(username=SSH_USER, password=ssh_password)
        return azure.hdinsight.RoleArgs(
            name=name,
            target_instance_count=count,
            hardware_profile=azure.hdinsight.HardwareProfileArgs(vm_size=vm_size),
            os_profile=azure.hdinsight.OsProfileArgs(linux_operating_system_profile=user),
            virtual_network_profile=azure.hdinsight.VirtualNetworkProfileArgs(
                id=network.vnet_id, subnet=network.hdinsight_subnet_id
            ),
            data_disks_groups=[azure.hdinsight.DataDisksGroupsArgs(disks_per_node=disks)] if disks else None,
        )


def private_address(properties: azure.hdinsight.outputs.ClusterGetPropertiesResponse) -> str | None:
    """Return the gateway's private address. HDInsight returns it only for clusters without public access."""
    endpoints = properties.connectivity_endpoints or []
    return next((each.private_ip_address for each in endpoints if each.name == "HTTPS"), None)
