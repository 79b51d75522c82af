"""A Kafka cluster on HDInsight with all that it needs: passwords in a vault, files in Data Lake Storage, an identity of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import pulumi_azure_native as azure
import pulumi_random as random
from pulumi import ComponentResource, CustomTimeouts, Output, Resource, ResourceHookBinding, ResourceOptions

from components.azure.hdinsight.settings import KAFKA_VERSION, HdInsightSettings
from components.azure.key_vault import KeyVault, KeyVaultArgs
from components.azure.names import global_name
from components.azure.network.network import Network
from components.azure.roles import assignment
from components.azure.storage_account import StorageAccount, StorageAccountArgs
from components.changes import refused_change
from components.contracts import Secret

VERSION = "5.1"
"""The only version that HDInsight still makes (HDInsight, Component versioning)."""

LONGEST_NAME = 59
"""How long the name of a cluster may be (Azure Resource Manager, Naming rules)."""

ADMIN, SSH_USER = "admin", "sshuser"
"""Who signs in at the gateway and on the machines; the two must differ (HDInsight, Clusters - Create)."""

HEADS, ZOOKEEPERS, MANAGERS = 2, 3, 2
"""How many machines of each other kind a cluster has; no other number is taken (HDInsight, Clusters - Create)."""

UNCHANGED = ["identity", "properties", "tags"]
"""What no later deployment sends: HDInsight takes a whole description for a new cluster only, and writes it its own way afterwards,
such as 5.1.3000.0 for 5.1 and standard_ds3_v2 for Standard_DS3_v2, without passwords (HDInsight, Clusters - Create)."""


def made_with(settings: HdInsightSettings) -> Mapping[str, tuple[str, str]]:
    """Return what a cluster keeps from its making: a tag for each setting, where that stands in the stack file, and its value."""
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
    """HDInsight changes nothing of a cluster but its tags and the number of its workers (HDInsight, Clusters - Update)."""
    if present is None or present == wanted:
        return None
    return (
        f"cannot go from {present} to {wanted}. HDInsight keeps what a cluster was made with. Set it back; to have it otherwise, deploy "
        "a second stack with a name of its own, point the producers at it, let the old one drain, then destroy that."
    )


def refuse_fewer_workers(present: int, wanted: int) -> str | None:
    """HDInsight refuses to take a broker away, with InvalidKafkaScaleDownRequestErrorCode (HDInsight, What is Apache Kafka)."""
    if wanted >= present:
        return None
    return (
        "HDInsight takes no broker away, since its records would be lost. "
        f"Set brokers back to {present}; to have fewer, deploy a second stack with a name of its own and move the pipes there."
    )


@dataclass(frozen=True, kw_only=True)
class HdInsightClusterArgs:
    """What a cluster is built from."""

    settings: HdInsightSettings
    network: Network
    protect: bool
    """Whether the cluster, its files and its passwords are kept from deletion."""


class HdInsightCluster(ComponentResource):
    """The cluster: machines without an address on the internet, encrypted on disk and among themselves, and its gateway with TLS 1.2.

    It calls HDInsight, and is not called by it (resource provider connection Outbound), so the internet needs no way in. Brokers
    themselves ask nobody who they are: the network's rules alone say who reaches them. What the cluster was made with stands in
    the tags of its identity, since a change of the cluster's own tags would be a new description of the whole cluster.
    """

    cluster_name: Output[str]
    gateway: Output[str]
    """Where Ambari answers, inside the network alone."""
    address: Output[str]
    """The gateway's address in the network; its name, where HDInsight does not tell it."""
    password: Secret
    """Of the gateway's user."""
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
                depends_on=[*ready, *network.way_out],
                ignore_changes=UNCHANGED,
                custom_timeouts=CustomTimeouts(create="120m", delete="60m"),
            ),
        )
        self.cluster_name = cluster.name
        host = cluster.name.apply(lambda known: f"{known}-int.azurehdinsight.net")
        self.gateway = host.apply(lambda known: f"https://{known}")
        # What was made with passwords is a secret as a whole; the address in it is none.
        told = Output.unsecret(cluster.properties.apply(private_address))
        self.address = Output.all(told, host).apply(lambda known: known[0] or known[1])
        self.register_outputs({"clusterName": self.cluster_name, "gateway": self.gateway})

    def _password(self, role: str, provider: random.Provider) -> Secret:
        """Make a password of every class of characters, without quotes and the like (HDInsight, Clusters - Create), and keep it."""
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
        fixed = made_with(self.args.settings)
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
        """The cluster's files, and what must be there before the cluster looks for them."""
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
    """Find the gateway's address in the network, as HDInsight tells it of a cluster that is closed to the internet."""
    endpoints = properties.connectivity_endpoints or []
    return next((each.private_ip_address for each in endpoints if each.name == "HTTPS"), None)
