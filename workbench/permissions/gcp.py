"""Custom role of the identity that deploys a stack on Google Cloud."""

from collections.abc import Iterable, Iterator

import yaml

from workbench.permissions.stack import Stack


def policy(stack: Stack, actions: Iterable[str]) -> str:
    """Return a role in YAML, as `gcloud iam roles create ID --project PROJECT --file FILE` reads it."""
    role = {
        "title": f"data-pipes {stack.purpose} {stack.name}",
        "description": f"{stack.purpose.capitalize()} the stack {stack.name} of data-pipes",
        "stage": "GA",
        "includedPermissions": sorted(actions),
    }
    return yaml.safe_dump(role, sort_keys=False).rstrip()


def notes(text: str) -> Iterator[str]:
    """Return what a reader of the role must know."""
    yield "Grant the role on the project. A custom role cannot be limited to names; a condition of the grant can, for some services."
    yield (
        "GKE authorises Kubernetes objects by IAM: grant roles/container.admin to the deployer too, or roles/container.viewer to an "
        "identity that only previews."
    )
    if "container.secrets.get" in text:
        yield "container.secrets.get reads the Kubernetes secrets of all clusters. Do not give this role to previews of pull requests."
    if "resourcemanager.projects.setIamPolicy" in text:
        yield (
            "resourcemanager.projects.setIamPolicy can grant any role. Limit the grant with a condition on "
            "iam.googleapis.com/modifiedGrantsByRole to the roles in docs/gcp.md."
        )
