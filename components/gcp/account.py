"""The Google Cloud project and region that a pipeline lives in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import pulumi_gcp as gcp
from pulumi import InvokeOptions, Output, Resource

from components.lookup import lookup, unanswered
from components.section import Pattern
from components.settings_bases import AccountSettings


class GcpSettings(AccountSettings, frozen=True):
    """The keys of the namespace `gcp` that a pipeline reads."""

    stack_name = Pattern(
        r"(?!goog|default$).*",
        "a name that does not begin with goog, which Google keeps for itself, and is not default, as a project's first network is",
    )
    """Pub/Sub takes no topic that begins with goog (Pub/Sub, Resource names); networks have their names to themselves (VPC networks)."""
    most_tags = 50
    """A resource has at most 64 labels (Resource Manager, Requirements for labels); the rest is for the program's and for GKE's own."""
    tag_name = Pattern(
        r"(?!goog|data-pipes)[a-z][a-z0-9_-]{0,62}",
        "the name of a label: a lower-case letter, then lower-case letters, digits, hyphens and underscores, 63 at most; "
        "neither the program's own (data-pipes) nor Google's (goog)",
    )
    tag_value = Pattern(
        r"[a-z0-9_-]{0,63}",
        "the value of a label: lower-case letters, digits, hyphens and underscores, 63 at most",
    )

    project: Annotated[
        str,
        Pattern(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "the id of a project, not its name or number, such as data-pipes-42"),
    ]
    """The id of the Google Cloud project that the whole stack lives in."""
    region: Annotated[
        str, Pattern(r"[a-z]+-[a-z]+[1-9][0-9]?", "a Google Cloud region without a zone, such as europe-west1")
    ]
    """The Google Cloud region of the whole stack, such as europe-west1."""


def gcp_provider(name: str, settings: GcpSettings, tags: Mapping[str, str]) -> gcp.Provider:
    """Make the one provider that every Google Cloud resource of a stack uses, so that project, region and labels hold for all."""
    return gcp.Provider(
        name,
        project=settings.project,
        region=settings.region,
        default_labels=dict(tags),
        add_pulumi_attribution_label=False,
    )


@dataclass(frozen=True, kw_only=True)
class Account:
    """Where a pipeline lives, and what Google Cloud says of it."""

    project: str
    region: str
    number: Output[str]
    """The number of the project, by which Google's own names know it."""

    @classmethod
    def of(cls, settings: GcpSettings, parent: Resource) -> "Account":
        """Ask Google Cloud for the project's number, with the provider of the given resource."""
        return cls(project=settings.project, region=settings.region, number=_number(settings.project, parent))


def _number(project: str, parent: Resource) -> Output[str]:
    """The project's number, from the list of projects: `get_project` would read billing information too."""
    rule = "a project that the deployer may read (resourcemanager.projects.get)"
    fix = "Name another project, or give the deployer the role Browser on this one."

    def of(answer: gcp.projects.GetProjectResult) -> str:
        for found in answer.projects:
            if found.project_id == project and found.lifecycle_state == "ACTIVE":
                return found.number
        reason = "Google Cloud lists no active project of this id; a new one is listed after some minutes"
        raise unanswered("gcp:project", rule=rule, got=project, reason=reason, fix=fix)

    listed = gcp.projects.get_project_output(filter=f"id:{project}", opts=InvokeOptions(parent=parent))
    return lookup(listed, "gcp:project", rule=rule, got=project, fix=fix).apply(of)
