"""Amazon ECS on Fargate."""

from dataclasses import replace

from components.aws.cloud import CLOUD
from components.aws.ecs.existing import ExistingEcs
from components.aws.ecs.existing_settings import ExistingEcsSettings
from components.aws.ecs.platform import Ecs
from components.aws.ecs.settings import EcsSettings
from components.aws.ecs.sizing import EcsSizing
from components.aws.registry import ExternalEcr
from components.existing_sizing import ExistingPlatformSizing
from components.service import ContainerPlatform, Count

REPLICAS = (Count("aws:ecs/service:Service", "desiredCount"),)

PLATFORM = ContainerPlatform(
    "Amazon ECS on Fargate",
    EcsSettings,
    Ecs,
    REPLICAS,
    EcsSizing(),
    sized=False,
    existing=ContainerPlatform(
        "Amazon ECS, existing cluster",
        ExistingEcsSettings,
        ExistingEcs,
        REPLICAS,
        ExistingPlatformSizing(),
        base=replace(CLOUD, registry=ExternalEcr, makes_registry=False),
        sized=False,
    ),
)
