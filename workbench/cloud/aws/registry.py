"""Simulated AWS: the container registry (ECR). Times and rules are explained in kinds.py."""

from collections.abc import Mapping
from typing import Any

from workbench.cloud.aws.outputs import arn, region_of
from workbench.cloud.model import ACCOUNT, COMMON, Inputs, ResourceModel, joined


def _repository(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    return {
        "arn": arn("ecr", f"repository/{id_}", inputs),
        "registryId": ACCOUNT,
        "repositoryUrl": f"{ACCOUNT}.dkr.ecr.{region_of(inputs)}.amazonaws.com/{id_}",
    }


def _in_registry(_id: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a policy on a repository."""
    return {"registryId": ACCOUNT}


ECR: Mapping[str, ResourceModel] = {
    "aws:ecr/repository:Repository": ResourceModel(
        holds_data=True,
        create_minutes=0.1,
        delete_minutes=0.1,
        source="common use: 1 to 3 s",
        identifier=joined("", "name"),
        outputs=_repository,
        replace_on=frozenset({"encryptionConfigurations", "name"}),
        unique=("name",),
        name_property="name",
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=joined("", "repository"),
        outputs=_in_registry,
        replace_on=frozenset({"policy", "repository"}),
        unique=("repository",),
    ),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=joined("", "repository"),
        outputs=_in_registry,
        replace_on=frozenset({"repository"}),
        unique=("repository",),
    ),
}
