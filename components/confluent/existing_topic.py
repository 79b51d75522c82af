"""Topics on Confluent Cloud that were there before the stack."""

from collections.abc import Mapping

import pulumi_confluentcloud as confluentcloud
from pulumi import InvokeOutputOptions, Output, ResourceOptions
from typing_extensions import override

from components.confluent.topic import ReadTopic
from components.confluent.topic_settings import MESSAGE_BYTES, ExistingConfluentPipeSettings
from components.existing import FIX, matching, name_key
from components.lookup import lookup
from components.settings_bases import ExistingPipeSettings


def topic_name(pipe_name: str, pipe: ExistingPipeSettings) -> str:
    """Return the name of the existing topic of a pipe. By default it is that of the pipe."""
    return (isinstance(pipe, ExistingConfluentPipeSettings) and pipe.topic.name) or pipe_name


class ExistingConfluentTopic(ReadTopic[ExistingConfluentPipeSettings]):
    """Topic that was there before. The program only reads it.

    Confluent Cloud returns a topic only to an API key of its cluster. The manager's key does not exist in the first preview, so the
    topic is first read during `up`.
    """

    config: Output[Mapping[str, str]]
    """Kafka settings of the topic that differ from the defaults."""

    @property
    @override
    def _source_name(self) -> str:
        return topic_name(self.args.pipe_name, self.args.pipe)

    @override
    def _source(self) -> confluentcloud.KafkaTopic:
        args, name = self.args, self._source_name
        kafka, manager = args.cluster.kafka, args.cluster.manager
        found = lookup(
            confluentcloud.get_kafka_topic_output(
                topic_name=name,
                kafka_cluster=kafka.id.apply(lambda id_: confluentcloud.GetKafkaTopicKafkaClusterArgs(id=id_)),
                rest_endpoint=kafka.rest_endpoint,
                credentials=Output.all(key=manager.id, secret=manager.secret).apply(
                    lambda own: confluentcloud.GetKafkaTopicCredentialsArgs(key=own["key"], secret=own["secret"])
                ),
                opts=InvokeOutputOptions(parent=self, depends_on=list(args.ready)),
            ),
            name_key(args.pipe_name, args.pipe.topic.name),
            rule="the name of a topic on the cluster",
            got=name,
            fix=FIX,
        )
        # The whole result is a secret, because it contains the key.
        self.config = Output.unsecret(found.config)
        partitions = matching(Output.unsecret(found.partitions_count), args.pipe_name, args.pipe.parallelism)
        # The number is part of the id, so the topic is not read, and no consumer starts, if it does not match.
        identifier = Output.all(kafka.id, partitions).apply(lambda known: f"{known[0]}/{name}")
        return confluentcloud.KafkaTopic.get(
            f"{self.name}-existing",
            identifier,
            topic_name=name,
            kafka_cluster=confluentcloud.KafkaTopicKafkaClusterArgs(id=kafka.id),
            rest_endpoint=kafka.rest_endpoint,
            credentials=confluentcloud.KafkaTopicCredentialsArgs(key=Output.secret(manager.id), secret=manager.secret),
            opts=ResourceOptions(parent=self, depends_on=list(args.ready)),
        )

    @override
    def _dead_letter_config(self) -> Output[Mapping[str, str]]:
        settings, largest = self.args.pipe.topic, self.args.largest_message

        def config(found: Mapping[str, str]) -> Mapping[str, str]:
            return settings.dead_letter_config(int(found.get("max.message.bytes", MESSAGE_BYTES)), largest=largest)

        return self.config.apply(config)
