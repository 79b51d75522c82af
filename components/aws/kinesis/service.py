"""Amazon Kinesis Data Streams: one data stream for each pipe, encrypted with the stack's KMS key."""

from collections.abc import Mapping
from typing import cast

from pulumi import Output, ResourceOptions
from typing_extensions import override

from components.arguments import StreamingArgs
from components.aws.encryption import key
from components.aws.kinesis.access import key_statements
from components.aws.kinesis.existing_settings import ExistingKinesisPipeSettings
from components.aws.kinesis.existing_stream import ExistingKinesisStream
from components.aws.kinesis.settings import KinesisSettings
from components.aws.kinesis.stream import KinesisPipeSettings, KinesisPipeT, KinesisStream, KinesisStreamArgs
from components.aws.network.network import Network
from components.aws.policy import key_policy
from components.contracts import Platform, Streaming, Topic


class Kinesis(Streaming[KinesisPipeSettings]):
    """KMS key of a stack's data streams, and the method that makes a stream."""

    def __init__(
        self, name: str, args: StreamingArgs[KinesisSettings, Network, Platform], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("data-pipes:aws:Kinesis", name, None, opts)
        self.name = name
        self.args = args
        self.key = key(
            f"{name}-kinesis-key",
            purpose=f"Encrypts the records of {name} at rest",
            policy=self._key_policy(),
            parent=self,
            protect=args.protect,
        )
        self.outputs = {}
        self.register_outputs({"keyArn": self.key.arn})

    def _key_policy(self) -> Output[str]:
        """Return the key policy: the account's IAM gives access, and each pipe's producers and readers may use the key for its stream."""
        account = self.args.network.account
        pipes = cast("Mapping[str, KinesisPipeSettings]", self.args.pipes)

        def policy(known: list[str]) -> str:
            partition, account_id = known
            streams = f"arn:{partition}:kinesis:{account.region}:{account_id}:stream"
            statements = [
                statement
                for name, pipe in pipes.items()
                for statement in key_statements(
                    f"{streams}/{self._stream_name(name)}",
                    account.region,
                    producers=pipe.topic.producers,
                    readers=pipe.topic.readers,
                )
            ]
            return key_policy(partition=partition, account=account_id, statements=statements)

        return Output.all(account.partition, account.id).apply(policy)

    def _stream_name(self, pipe: str) -> str:
        return f"{self.name}-{pipe}"

    @override
    def topic(self, name: str, pipe: KinesisPipeSettings, opts: ResourceOptions) -> Topic:
        """Make the data stream of a pipe."""
        return KinesisStream(f"{self.name}-{name}", self._stream(name, pipe), opts)

    @override
    def existing_topic(self, name: str, pipe: ExistingKinesisPipeSettings, opts: ResourceOptions) -> Topic:
        """Read the data stream of a pipe."""
        return ExistingKinesisStream(f"{self.name}-{name}", self._stream(name, pipe), opts)

    def _stream(self, name: str, pipe: KinesisPipeT) -> KinesisStreamArgs[KinesisPipeT]:
        return KinesisStreamArgs(
            pipe_name=name,
            application=self._stream_name(name),
            pipe=pipe,
            network=self.args.network,
            key=self.key,
            protect=self.args.protect,
        )
