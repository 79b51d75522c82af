"""Confluent Cloud: an environment with a Kafka cluster on the stack's own cloud and region, and a topic for each pipe."""

from typing import Any

from pulumi import ResourceOptions
from typing_extensions import override

from components.confluent.confluent_settings import ConfluentPipeSettings, ConfluentSettings
from components.confluent.home import Home
from components.contracts import Platform, Streaming, StreamingArgs, Topic


class Confluent(Streaming[ConfluentPipeSettings]):
    """An environment of the stack's own with one Kafka cluster."""

    def __init__(
        self,
        name: str,
        args: StreamingArgs[ConfluentSettings, Any, Platform],
        home: Home,
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("data-pipes:confluent:Confluent", name, None, opts)
        self.outputs = {}
        self.register_outputs({})

    @override
    def topic(self, name: str, pipe: ConfluentPipeSettings, opts: ResourceOptions) -> Topic:
        raise NotImplementedError
