"""Simulated Google Cloud: Artifact Registry. Times and rules are explained in kinds.py."""

from collections.abc import Mapping
from typing import Any

from workbench.cloud.gcp.resource import member, project_of, region_of, resource
from workbench.cloud.model import CREATED_AT, Inputs, ResourceModel

_REPOSITORY = "projects/{project}/locations/{location}/repositories/"


def _repository(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a repository in Artifact Registry."""
    name = id_.rsplit("/", 1)[-1]
    return {
        "name": name,
        "registryUri": f"{region_of(inputs)}-docker.pkg.dev/{project_of(inputs)}/{name}",
        "createTime": CREATED_AT,
        "updateTime": CREATED_AT,
    }


REGISTRY: Mapping[str, ResourceModel] = {
    "gcp:artifactregistry/repository:Repository": resource(
        f"{_REPOSITORY}{{repositoryId}}",
        holds_data=True,
        create=0.2,
        delete=0.2,
        source="common use, no log found: 10 to 15 s; a repository goes with its images",
        outputs=_repository,
        fixed="format kmsKeyName mode",
        defaults={
            "cleanupPolicies.condition.tagState": "ANY",
            "cleanupPolicyDryRun": False,
            "mode": "STANDARD_REPOSITORY",
        },
        labels="labels",
    ),
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": member(f"{_REPOSITORY}{{repository}}"),
}
