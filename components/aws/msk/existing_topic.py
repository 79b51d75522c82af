"""Topics of an MSK cluster that were there before the stack."""

import json
from collections.abc import Mapping

import pulumi_aws as aws
from pulumi import InvokeOptions, Output, ResourceOptions
from typing_extensions import override

from components.aws.msk.topic import ReadTopic
from components.existing import FIX, matching, name_key
from components.kafka.existing_topic import MESSAGE_BYTES, ExistingKafkaPipeSettings
from components.lookup import lookup


class ExistingMskTopic(ReadTopic[ExistingKafkaPipeSettings]):
    """A topic that was there before. The program only reads it."""

    @property
    @override
    def _source_name(self) -> str:
        return self.args.pipe.topic.name or self.args.pipe_name

    @override
    def _source(self, name: str) -> aws.msk.Topic:
        args, topic = self.args, self._source_name
        found = lookup(
            aws.msk.get_topic_output(cluster_arn=args.cluster_arn, name=topic, opts=InvokeOptions(parent=self)),
            name_key(args.pipe_name, args.pipe.topic.name),
            rule="the name of a topic on the cluster",
            got=topic,
            fix=FIX,
        )
        partitions = matching(found.partition_count, args.pipe_name, args.pipe.parallelism)
        # The number is part of the id, so the topic is not read, and no consumer starts, if it does not match.
        identifier = Output.all(args.cluster_arn, partitions).apply(lambda known: f"{known[0]},{topic}")
        # Another name than that of a made topic: `pulumi import` refuses a URN that is in the state.
        return aws.msk.Topic.get(f"{name}-existing", identifier, opts=ResourceOptions(parent=self))

    @override
    def _dead_letter_config(self, topic: aws.msk.Topic) -> Output[Mapping[str, str]]:
        settings = self.args.pipe.topic
        return topic.configs_actual.apply(lambda configs: settings.dead_letter_config(message_bytes(configs)))


def message_bytes(configs: str | None) -> int:
    """Return max.message.bytes of a topic from its settings as JSON text. A topic that does not set it has Kafka's default."""
    return int(json.loads(configs or "{}").get("max.message.bytes", MESSAGE_BYTES))
