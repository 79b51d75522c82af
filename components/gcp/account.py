"""Google Cloud project and region of a stack, and the provider that uses them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import pulumi_gcp as gcp
from pulumi import InvokeOptions, Output, Resource

from components.lookup import lookup, unanswered
from components.section import Pattern
from components.settings_bases import AccountSettings


class GcpSettings(AccountSettings, frozen=True):
    """Settings of the `gcp` namespace."""

    stack_name = Pattern(
        r"(?!goog|default$).*",
        "a name other than default (the name of a project's first network) that does not begin with goog (reserved by Google)",
    )
    """Pub/Sub rejects topic names that begin with goog (Pub/Sub, Resource names). Network names are unique in a project (VPC networks)."""
    most_tags = 50
    """A resource has at most 64 labels (Resource Manager, Requirements for labels). The remaining 14 are for data-pipes and GKE."""
    tag_name = Pattern(
        r"(?!goog|data-pipes)[a-z][a-z0-9_-]{0,62}",
        "a label name: a lower-case letter, then lower-case letters, digits, hyphens and underscores, at most 63 in total, "
        "without the reserved prefixes data-pipes and goog",
    )
    tag_value = Pattern(
        r"[a-z0-9_-]{0,63}",
        "a label value: at most 63 lower-case letters, digits, hyphens and underscores",
    )

    project: Annotated[
        str,
        Pattern(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "a project ID (not its name or number) such as data-pipes-42"),
    ]
    """The ID of the Google Cloud project that contains the whole stack."""
    region: Annotated[
        str, Pattern(r"[a-z]+-[a-z]+[1-9][0-9]?", "a Google Cloud region without a zone, such as europe-west1")
    ]
    """The Google Cloud region of the whole stack, such as europe-west1."""


def gcp_provider(name: str, settings: GcpSettings, tags: Mapping[str, str]) -> gcp.Provider:
    """Create the provider that gives every Google Cloud resource of a stack the same project, region and labels."""
    return gcp.Provider(
        name,
        project=settings.project,
        region=settings.region,
        default_labels=dict(tags),
        add_pulumi_attribution_label=False,
    )


@dataclass(frozen=True, kw_only=True)
class Account:
    """Project and region of a stack, with the project number."""

    project: str
    region: str
    number: Output[str]
    """Project number, which Google uses in the names of service agents and in IAM conditions."""

    @classmethod
    def of(cls, settings: GcpSettings, parent: Resource) -> "Account":
        """Look up the project number, with the provider of the parent resource."""
        return cls(project=settings.project, region=settings.region, number=_number(settings.project, parent))


def _number(project: str, parent: Resource) -> Output[str]:
    """Return the project number from the list of projects, because `get_project` also reads billing information."""
    rule = "the ID of a project that the deployer may read (resourcemanager.projects.get)"
    fix = "Correct the project ID, or grant the deployer the role Browser on the project."

    def of(answer: gcp.projects.GetProjectResult) -> str:
        for found in answer.projects:
            if found.project_id == project and found.lifecycle_state == "ACTIVE":
                return found.number
        reason = "Google Cloud lists no active project with this ID; a new project appears after some minutes"
        raise unanswered("gcp:project", rule=rule, got=project, reason=reason, fix=fix)

    listed = gcp.projects.get_project_output(filter=f"id:{project}", opts=InvokeOptions(parent=parent))
    return lookup(listed, "gcp:project", rule=rule, got=project, fix=fix).apply(of)
