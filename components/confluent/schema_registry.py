"""The Schema Registry that an environment has by its stream governance, and who may read which of its subjects."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_confluentcloud as confluentcloud
from pulumi import Input, InvokeOutputOptions, Output, Resource

from components.confluent.rights import bind
from components.confluent.service_account import Keyed
from components.lookup import lookup

SUBJECTS = ("key", "value")
"""What of a topic's records has a schema: its subjects are the topic's name with these (Schema Registry, TopicNameStrategy)."""


@dataclass(frozen=True, kw_only=True)
class SchemaRegistry:
    """The one registry of an environment."""

    id: Output[str]
    url: Output[str]
    resource_name: Output[str]
    """How role bindings call it."""
    keyed: Keyed
    """How an API key for it is asked for."""


def schema_registry(
    environment_id: Output[str], kafka: confluentcloud.KafkaCluster, *, parent: Resource
) -> SchemaRegistry:
    """Look the registry up, which is there once the environment's first cluster is."""
    found = confluentcloud.get_schema_registry_cluster_output(
        environment=environment_id.apply(lambda id_: confluentcloud.GetSchemaRegistryClusterEnvironmentArgs(id=id_)),
        opts=InvokeOutputOptions(parent=parent, depends_on=[kafka]),
    )
    found = lookup(
        found,
        "streaming.credentials",
        rule="an API key that may read the Schema Registry of the environment",
        fix="Use a Cloud API key of an account with the role OrganizationAdmin.",
    )
    return SchemaRegistry(
        id=found.id,
        url=found.rest_endpoint,
        resource_name=found.resource_name,
        keyed=Keyed(id=found.id, api_version=found.api_version, kind=found.kind, environment_id=environment_id),
    )


def read_subjects(
    name: str, principal: Input[str], topic: str, *, registry: SchemaRegistry, parent: Resource
) -> Sequence[Resource]:
    """Let a principal read the schemas of one topic's keys and values."""
    return [
        bind(
            f"{name}-read-{subject}-schema",
            principal,
            "DeveloperRead",
            Output.concat(registry.resource_name, f"/subject={topic}-{subject}"),
            parent=parent,
        )
        for subject in SUBJECTS
    ]
