"""Amazon ECS on Fargate."""

from components.aws.ecs.platform import Ecs
from components.aws.ecs.settings import EcsSettings
from components.aws.ecs.sizing import EcsSizing
from components.service import ContainerPlatform, Count

PLATFORM = ContainerPlatform(
    "Amazon ECS on Fargate",
    EcsSettings,
    Ecs,
    (Count("aws:ecs/service:Service", "desiredCount"),),
    EcsSizing(),
    sized=False,
)
