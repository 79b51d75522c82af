"""Pub/Sub topic of a pipe: made with its schema, or there before."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import reduce

import pulumi_gcp as gcp
from pulumi import InvokeOptions, ResourceHookBinding, ResourceOptions
from typing_extensions import override

from components.changes import guard, refused_change
from components.existing import FIX, name_key
from components.gcp.pubsub.changes import (
    refuse_fewer_partitions,
    refuse_filter_change,
    refuse_key_removal,
    refuse_mode_change,
    refuse_ordering_change,
    refuse_schema_type_change,
)
from components.gcp.pubsub.dead_letters import seconds, stored_in
from components.gcp.pubsub.subscriptions import Source, SubscribedTopic
from components.gcp.pubsub.topic_settings import ExistingPubSubPipeSettings, PubSubPipeSettings, SchemaSettings
from components.lookup import lookup

MODE, ORDERING, FILTER, PARTITIONS = (
    "data-pipes-mode",
    "data-pipes-ordering",
    "data-pipes-filter",
    "data-pipes-partitions",
)
"""Topic labels that repeat the immutable settings of its subscriptions. Changing one of these replaces the subscription, and a replacement
runs no update hook. The topic is updated in place, so its hook can refuse the change in a preview and explain the fix."""


class PubSubTopic(SubscribedTopic[PubSubPipeSettings]):
    """Topic that the program makes. It stores messages in the stack's region."""

    @override
    def _source(self) -> Source:
        settings = self.args.pipe.topic.message_schema
        schema = self._schema(settings) if settings else None
        self.topic = self._topic(schema)
        return Source(id=self.topic.id, name=self.topic.name, schema=schema)

    def _schema(self, settings: SchemaSettings) -> gcp.pubsub.Schema:
        """Create the message schema. Each change of the definition creates a revision."""
        name = f"{self.name}-schema"
        return gcp.pubsub.Schema(
            name,
            name=self.args.full_name,
            type=settings.type.upper().replace("-", "_"),
            definition=settings.definition,
            opts=ResourceOptions(
                parent=self,
                protect=self.args.protect,
                depends_on=self.args.network.apis["pubsub"],
                hooks=refused_change(
                    name, f"pipes.{self.args.pipe_name}.topic.schema.type", "type", refuse_schema_type_change
                ),
            ),
        )

    def _topic(self, schema: gcp.pubsub.Schema | None) -> gcp.pubsub.Topic:
        args, settings = self.args, self.args.pipe.topic
        return gcp.pubsub.Topic(
            f"{self.name}-topic",
            name=args.full_name,
            message_storage_policy=stored_in(args.network.account.region),
            message_retention_duration=seconds(settings.replay_hours) if settings.replay_hours else None,
            kms_key_name=args.key.id if args.key else None,
            schema_settings=self._schema_settings(schema),
            labels=self._labels(),
            opts=ResourceOptions(
                parent=self,
                protect=args.protect,
                hooks=self._hooks(f"{self.name}-topic"),
                depends_on=[args.network.apis["pubsub"], *(args.key.ready if args.key else [])],
            ),
        )

    def _schema_settings(self, schema: gcp.pubsub.Schema | None) -> gcp.pubsub.TopicSchemaSettingsArgs | None:
        settings = self.args.pipe.topic.message_schema
        if settings is None or schema is None:
            return None
        return gcp.pubsub.TopicSchemaSettingsArgs(
            schema=schema.id,
            encoding=settings.encoding.upper(),
            first_revision_id=settings.first_revision,
            last_revision_id=settings.last_revision,
        )

    def _labels(self) -> Mapping[str, str]:
        settings, partitions = self.args.pipe.topic, self.args.pipe.partitions
        labels = {MODE: settings.mode, ORDERING: "on" if settings.ordering else "off"}
        if settings.filter:
            labels[FILTER] = hashlib.sha256(settings.filter.encode()).hexdigest()[:16]
        if partitions:
            labels[PARTITIONS] = str(partitions)
        return labels

    def _hooks(self, topic: str) -> ResourceHookBinding:
        """Return hooks that refuse changes that would lose unread messages."""
        pipe = f"pipes.{self.args.pipe_name}"
        hooks = [
            refused_change(topic, f"{pipe}.topic.mode", f'labels["{MODE}"]', refuse_mode_change),
            refused_change(topic, f"{pipe}.topic.ordering", f'labels["{ORDERING}"]', refuse_ordering_change),
            refused_change(topic, f"{pipe}.topic.filter", f'labels["{FILTER}"]', refuse_filter_change),
            guard(topic, f"{pipe}.parallelism", f'labels["{PARTITIONS}"]', refuse_fewer_partitions),
            refused_change(topic, "streaming.customerManagedKey", "kmsKeyName", refuse_key_removal),
        ]
        return reduce(ResourceHookBinding.merge, hooks)

    @override
    def _publishers(self, subscriptions: Sequence[gcp.pubsub.Subscription]) -> None:
        """Grant publish permission to the configured members, after the subscriptions exist so that no message is dropped."""
        for member in self.args.pipe.topic.producers:
            gcp.pubsub.TopicIAMMember(
                f"{self.name}-publisher-{member}",
                topic=self.source.id,
                role="roles/pubsub.publisher",
                member=member,
                project=self.args.network.account.project,
                opts=ResourceOptions(parent=self, depends_on=list(subscriptions)),
            )


class ExistingPubSubTopic(SubscribedTopic[ExistingPubSubPipeSettings]):
    """Topic that was there before. The program only reads it, and makes its own subscriptions."""

    @override
    def _source(self) -> Source:
        args = self.args
        name, project = args.pipe.topic.name or args.pipe_name, args.network.account.project
        found = lookup(
            gcp.pubsub.get_topic_output(name=name, project=project, opts=InvokeOptions(parent=self)),
            name_key(args.pipe_name, args.pipe.topic.name),
            rule=f"the name of a Pub/Sub topic in the project {project}",
            got=name,
            fix=f"{FIX} gcloud pubsub topics list --project={project} prints the names.",
        )
        return Source(id=found.id, name=found.name)
