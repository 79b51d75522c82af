"""ksqlDB cluster."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_confluentcloud as confluentcloud
from pulumi import ComponentResource, Output, Resource, ResourceOptions

from components.changes import guard
from components.confluent.rights import Cluster, Right, allow, bind
from components.confluent.schema_registry import SchemaRegistry, read_subjects
from components.confluent.service_account import service_account
from components.confluent.tiers import refuse_unit_change

OWN_SUBJECTS = ("pksqlc-*", "_confluent-ksql-pksqlc-*")
"""Subject patterns of ksqlDB's own schemas (Confluent Cloud, ksqlDB). The environment has only one ksqlDB cluster."""


@dataclass(frozen=True, kw_only=True)
class KsqldbArgs:
    """Arguments of Ksqldb."""

    csu: int
    cluster: Cluster
    registry: SchemaRegistry
    topics: Sequence[str]
    """Topics that the queries may read."""
    protect: bool


class Ksqldb(ComponentResource):
    """ksqlDB cluster with its own service account, which reads the stack's topics and owns the topics that ksqlDB creates.

    The Schema Registry must exist first (Confluent provider, KsqlCluster).
    """

    endpoint: Output[str]

    def __init__(self, name: str, args: KsqldbArgs, opts: ResourceOptions | None = None) -> None:
        hooks = guard(name, "streaming.ksqldb.csu", "csu", refuse_unit_change)
        # The provider replaces the cluster if csu changes, and replacements run no update hook. So the component stores csu too.
        super().__init__(
            "data-pipes:confluent:Ksqldb",
            name,
            {"csu": args.csu},
            ResourceOptions.merge(opts, ResourceOptions(hooks=hooks)),
        )
        cluster = args.cluster
        account = service_account(f"{name}-account", "Runs the queries of ksqlDB", parent=self)
        schemas: list[Resource] = [
            bind(
                f"{name}-own-{role}-schemas",
                account.id,
                "ResourceOwner",
                Output.concat(args.registry.resource_name, f"/subject={subjects}"),
                parent=self,
            )
            for role, subjects in zip(("output", "internal"), OWN_SUBJECTS, strict=True)
        ]
        for topic in args.topics:
            schemas += read_subjects(f"{name}-{topic}", account.id, topic, registry=args.registry, parent=self)
        ksqldb = confluentcloud.KsqlCluster(
            f"{name}-cluster",
            display_name=name,
            csu=args.csu,
            use_detailed_processing_log=False,
            credential_identity=confluentcloud.KsqlClusterCredentialIdentityArgs(id=account.id),
            kafka_cluster=confluentcloud.KsqlClusterKafkaClusterArgs(id=cluster.kafka.id),
            environment=confluentcloud.KsqlClusterEnvironmentArgs(id=cluster.kafka.environment_id),
            opts=ResourceOptions(parent=self, protect=args.protect, depends_on=schemas),
        )
        outputs = ksqldb.topic_prefix
        internal = Output.concat("_confluent-ksql-", outputs)
        allow(
            name,
            account.id,
            {
                "cluster": Right(resource="cluster", name="kafka-cluster", use="describe"),
                "output-topics": Right(resource="topic", name=outputs, prefix=True, use="own"),
                "internal-topics": Right(resource="topic", name=internal, prefix=True, use="own"),
                "groups": Right(resource="group", name=internal, prefix=True, use="own"),
                "transactions": Right(resource="transactional-id", name=outputs, prefix=True, use="write"),
                "query-transactions": Right(resource="transactional-id", name=internal, prefix=True, use="write"),
                **{f"{topic}-topic": Right(resource="topic", name=topic, use="read") for topic in args.topics},
            },
            cluster=cluster,
            parent=self,
        )
        self.endpoint = ksqldb.rest_endpoint
        self.register_outputs({"endpoint": self.endpoint})
