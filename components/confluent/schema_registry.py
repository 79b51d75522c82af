"""Schema Registry of an environment, and read access to its subjects."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_confluentcloud as confluentcloud
from pulumi import Input, InvokeOutputOptions, Output, Resource

from components.confluent.rights import bind
from components.confluent.service_account import Keyed
from components.lookup import lookup

SUBJECTS = ("key", "value")
"""Suffixes of a topic's subjects (Schema Registry, TopicNameStrategy)."""


@dataclass(frozen=True, kw_only=True)
class SchemaRegistry:
    """Schema Registry of an environment."""

    id: Output[str]
    url: Output[str]
    resource_name: Output[str]
    """Name of the registry in role bindings."""
    keyed: Keyed
    """Identification of the registry as the target of an API key."""


def schema_registry(
    environment_id: Output[str], *, parent: Resource, depends_on: Sequence[Resource] = ()
) -> SchemaRegistry:
    """Look up the registry, which exists after the environment's first cluster is created."""
    found = confluentcloud.get_schema_registry_cluster_output(
        environment=environment_id.apply(lambda id_: confluentcloud.GetSchemaRegistryClusterEnvironmentArgs(id=id_)),
        opts=InvokeOutputOptions(parent=parent, depends_on=list(depends_on)),
    )
    found = lookup(
        found,
        "streaming.credentials",
        rule="a Cloud API key that may read the environment's Schema Registry",
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
    """Grant a principal read access to the key and value schemas of one topic."""
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
