"""A Kafka cluster on Confluent Cloud that was there before the stack. It may be in another cloud or region than the consumers."""

from typing import Any

import pulumi
import pulumi_confluentcloud as confluentcloud
from pulumi import InvokeOptions, Output, ResourceOptions

from components.arguments import StreamingArgs
from components.confluent.base import ConfluentBase
from components.confluent.existing_settings import ExistingConfluentSettings
from components.confluent.home import KAFKA_PORT, ConsumersBinding
from components.confluent.rights import Kafka
from components.contracts import Platform
from components.lookup import lookup, unanswered

KEY = "streaming.existing"


class ExistingConfluent(ConfluentBase[ExistingConfluentSettings, ConsumersBinding]):
    """Kafka cluster of another owner. The program reads it, and makes accounts, rights and topics on it."""

    def __init__(
        self,
        name: str,
        args: StreamingArgs[ExistingConfluentSettings, Any, Platform],
        binding: ConsumersBinding,
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("data-pipes:confluent:ExistingConfluent", name, args, binding, opts)
        found = self._found()
        kafka = Kafka(
            id=found.id,
            api_version=found.api_version,
            kind=found.kind,
            rbac_crn=found.rbac_crn,
            rest_endpoint=found.rest_endpoint,
            bootstrap_endpoint=found.bootstrap_endpoint,
            environment_id=found.environment.id,
        )
        self._connect(kafka, private=not args.settings.limits.public)
        self.registry = self._registry(kafka.environment_id)
        found.apply(self._warn)
        self.outputs = {
            "bootstrapServers": kafka.bootstrap_servers,
            "environmentId": kafka.environment_id,
            "kafkaClusterId": kafka.id,
            **({"schemaRegistry": self.registry.url} if self.registry else {}),
        }
        self.register_outputs(dict(self.outputs))

    def _found(self) -> Output[confluentcloud.GetKafkaClusterResult]:
        """Look up the environment, then the cluster in it."""
        wanted = self.args.settings.existing
        options = InvokeOptions(parent=self)
        environment = lookup(
            confluentcloud.get_environment_output(id=wanted.environment_id, opts=options),
            f"{KEY}.environmentId",
            rule="the id of an environment that the Cloud API key may read",
            got=wanted.environment_id,
            fix="Correct it: confluent environment list prints the ids.",
        )
        cluster = lookup(
            confluentcloud.get_kafka_cluster_output(
                id=wanted.cluster_id,
                environment=environment.apply(
                    lambda each: confluentcloud.GetKafkaClusterEnvironmentArgs(id=each.id),
                ),
                opts=options,
            ),
            f"{KEY}.clusterId",
            rule="the id of a Kafka cluster in this environment",
            got=wanted.cluster_id,
            fix=f"Correct it: confluent kafka cluster list --environment {wanted.environment_id} prints the ids.",
        )
        return cluster.apply(self._checked)

    def _checked(self, found: confluentcloud.GetKafkaClusterResult) -> confluentcloud.GetKafkaClusterResult:
        """Return a cluster that is ready and has the tier of the stack file. Raise RunError for another one."""
        wanted, tier = self.args.settings.existing, tier_of(found)
        if not found.bootstrap_endpoint:
            raise unanswered(
                f"{KEY}.clusterId",
                rule="the id of a cluster that is provisioned",
                got=found.id,
                reason="it has no address yet",
                fix="Wait until the cluster is ready: confluent kafka cluster describe shows its status.",
            )
        if tier != wanted.tier:
            raise unanswered(
                f"{KEY}.tier",
                rule=f"{tier}, the tier of {found.id}",
                got=wanted.tier,
                reason="accounts get role bindings or ACLs depending on it",
                fix=f"Set it to {tier}." if tier != "freight" else "Use a cluster of another tier.",
            )
        return found

    def _warn(self, found: confluentcloud.GetKafkaClusterResult) -> None:
        """Warn about an administrator, about a cluster that is far away, and about one that needs a private connection."""
        if not self.args.settings.limits.roles_within:
            # Also if the stack makes no topic: the key of the manager makes the ACLs of the consumers.
            pulumi.log.warn(
                f"{KEY}.tier: the stack's service account {self.name}-manager gets the role CloudClusterAdmin on {found.id}, and can change "
                "everything in it. Basic has no roles for single topics, and only an administrator can make the ACLs that consumers need, also "
                "to read existing topics. On other tiers it gets rights on single topics.",
                self,
            )
        here, there = (self.binding.cloud, self.binding.region), (found.cloud, found.region)
        if None not in here and here != there:
            pulumi.log.warn(
                f"{KEY}.clusterId: {found.id} is in {' '.join(there)}, the consumers are in {self.binding.cloud} {self.binding.region}. Traffic "
                "between them is slower and is charged.",
                self,
            )
        if self.private or found.networks:
            pulumi.log.warn(
                f"{KEY}.clusterId: {found.id} has a private network. Connect it to the network of the consumers with a private link or a peering, "
                f"resolve {_host(found.bootstrap_endpoint)} there, and allow TCP port {KAFKA_PORT} from the consumers. The machine that runs "
                f"Pulumi needs {found.rest_endpoint} (docs/existing.md).",
                self,
            )


def tier_of(found: confluentcloud.GetKafkaClusterResult) -> str:
    """Return the tier of a cluster. A cluster has the details of only its own tier."""
    tiers = {
        "basic": found.basics,
        "standard": found.standards,
        "enterprise": found.enterprises,
        "freight": found.freights,
    }
    return next((tier for tier, details in tiers.items() if details), "dedicated")


def _host(address: str) -> str:
    return address.removeprefix("SASL_SSL://").partition(":")[0]
