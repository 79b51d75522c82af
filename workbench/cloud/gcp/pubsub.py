"""Simulated Google Cloud: Pub/Sub. Times and rules are explained in kinds.py."""

import re
from collections.abc import Mapping
from typing import Any

from workbench.cloud.gcp import existing
from workbench.cloud.gcp.resource import member, project_of, resource
from workbench.cloud.model import Inputs, Others, ResourceModel, at, digits, number, text

_TOPIC = "gcp:pubsub/topic:Topic"
_PUBSUB = "common use: Pub/Sub answers within 1 to 5 s"


def _name_refusal(kind: str, old: Inputs | None, new: Inputs) -> str | None:
    """Refuse invalid names (Pub/Sub, Guidelines to name a topic, subscription, schema, or snapshot)."""
    name = text(new, "name", "orders")
    if old is not None or re.fullmatch(r"(?!goog)[A-Za-z][\w.~+%-]{2,254}", name):
        return None
    return (
        f"googleapi: Error 400: Invalid [{kind}] name: (name=projects/{project_of(new)}/{kind}/{name}). It must start with a letter, "
        "have 3 to 255 letters, digits and - . _ ~ + %, and not begin with goog"
    )


def _duration(inputs: Inputs, path: str) -> float | None:
    """Return the seconds of a duration such as `600s`, or None if it is absent or unknown."""
    found = re.fullmatch(r"(\d+(\.\d+)?)s", text(inputs, path, ""))
    return float(found[1]) if found else None


def _topic_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """Refuse a retention outside 10 minutes to 31 days (Pub/Sub, Quotas and limits)."""
    seconds = _duration(new, "messageRetentionDuration")
    if seconds is not None and not 600 <= seconds <= 31 * 86400:
        return f"googleapi: Error 400: Invalid value for message_retention_duration: {seconds:g} s is not 10 minutes to 31 days"
    return _name_refusal("topics", old, new)


def _subscription_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """Refuse invalid settings of a subscription (Pub/Sub, Subscription properties; Quotas and limits)."""
    size = len(text(new, "filter", "").encode())
    if size > 256:
        return f"googleapi: Error 400: The filter has {size} bytes, the most is 256"
    for path, least, most in (
        ("ackDeadlineSeconds", 10, 600),
        ("deadLetterPolicy.maxDeliveryAttempts", 5, 100),
    ):
        value = number(new, path, least)
        if value and not least <= value <= most:
            return f"googleapi: Error 400: Invalid value for {path}: {value} is not {least} to {most}"
    for path, most in (
        ("messageRetentionDuration", 31 * 86400),
        ("retryPolicy.minimumBackoff", 600),
        ("retryPolicy.maximumBackoff", 600),
    ):
        seconds = _duration(new, path)
        if seconds is not None and not (0 if path.startswith("retry") else 600) <= seconds <= most:
            return f"googleapi: Error 400: Invalid value for {path}: {seconds:g} s"
    if at(new, "enableExactlyOnceDelivery") is True and any(
        at(new, each) for each in ("pushConfig", "bigqueryConfig", "cloudStorageConfig")
    ):
        return "googleapi: Error 400: Exactly once delivery is only supported on pull subscriptions"
    return _name_refusal("subscriptions", old, new)


def _schema_refusal(old: Inputs | None, new: Inputs) -> str | None:
    return _name_refusal("schemas", old, new)


def _revision(id_: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    return {"revisionId": digits(id_, 8)}


def _revised(state: Inputs, inputs: Inputs) -> Mapping[str, Any]:
    """Return a new revision if a schema's definition changes."""
    changed = state.get("definition") != inputs.get("definition")
    return {"revisionId": digits(f"{state.get('revisionId')} {inputs.get('definition')}", 8)} if changed else {}


def _subscribed_refusal(_old: Inputs | None, new: Inputs, others: Others) -> str | None:
    """Refuse a subscription if its topic or its dead-letter topic does not exist."""
    there = {f"projects/{project_of(new)}/topics/{text(each, 'name', '')}" for each in others(_TOPIC)}
    there |= {each.rsplit("/", 1)[-1] for each in there}
    for path in ("topic", "deadLetterPolicy.deadLetterTopic"):
        topic = text(new, path, "")
        if topic and topic not in there and topic.rsplit("/", 1)[-1] not in there:
            return f"googleapi: Error 404: Resource not found (resource={topic.rsplit('/', 1)[-1]})"
    return None


PUBSUB: Mapping[str, ResourceModel] = {
    _TOPIC: resource(
        "projects/{project}/topics/{name}",
        holds_data=True,
        create=0.05,
        delete=0.05,
        update=0.05,
        source=_PUBSUB,
        fixed="tags",
        existing=existing.pubsub_topic,
        labels="labels",
        refusal=_topic_refusal,
    ),
    "gcp:pubsub/subscription:Subscription": resource(
        "projects/{project}/subscriptions/{name}",
        holds_data=True,
        create=0.05,
        delete=0.05,
        update=0.05,
        source=_PUBSUB,
        fixed="enableMessageOrdering filter tags topic",
        defaults={"messageRetentionDuration": "604800s"},
        left_out="retryPolicy.maximumBackoff retryPolicy.minimumBackoff",
        labels="labels",
        refusal=_subscription_refusal,
        refusal_beside=_subscribed_refusal,
    ),
    "gcp:pubsub/schema:Schema": resource(
        "projects/{project}/schemas/{name}",
        holds_data=True,
        create=0.05,
        delete=0.05,
        update=0.05,
        source=_PUBSUB,
        outputs=_revision,
        updated=_revised,
        refusal=_schema_refusal,
    ),
    "gcp:pubsub/topicIAMMember:TopicIAMMember": member("projects/{project}/topics/{topic}"),
    "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember": member("projects/{project}/subscriptions/{subscription}"),
    "gcp:pubsub/schemaIamMember:SchemaIamMember": member("projects/{project}/schemas/{schema}"),
}
