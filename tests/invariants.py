"""Rules for every resource of every stack."""

import json
from collections.abc import Callable

from pulumi import _types

from workbench.cloud.kinds import kind
from workbench.plan import PIPELINE, Plan
from workbench.recording.input_types import args_type
from workbench.values import SECRET, UNKNOWN

WITHOUT_ARN = {"cloudwatch:PutMetricData", "ecr:GetAuthorizationToken"}
"""Actions that IAM cannot limit to a resource (Service Authorization Reference)."""

IGNORED = {
    "aws:msk/cluster:Cluster": {"brokerNodeGroupInfo.storageInfo.ebsStorageInfo.volumeSize"},
    "azure-native:containerservice:AgentPool": {"count"},
    "azure-native:containerservice:ManagedCluster": {"agentPoolProfiles"},
    "azure-native:eventhub:Namespace": {"sku.capacity"},
    "azure-native:hdinsight:Cluster": {"identity", "properties", "tags"},
    "gcp:container/cluster:Cluster": {"initialNodeCount", "nodeConfig"},
    "gcp:container/nodePool:NodePool": {"initialNodeCount"},
    "gcp:managedkafka/cluster:Cluster": {"gcpConfig.kmsKey"},
    "kubernetes:core/v1:ConfigMap": {"data"},
}
"""Inputs that change outside the program: disks and numbers that the service increases, pools that are separate resources, values that
HDInsight rewrites, brokers that a Job finds, GKE's first nodes, and a key whose changes a label shows instead.
"""


def input_names(type_token: str) -> set[str]:
    """Return the inputs of a resource type in the SDK, with the engine's names."""
    args = args_type(type_token)
    return set(_types.input_type_types(args)) if args else set()


def it_has_no_problems(plan: Plan) -> None:
    assert plan.problems == ()


def partitions_equal_replicas_in_every_pipe(plan: Plan) -> None:
    assert plan.pipes
    assert all(pipe.partitions == pipe.replicas for pipe in plan.pipes)


def every_name_begins_with_the_stack_s_name(plan: Plan) -> None:
    name = plan.recording.one(PIPELINE).name
    for resource in plan.recording.resources[1:]:
        assert resource.name == name or resource.name.startswith(f"{name}-"), resource.urn


def resources_have_no_unexpected_aliases_ignored_changes_or_imports(plan: Plan) -> None:
    for resource in plan.recording.resources:
        assert not [alias for alias in resource.aliases if 'parentUrn: ""' not in alias], resource.urn
        assert set(resource.ignore_changes) <= IGNORED.get(resource.type, set()), resource.urn
        assert not resource.import_id, resource.urn


def every_key_rotates_and_every_log_group_is_encrypted_and_expires(plan: Plan) -> None:
    assert all(key.inputs["enableKeyRotation"] for key in plan.recording.of_type("aws:kms/key:Key"))
    for group in plan.recording.of_type("aws:cloudwatch/logGroup:LogGroup"):
        assert group.inputs["retentionInDays"] > 0
        assert group.inputs["kmsKeyId"]


def no_security_group_is_open_to_everyone_and_every_rule_has_a_description(plan: Plan) -> None:
    ingress = plan.recording.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    egress = plan.recording.of_type("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
    assert not [rule.urn for rule in ingress if rule.inputs.get("cidrIpv4") == "0.0.0.0/0"]
    assert all(rule.inputs["description"] for rule in (*ingress, *egress))
    for group in plan.recording.of_type("aws:ec2/securityGroup:SecurityGroup"):
        assert "ingress" not in group.inputs, "rules inside a group conflict with separate rules"


def roles_have_wildcard_resources_only_for_actions_without_an_arn(plan: Plan) -> None:
    for policy in plan.recording.of_type("aws:iam/rolePolicy:RolePolicy"):
        if policy.inputs["policy"] == UNKNOWN:
            continue  # the ARNs are unknown in a preview
        statements = json.loads(policy.inputs["policy"])["Statement"]
        assert statements, f"{policy.urn}: IAM rejects a policy without statements"
        for statement in statements:
            assert statement["Resource"] != "*" or set(statement["Action"]) <= WITHOUT_ARN, policy.urn
            assert not [action for action in statement["Action"] if "*" in action], policy.urn


def no_secret_is_exported_in_plain_text(plan: Plan) -> None:
    outputs = plan.recording.outputs
    assert outputs.get("kubeconfig", SECRET) == SECRET
    assert "stand-in" not in json.dumps(outputs)


UNPROTECTED = {
    "aws:amp/workspace:Workspace": "metrics, which expire",
    "aws:cloudwatch/logGroup:LogGroup": "logs, which expire",
    "aws:kms/key:Key": "deletion is only scheduled; keys of protected resources are protected too",
    "aws:secretsmanager/secret:Secret": "created again from the stack file or by the next deployment",
    "azure-native:keyvault:Secret": "the vault keeps it and is protected",
    "azure-native:monitor:AzureMonitorWorkspace": "metrics, which expire",
    "azure-native:operationalinsights:Workspace": "logs, which expire",
    "azure-native:storage:StorageAccount": "flow logs; HDInsight's account has a separate test",
    "gcp:kms/keyRing:KeyRing": "Cloud KMS never deletes key rings",
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": "logs, which expire",
    "kubernetes:core/v1:Namespace": "its objects are created again, except Kafka's",
}
"""Types that hold data but need no protection, with the reason."""


def exactly_the_data_resources_are_protected(plan: Plan) -> None:
    for resource in plan.recording.resources:
        if resource.custom and not resource.external and not resource.type.startswith("pulumi:"):
            holds_data = kind(resource.type).holds_data
            assert not resource.protect or holds_data, (
                f"{resource.urn}: its model in workbench/cloud/ must have holds_data"
            )
            assert resource.protect or not holds_data or resource.type in UNPROTECTED, resource.urn


FILLED_BY_JOBS = ("aws:msk/serverlessCluster:ServerlessCluster", "azure-native:hdinsight:Cluster")
"""Clusters in the cloud whose topics are made by Jobs, which need the platform too."""

JOB = "kubernetes:batch/v1:Job"

CLUSTERS = {
    "aws:eks/cluster:Cluster",
    "aws:ecs/cluster:Cluster",
    "azure-native:containerservice:ManagedCluster",
    "gcp:container/cluster:Cluster",
}


def the_streaming_service_and_the_platform_are_created_in_parallel(plan: Plan) -> None:
    topics = [each for each in plan.recording.resources if each.type in plan.counts.partitions]
    # A topic in the platform's own cluster has to wait for it.
    in_the_cloud = [each for each in topics if not each.type.startswith("kubernetes:")]
    needed = {urn for each in in_the_cloud for urn in plan.recording.requirements(each)}
    records = [each for each in plan.recording.resources if each.protect and each.urn in needed]
    clusters = [each for each in plan.recording.resources if each.type in FILLED_BY_JOBS]
    streaming = [*in_the_cloud, *records, *clusters]
    assert streaming or any(each.type != JOB for each in topics), "FILLED_BY_JOBS must have the type of the cluster"
    platforms = [each for each in plan.recording.resources if each.type in CLUSTERS]
    assert platforms
    for one, others in ((streaming, platforms), (platforms, streaming)):
        for each in one:
            assert not plan.recording.requirements(each) & {other.urn for other in others}, each.urn


def every_taggable_azure_resource_has_the_stack_s_tags(plan: Plan) -> None:
    for resource in plan.recording.resources:
        if resource.type.startswith("azure-native:") and "tags" in input_names(resource.type):
            assert "data-pipes" in resource.inputs.get("tags", {}), resource.urn


def no_azure_resource_is_public_without_configured_ranges(plan: Plan) -> None:
    for resource in plan.recording.resources:
        properties = resource.inputs.get("properties")
        for values in (resource.inputs, properties if isinstance(properties, dict) else {}):
            assert values.get("publicNetworkAccess", "Disabled") == "Disabled", resource.urn
        assert not resource.inputs.get("allowBlobPublicAccess"), resource.urn
    for group in plan.recording.of_type("azure-native:network:NetworkSecurityGroup"):
        for rule in group.inputs["securityRules"]:
            assert rule["description"], group.urn
            opens = rule["access"] == "Allow" and rule["direction"] == "Inbound"
            assert not (opens and rule.get("sourceAddressPrefix") in ("*", "0.0.0.0/0", "Internet")), group.urn


def azure_roles_are_assigned_on_single_resources_only(plan: Plan) -> None:
    for assignment in plan.recording.of_type("azure-native:authorization:RoleAssignment"):
        scope = assignment.inputs["scope"]
        assert scope == UNKNOWN or "/providers/" in scope, assignment.urn


def azure_logs_expire(plan: Plan) -> None:
    for workspace in plan.recording.of_type("azure-native:operationalinsights:Workspace"):
        assert workspace.inputs["retentionInDays"] > 0
    written = plan.recording.of_type("azure-native:monitor:DiagnosticSetting")
    assert all(setting.inputs["workspaceId"] for setting in written)


def gcp_has_no_basic_roles_and_no_public_members(plan: Plan) -> None:
    for resource in plan.recording.resources:
        if not resource.type.startswith("gcp:"):
            continue
        role, member = resource.inputs.get("role"), resource.inputs.get("member")
        assert role not in ("roles/owner", "roles/editor", "roles/viewer"), resource.urn
        assert member not in ("allUsers", "allAuthenticatedUsers"), resource.urn
        assert not resource.type.lower().endswith(("iampolicy", "iambinding")), (
            f"{resource.urn}: it would remove other members' permissions"
        )


def no_gcp_resource_is_public(plan: Plan) -> None:
    for rule in plan.recording.of_type("gcp:compute/firewall:Firewall"):
        assert rule.inputs["description"], rule.urn
        if rule.inputs.get("direction", "INGRESS") == "INGRESS" and rule.inputs.get("allows"):
            assert "0.0.0.0/0" not in rule.inputs.get("sourceRanges", ["0.0.0.0/0"]), rule.urn
    for subnet in plan.recording.of_type("gcp:compute/subnetwork:Subnetwork"):
        assert subnet.inputs["privateIpGoogleAccess"] is True
        assert subnet.inputs["logConfig"]


def gcp_resources_have_the_stack_s_labels(plan: Plan) -> None:
    for provider in plan.recording.of_type("pulumi:providers:gcp"):
        labels = provider.inputs["defaultLabels"]
        assert "data-pipes" in (json.loads(labels) if isinstance(labels, str) else labels), provider.urn


def gcp_keys_rotate(plan: Plan) -> None:
    for key in plan.recording.of_type("gcp:kms/cryptoKey:CryptoKey"):
        assert key.inputs["rotationPeriod"].endswith("s"), key.urn


def confluent_cloud_keys_are_always_secret(plan: Plan) -> None:
    for provider in plan.recording.of_type("pulumi:providers:confluentcloud"):
        assert provider.inputs["cloudApiKey"] == provider.inputs["cloudApiSecret"] == SECRET
    for topic in plan.recording.of_type("confluentcloud:index/kafkaTopic:KafkaTopic"):
        credentials = topic.inputs.get("credentials", SECRET)
        assert credentials == SECRET or credentials["secret"] == SECRET, topic.urn


def nothing_that_was_there_before_is_made_or_changed(plan: Plan) -> None:
    adopted = {(each.type, each.id) for each in plan.recording.adopted}
    for resource in plan.recording.resources:
        if resource.custom and not resource.external and not resource.type.startswith("pulumi:"):
            identifier = kind(resource.type).identifier(resource.name, resource.inputs)
            assert (resource.type, identifier) not in adopted, f"{resource.urn} would change {identifier}"


INVARIANTS: list[Callable[[Plan], None]] = [
    it_has_no_problems,
    partitions_equal_replicas_in_every_pipe,
    every_name_begins_with_the_stack_s_name,
    resources_have_no_unexpected_aliases_ignored_changes_or_imports,
    every_key_rotates_and_every_log_group_is_encrypted_and_expires,
    no_security_group_is_open_to_everyone_and_every_rule_has_a_description,
    roles_have_wildcard_resources_only_for_actions_without_an_arn,
    no_secret_is_exported_in_plain_text,
    exactly_the_data_resources_are_protected,
    the_streaming_service_and_the_platform_are_created_in_parallel,
    every_taggable_azure_resource_has_the_stack_s_tags,
    no_azure_resource_is_public_without_configured_ranges,
    azure_roles_are_assigned_on_single_resources_only,
    azure_logs_expire,
    gcp_has_no_basic_roles_and_no_public_members,
    no_gcp_resource_is_public,
    gcp_resources_have_the_stack_s_labels,
    gcp_keys_rotate,
    confluent_cloud_keys_are_always_secret,
    nothing_that_was_there_before_is_made_or_changed,
]
