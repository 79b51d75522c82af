"""Confluent Cloud: an environment with a Kafka cluster in the stack's cloud and region, and one topic per pipe."""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import pulumi_confluentcloud as confluentcloud
from pulumi import Output, Resource, ResourceHookBinding, ResourceOptions

from components.arguments import StreamingArgs
from components.changes import guard, refused_change
from components.confluent.base import ConfluentBase
from components.confluent.home import CloudBinding, PrivateLinkArgs
from components.confluent.ksqldb import Ksqldb, KsqldbArgs
from components.confluent.rights import Kafka
from components.confluent.settings import ConfluentSettings
from components.confluent.tiers import (
    refuse_availability_change,
    refuse_cku_reduction,
    refuse_limit_removal,
    refuse_location_change,
    refuse_lower_governance,
    refuse_tier_change,
)
from components.contracts import Platform


class Confluent(ConfluentBase[ConfluentSettings, CloudBinding]):
    """Environment and Kafka cluster in the stack's cloud and region."""

    def __init__(
        self,
        name: str,
        args: StreamingArgs[ConfluentSettings, Any, Platform],
        binding: CloudBinding,
        opts: ResourceOptions | None = None,
    ) -> None:
        settings = args.settings
        immutable = {
            "tier": settings.tier,
            "availability": settings.zones,
            "cloud": binding.cloud,
            "region": binding.region,
            **({"maxEcku": settings.max_ecku} if settings.max_ecku else {}),
        }
        # The provider replaces a cluster if most of these change, and replacements run no update hook. So the component stores them too.
        # The provider also ignores the removal of maxEcku, which the component's hook detects.
        super().__init__(
            "data-pipes:confluent:Confluent", name, args, binding, opts, inputs=immutable, hooks=_hooks(name)
        )
        environment = self._environment()
        made = self._kafka(environment)
        kafka = Kafka(
            id=made.id,
            api_version=made.api_version,
            kind=made.kind,
            rbac_crn=made.rbac_crn,
            rest_endpoint=made.rest_endpoint,
            bootstrap_endpoint=made.bootstrap_endpoint,
            environment_id=environment.id,
        )
        link = self._private_link(environment) if settings.private_link else ()
        self._connect(kafka, private=settings.private_link, link=link)
        self.registry = self._registry(environment.id, needed=settings.ksqldb is not None, depends_on=[made])
        self.outputs = {
            "bootstrapServers": kafka.bootstrap_servers,
            "environmentId": environment.id,
            "kafkaClusterId": kafka.id,
            **({"schemaRegistry": self.registry.url} if self.registry else {}),
            **self._ksqldb(),
        }
        self.register_outputs(dict(self.outputs))

    def _environment(self) -> confluentcloud.Environment:
        package = self.args.settings.governance
        name = f"{self.name}-environment"
        return confluentcloud.Environment(
            name,
            display_name=self.name,
            stream_governance=None
            if package == "none"
            else confluentcloud.EnvironmentStreamGovernanceArgs(package=package.upper()),
            opts=ResourceOptions(
                parent=self,
                protect=self.args.protect,
                hooks=refused_change(name, "streaming.governance", "streamGovernance.package", refuse_lower_governance),
            ),
        )

    def _kafka(self, environment: confluentcloud.Environment) -> confluentcloud.KafkaCluster:
        args, settings = self.args, self.args.settings
        tier = settings.tier
        return confluentcloud.KafkaCluster(
            f"{self.name}-cluster",
            display_name=self.name,
            environment=confluentcloud.KafkaClusterEnvironmentArgs(id=environment.id),
            cloud=self.binding.cloud,
            region=self.binding.region,
            availability=settings.limits.availabilities[settings.zones],
            basic=confluentcloud.KafkaClusterBasicArgs(max_ecku=settings.max_ecku) if tier == "basic" else None,
            standard=confluentcloud.KafkaClusterStandardArgs(max_ecku=settings.max_ecku)
            if tier == "standard"
            else None,
            enterprises=[confluentcloud.KafkaClusterEnterpriseArgs(max_ecku=settings.max_ecku)]
            if tier == "enterprise"
            else None,
            dedicated=confluentcloud.KafkaClusterDedicatedArgs(cku=settings.cku or 0) if tier == "dedicated" else None,
            deletion_protection=args.protect,
            opts=ResourceOptions(
                parent=self,
                protect=args.protect,
                hooks=guard(f"{self.name}-cluster", "streaming.cku", "dedicated.cku", refuse_cku_reduction),
            ),
        )

    def _private_link(self, environment: confluentcloud.Environment) -> Sequence[Resource]:
        name = f"{self.name}-link"
        attachment = confluentcloud.PrivateLinkAttachment(
            name,
            display_name=self.name,
            cloud=self.binding.cloud,
            region=self.binding.region,
            environment=confluentcloud.PrivateLinkAttachmentEnvironmentArgs(id=environment.id),
            opts=ResourceOptions(parent=self),
        )
        link = PrivateLinkArgs(attachment=attachment, environment_id=environment.id)
        return self.binding.private_link(name, link, ResourceOptions(parent=self)).ready

    def _ksqldb(self) -> Mapping[str, Output[str]]:
        settings = self.args.settings.ksqldb
        if settings is None or self.registry is None:
            return {}
        ksqldb = KsqldbArgs(
            csu=settings.csu,
            cluster=self.cluster,
            registry=self.registry,
            topics=list(self.args.pipes),
            protect=self.args.protect,
        )
        return {"ksqldb": Ksqldb(f"{self.name}-ksqldb", ksqldb, ResourceOptions(parent=self)).endpoint}


def _hooks(name: str) -> ResourceHookBinding:
    """Return hooks that refuse changes the cluster cannot make."""
    hooks = [
        refused_change(name, "streaming.tier", "tier", refuse_tier_change),
        refused_change(name, "streaming.availability", "availability", refuse_availability_change),
        refused_change(name, "streaming", "cloud", refuse_location_change("cloud")),
        refused_change(name, "streaming", "region", refuse_location_change("region")),
        refused_change(name, "streaming.maxEcku", "maxEcku", refuse_limit_removal),
    ]
    return reduce(ResourceHookBinding.merge, hooks)
