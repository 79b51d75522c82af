"""A Kinesis data stream that was there before the stack."""

import pulumi_aws as aws
from pulumi import InvokeOptions, Output, ResourceOptions
from typing_extensions import override

from components.aws.kinesis.existing_settings import ExistingKinesisPipeSettings
from components.aws.kinesis.stream import ReadStream
from components.existing import FIX, matching, name_key
from components.lookup import lookup, unanswered


class ExistingKinesisStream(ReadStream[ExistingKinesisPipeSettings]):
    """A stream that was there before. The program only reads it, and has as many consumers as it has open shards."""

    @override
    def _source(self) -> aws.kinesis.Stream:
        args = self.args
        stream_name = args.pipe.topic.name or args.pipe_name
        found = lookup(
            aws.kinesis.get_stream_output(name=stream_name, opts=InvokeOptions(parent=self)),
            self._key,
            rule="the name of a data stream in the account and region of the stack",
            got=stream_name,
            fix=FIX,
        )
        shards = found.apply(lambda stream: open_shards(stream, self._key))
        partitions = matching(shards, args.pipe_name, args.pipe.parallelism)
        # The provider reads a stream by its name (terraform-provider-aws, aws_kinesis_stream, Import). The id depends on the number, so no
        # consumer starts if it does not match.
        identifier = partitions.apply(lambda _: stream_name)
        return aws.kinesis.Stream.get(f"{self.name}-existing", identifier, opts=ResourceOptions(parent=self))

    @override
    def _key_arn(self) -> Output[str]:
        """Return the ARN of the stream's key. An unencrypted stream has none: the grant on the stack's key is then without effect."""
        stream = self.stream
        return Output.all(stream.encryption_type, stream.kms_key_id, self.args.key.arn).apply(
            lambda known: self._find_key(known[1]) if known[0] == "KMS" else known[2]
        )

    def _find_key(self, key_id: str) -> Output[str]:
        """Return the ARN of a key. A stream may name its key by id, alias or ARN, but grants need the ARN."""
        found = lookup(
            aws.kms.get_key_output(key_id=key_id, opts=InvokeOptions(parent=self)),
            self._key,
            rule="the name of a stream whose KMS key the deployer may look up",
            got=self.args.pipe.topic.name or self.args.pipe_name,
            fix=f"Allow kms:DescribeKey on the key {key_id}.",
        )
        return found.arn

    @property
    def _key(self) -> str:
        return name_key(self.args.pipe_name, self.args.pipe.topic.name)


def open_shards(stream: aws.kinesis.GetStreamResult, key: str) -> int:
    """Return the number of open shards. Raise RunError if it can change without its owner, or is changing now.

    `key` is the setting in the message.
    """
    got = stream.name
    if any(details.stream_mode == "ON_DEMAND" for details in stream.stream_mode_details):
        raise unanswered(
            key,
            rule="the name of a stream with a fixed number of shards",
            got=got,
            reason="it is on-demand: Kinesis changes its number of shards, but each shard needs one consumer",
            fix=f"Change it: aws kinesis update-stream-mode --stream-arn {stream.arn} --stream-mode-details StreamMode=PROVISIONED.",
        )
    if stream.status != "ACTIVE":
        raise unanswered(
            key,
            rule="the name of a stream that is active",
            got=got,
            reason=f"its status is {stream.status}",
            fix="Wait until its status is ACTIVE, then deploy again.",
        )
    return len(stream.open_shards)
