"""What holds for every resource of every stack that is shipped."""

import pytest

from tests.invariants import CLUSTERS, INVARIANTS, UNPROTECTED
from tests.stacks import DEFAULT, NAMES, changed, shipped
from workbench.cloud.kinds import holds_data
from workbench.recording.records import RecordedResource
from workbench.stack_file import ROOT, read_settings

every_stack = pytest.mark.parametrize("stack", NAMES)
both_ways = pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])


@pytest.mark.parametrize("invariant", INVARIANTS, ids=lambda invariant: invariant.__name__)
@every_stack
@both_ways
def test_what_holds_for_every_stack_holds_for(stack, preview, invariant):
    invariant(shipped(stack, preview=preview))


@every_stack
def test_a_preview_shows_the_same_resources_as_the_update(stack):
    assert shipped(stack, preview=True).recording.urns == shipped(stack).recording.urns


@every_stack
def test_every_stack_file_names_the_stack_as_the_file_does(stack):
    assert read_settings(changed(stack=stack)).name == stack


@every_stack
def test_every_stack_file_is_short_enough_to_copy(stack):
    assert len((ROOT / "stacks" / f"Pulumi.{stack}.yaml").read_text().splitlines()) <= 30


def test_the_program_is_at_most_thirty_lines():
    assert len((ROOT / "__main__.py").read_text().splitlines()) <= 30


def test_the_names_and_types_of_what_holds_data_are_frozen():
    """A diff here replaces what users keep their records in: it is a migration, not a refactoring."""
    prefix = "urn:pulumi:aws-msk-eks::data-pipes::data-pipes:index:Pipeline$data-pipes:"
    protected = {each.urn.removeprefix(prefix) for each in shipped(DEFAULT).recording.resources if each.protect}
    assert protected == {
        "aws:Msk$aws:msk/cluster:Cluster::aws-msk-eks-msk",
        "aws:Msk$aws:kms/key:Key::aws-msk-eks-msk-key",
        "index:Pipe$data-pipes:aws:MskTopic$aws:msk/topic:Topic::aws-msk-eks-orders-topic",
        "index:Pipe$data-pipes:aws:MskTopic$aws:msk/topic:Topic::aws-msk-eks-orders-dead-letters",
        "aws:Eks$data-pipes:aws:EksCluster$aws:eks/cluster:Cluster::aws-msk-eks-eks",
        "aws:Eks$data-pipes:aws:EksCluster$aws:kms/key:Key::aws-msk-eks-eks-key",
        "aws:Registry$aws:ecr/repository:Repository::aws-msk-eks-images",
        "aws:Registry$aws:kms/key:Key::aws-msk-eks-images-key",
    }


TOPICS = (("topic", "orders"), ("dead-letters", "orders.dead-letters"))
"""How the topics of a pipe are called in the program, and in a service."""


def strimzi(stack: str) -> set[tuple[str, str]]:
    own = f"kubernetes:Strimzi$kubernetes:kafka.strimzi.io/v1:KafkaNodePool::{stack}"
    return {
        (f"kubernetes:Strimzi$kubernetes:kafka.strimzi.io/v1:Kafka::{stack}-kafka", "data-pipes"),
        (f"{own}-controllers", "controllers"),
        (f"{own}-brokers", "brokers"),
        *(
            (
                f"index:Pipe$data-pipes:kubernetes:StrimziTopic$kubernetes:kafka.strimzi.io/v1:KafkaTopic::{stack}-orders-{role}",
                name,
            )
            for role, name in TOPICS
        ),
    }


REGISTRIES = {
    "aws:ecr/repository:Repository",
    "azure-native:containerregistry:Registry",
    "gcp:artifactregistry/repository:Repository",
}


def confluent(stack: str) -> set[tuple[str, str]]:
    own = "confluent:Confluent$confluentcloud:index"
    topic = "index:Pipe$data-pipes:confluent:ConfluentTopic$confluentcloud:index/kafkaTopic:KafkaTopic"
    return {
        (f"{own}/environment:Environment::{stack}-environment", stack),
        (f"{own}/kafkaCluster:KafkaCluster::{stack}-cluster", stack),
        *((f"{topic}::{stack}-orders-{role}", name) for role, name in TOPICS),
    }


def gke(stack: str) -> set[tuple[str, str]]:
    return {(f"gcp:Gke$data-pipes:gcp:GkeCluster$gcp:kms/cryptoKey:CryptoKey::{stack}-gke-key", "")}


def name_in_the_service(resource: RecordedResource) -> str:
    """The name that a service knows a resource by, whatever it calls that; none where Pulumi gives it a new one for good reason."""
    if "metadata" in resource.inputs:
        return resource.input("metadata.name")
    keys = (
        "eventHubName",
        "namespaceName",
        "clusterName",
        "clusterId",
        "containerName",
        "topicId",
        "topicName",
        "vaultName",
        "displayName",
    )
    return next((resource.inputs[key] for key in (*keys, "name") if key in resource.inputs), "")


HOLD_RECORDS = {
    "aws-msk-ecs": {
        ("aws:Msk$aws:msk/cluster:Cluster::aws-msk-ecs-msk", "aws-msk-ecs"),
        *(
            (f"index:Pipe$data-pipes:aws:MskTopic$aws:msk/topic:Topic::aws-msk-ecs-orders-{role}", name)
            for role, name in TOPICS
        ),
    },
    "aws-kinesis-ecs": {
        (
            "index:Pipe$data-pipes:aws:KinesisStream$aws:kinesis/stream:Stream::aws-kinesis-ecs-orders-stream",
            "aws-kinesis-ecs-orders",
        ),
        (
            "index:Pipe$data-pipes:aws:KinesisStream$data-pipes:aws:DeadLetters$aws:kinesis/stream:Stream::"
            "aws-kinesis-ecs-orders-dead-letters-stream",
            "aws-kinesis-ecs-orders.dead-letters",
        ),
        *(
            (
                f"index:Pipe$data-pipes:aws:KinesisStream$data-pipes:aws:LeaseTables$aws:dynamodb/table:Table::aws-kinesis-ecs-orders-{role}",
                f"aws-kinesis-ecs-orders{table}",
            )
            for role, table in (
                ("leases", ""),
                ("worker-metrics", "-WorkerMetricStats"),
                ("coordinator", "-CoordinatorState"),
            )
        ),
    },
    "aws-video-ecs": {
        (
            "index:Pipe$data-pipes:aws:VideoStreams$data-pipes:aws:DeadLetters$aws:kinesis/stream:Stream::"
            "aws-video-ecs-cameras-dead-letters-stream",
            "aws-video-ecs-cameras.dead-letters",
        ),
        (
            "index:Pipe$data-pipes:aws:VideoStreams$data-pipes:aws:VideoPositions$aws:dynamodb/table:Table::"
            "aws-video-ecs-cameras-positions-table",
            "aws-video-ecs-cameras.positions",
        ),
        *(
            (
                f"index:Pipe$data-pipes:aws:VideoStreams$aws:kinesis/videoStream:VideoStream::aws-video-ecs-cameras-{number}",
                f"aws-video-ecs-cameras-{number}",
            )
            for number in range(3)
        ),
    },
    "aws-msk-serverless-eks": {
        (
            "aws:MskServerless$aws:msk/serverlessCluster:ServerlessCluster::aws-msk-serverless-eks-msk",
            "aws-msk-serverless-eks",
        ),
    },
    "azure-eventhubs-aks": {
        (
            "azure:EventHubs$azure-native:eventhub:Namespace::azure-eventhubs-aks-event-hubs",
            "azure-eventhubs-aks-dc73c74c",
        ),
        (
            "index:Pipe$data-pipes:azure:EventHubsTopic$azure-native:eventhub:EventHub::azure-eventhubs-aks-orders-hub",
            "orders",
        ),
        (
            "index:Pipe$data-pipes:azure:EventHubsTopic$azure-native:eventhub:EventHub::azure-eventhubs-aks-orders-dead-letters",
            "orders.dead-letters",
        ),
    },
    "azure-hdinsight-aks": {
        (
            "azure:HdInsight$data-pipes:azure:HdInsightCluster$azure-native:hdinsight:Cluster::azure-hdinsight-aks-hdinsight",
            "azurehdinsightaks3908c581",
        ),
        (
            "azure:HdInsight$data-pipes:azure:HdInsightCluster$data-pipes:azure:KeyVault$azure-native:keyvault:Vault::"
            "azure-hdinsight-aks-vault",
            "azurehdinsightak3908c581",
        ),
        (
            "azure:HdInsight$data-pipes:azure:HdInsightCluster$azure-native:storage:BlobContainer::azure-hdinsight-aks-hdinsight-files",
            "hdinsight",
        ),
    },
    "azure-kafka-aks": strimzi("azure-kafka-aks"),
    "aws-kafka-eks": strimzi("aws-kafka-eks"),
    "gcp-pubsub-gke": {
        *gke("gcp-pubsub-gke"),
        *(
            (f"index:Pipe$data-pipes:gcp:PubSubTopic${owner}gcp:pubsub/{kind}::gcp-pubsub-gke-orders{role}", name)
            for owner, kind, role, name in (
                ("", "topic:Topic", "-topic", "gcp-pubsub-gke-orders"),
                ("", "subscription:Subscription", "-subscription", "gcp-pubsub-gke-orders"),
                (
                    "data-pipes:gcp:DeadLetters$",
                    "topic:Topic",
                    "-dead-letters-topic",
                    "gcp-pubsub-gke-orders.dead-letters",
                ),
                (
                    "data-pipes:gcp:DeadLetters$",
                    "subscription:Subscription",
                    "-dead-letters-subscription",
                    "gcp-pubsub-gke-orders.dead-letters",
                ),
            )
        ),
    },
    "gcp-managed-kafka-gke": {
        *gke("gcp-managed-kafka-gke"),
        (
            "gcp:ManagedKafka$gcp:managedkafka/cluster:Cluster::gcp-managed-kafka-gke-managed-kafka",
            "gcp-managed-kafka-gke",
        ),
        *(
            (
                f"index:Pipe$data-pipes:gcp:ManagedKafkaTopic$gcp:managedkafka/topic:Topic::gcp-managed-kafka-gke-orders-{role}",
                name,
            )
            for role, name in TOPICS
        ),
    },
    "gcp-kafka-gke": gke("gcp-kafka-gke") | strimzi("gcp-kafka-gke"),
    "gcp-confluent-gke": gke("gcp-confluent-gke") | confluent("gcp-confluent-gke"),
    "azure-confluent-aks": confluent("azure-confluent-aks"),
    "aws-confluent-ecs": confluent("aws-confluent-ecs"),
}
"""What holds records or how far they were read: URN, and the name that the service knows it by."""


@pytest.mark.parametrize("stack", HOLD_RECORDS)
def test_what_holds_records_keeps_its_urn_and_its_name_in_the_service(stack):
    """A diff here replaces what users keep their records in: it is a migration, not a refactoring."""
    prefix = f"urn:pulumi:{stack}::data-pipes::data-pipes:index:Pipeline$data-pipes:"
    found = {
        (each.urn.removeprefix(prefix), name_in_the_service(each))
        for each in shipped(stack).recording.resources
        if holds_data(each.type) and each.type not in {*REGISTRIES, *CLUSTERS, *UNPROTECTED}
    }
    assert found == HOLD_RECORDS[stack]


def test_what_would_replace_the_brokers_is_frozen():
    """MSK replaces a cluster whose name, subnets or security groups change, and EC2 a group whose description does."""
    recording = shipped(DEFAULT).recording
    cluster = recording.one("aws:msk/cluster:Cluster")
    group = next(
        each for each in recording.of_type("aws:ec2/securityGroup:SecurityGroup") if each.name.endswith("-msk")
    )
    assert cluster.inputs["clusterName"] == "aws-msk-eks"
    assert cluster.input("brokerNodeGroupInfo.azDistribution") == "DEFAULT"
    assert len(cluster.input("brokerNodeGroupInfo.securityGroups")) == 1
    assert (group.name, group.inputs["description"]) == ("aws-msk-eks-msk", "Kafka brokers: the consumers only")
    assert "name" not in group.inputs


def test_the_account_that_hdinsight_keeps_its_files_in_is_protected_and_keeps_its_urn_and_name():
    stack = "azure-hdinsight-aks"
    own = f"urn:pulumi:{stack}::data-pipes::data-pipes:index:Pipeline$data-pipes:azure:HdInsight$data-pipes:azure:HdInsightCluster$"
    [account] = [
        each
        for each in shipped(stack).recording.of_type("azure-native:storage:StorageAccount")
        if "HdInsight" in each.urn
    ]
    assert account.urn == f"{own}data-pipes:azure:StorageAccount$azure-native:storage:StorageAccount::{stack}-storage"
    assert (account.protect, account.inputs["accountName"]) == (True, "azurehdinsightak3908c581")
