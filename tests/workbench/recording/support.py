"""Small programs and a small cloud, so that the recorder's tests need neither components nor the real table."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi import ResourceOptions

from workbench.recording.recorder import Recording, record

STANDS = "vpc-made-elsewhere"
"""The id of what is there although no program made it."""


@dataclass(frozen=True)
class SmallKind:
    """Every type has an arn, and a nested output beside its nested inputs."""

    name_property: str | None = None
    name_prefix: str = ""

    def identifier(self, name: str, inputs: Mapping[str, Any]) -> str:
        return f"id-of-{name}"

    def outputs(self, identifier: str, name: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        return {
            "arn": f"arn:{inputs.get('region', 'nowhere')}:{identifier}",
            "vpcConfig": {"clusterSecurityGroupId": "sg-1", "endpointPublicAccess": True},
        }

    def preexisting(
        self, identifier: str, others: Callable[[str], Iterable[Mapping[str, Any]]]
    ) -> Mapping[str, Any] | None:
        topics = [*others("aws:msk/topic:Topic")]
        return {"arn": f"made for {len(topics)} topic"} if identifier == STANDS else None


class SmallCloud:
    def kind(self, type_token: str) -> SmallKind:
        if type_token == "aws:sqs/queue:Queue":
            raise LookupError("aws:sqs/queue:Queue: not in the table")
        return SmallKind(name_property="name" if type_token == "aws:cloudwatch/logGroup:LogGroup" else None)

    def place(self, package: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        return {"region": settings["region"]} if "region" in settings else {}

    def existing(self, type_token: str, id_: str, location: Mapping[str, Any]) -> None:
        return None

    def is_adopted(self, type_token: str) -> bool:
        return False

    def invoke(self, token: str, args: Mapping[str, Any], find: object) -> Mapping[str, Any]:
        return {"accountId": "123456789012", "arn": "arn", "id": "id", "userId": "user"}


class Box(pulumi.ComponentResource):
    """A component that holds whatever a test puts in it."""

    def __init__(
        self,
        name: str,
        fill: Callable[["Box"], object] | None = None,
        *,
        outputs: Mapping[str, Any] | None = None,
        silent: bool = False,
        opts: ResourceOptions | None = None,
    ):
        super().__init__("data-pipes:test:Box", name, None, opts)
        if fill:
            fill(self)
        if not silent:
            self.register_outputs(dict(outputs or {}))

    @property
    def child(self) -> ResourceOptions:
        return ResourceOptions(parent=self)


def topic(box: Box, name: str = "orders", **options: Any) -> aws.msk.Topic:
    return aws.msk.Topic(
        name,
        cluster_arn="arn:cluster",
        partition_count=3,
        replication_factor=3,
        opts=ResourceOptions.merge(box.child, ResourceOptions(**options)),
    )


def recorded(fill: Callable[[Box], object], **arguments: Any) -> Recording:
    """Record a box at the top of a stack, with an explicit AWS provider."""

    def program() -> None:
        provider = aws.Provider("aws", region="eu-west-1")
        Box("box", fill, opts=ResourceOptions(providers=[provider]))

    return record(program, cloud=SmallCloud(), **arguments)


def reasons(recording: Recording, rule: str) -> list[str]:
    return [str(problem) for problem in recording.problems if problem.rule == rule]
