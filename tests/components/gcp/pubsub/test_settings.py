"""Tests of the Pub/Sub settings and their validation."""

import pytest

from components.settings import SettingsError
from tests.stacks import settings

STACK = "gcp-pubsub-gke"


def config_errors(pipes, streaming=None):
    """Return the errors, except errors of the platform."""
    try:
        settings({"data-pipes:streaming": streaming or {}, "data-pipes:pipes": pipes}, STACK)
    except SettingsError as error:
        lines = [line.split(".yaml: ", 1)[1] for line in str(error).splitlines()]
        return [line for line in lines if not line.startswith("platform.")]
    return []


def orders(parallelism=3, **topic):
    return {"orders": {"parallelism": parallelism, "topic": topic}}


def long(length: int) -> str:
    """Return a filter with this many bytes."""
    value = "x" * (length - len('attributes.k = ""'))
    return f'attributes.k = "{value}"'


AVRO = {"type": "avro", "definition": "{}"}


@pytest.mark.parametrize(
    "pipes",
    [
        orders(10_000),
        orders(9_999, mode="partitioned"),
        orders(10_000, mode="partitioned", deadLetter={"enabled": False}),
        orders(filter=long(256)),
        *(
            orders(filter=text)
            for text in (
                'attributes.kind = "order" AND NOT attributes:test',
                '(attributes.kind="a" OR attributes.kind != "b") AND attributes:c',
                '-attributes:"iana.org/language_tag"',
                'hasPrefix(attributes.name, "co") AND attributes."a b" = "say \\"x\\""',
                "NOT (attributes:a OR attributes:b-c OR attributes:_d)",
            )
        ),
        orders(10, mode="partitioned", filter=long(223)),
        orders(retentionHours=744, replayHours=1, ackDeadlineSeconds=10),
        orders(retry={"minimumBackoffSeconds": 600}),
        orders(deadLetter={"maxDeliveryAttempts": 5}),
        orders(schema=AVRO | {"encoding": "binary", "lastRevision": "0a1b2c3d"}),
        orders(
            producers=["principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/group/g"]
        ),
    ],
)
def test_valid_pubsub_settings_are_accepted(pipes):
    assert config_errors(pipes) == []


@pytest.mark.parametrize(
    ("pipes", "line"),
    [
        (
            orders(filter=long(257)),
            "pipes.orders.topic.filter: must be at most 256 bytes long, got 257 (Pub/Sub, Filter messages). Shorten it",
        ),
        (
            orders(11, mode="partitioned", filter=long(223)),
            "pipes.orders.topic.filter: must be at most 256 bytes long including the partition condition that mode partitioned adds, got 257",
        ),
        *(
            (
                orders(filter=text),
                f'pipes.orders.topic.filter: must be a Pub/Sub filter such as attributes.kind = "order" AND NOT attributes:test ({reason}; see Pub/Sub, Filter messages). Correct the filter.',
            )
            for text, reason in (
                ('attributes.kind = "order', "expected a word, a quoted string or an operator, found '\"order'"),
                ('kind = "order"', "expected attributes, found 'kind'"),
                ("attributes.kind = order", "expected a quoted string, found 'order'"),
                ('attributes.a="x") OR (attributes.b="y"', "expected AND, OR or the end, found ')'"),
                ("(attributes:a", "expected ), found the end"),
                (
                    "attributes:a AND attributes:b OR attributes:c",
                    "AND and OR cannot be mixed without parentheses",
                ),
                ('attributes.kind > "a"', "expected a word, a quoted string or an operator, found '> \"a\"'"),
                ("attributes:", "expected an attribute name, found the end"),
                ('attributes.kind "a"', "expected = or !=, found '\"a\"'"),
            )
        ),
        (orders(filter=" "), "pipes.orders.topic.filter: must not be blank. To read all messages, remove filter."),
        (
            orders(10_000, mode="partitioned"),
            "pipes: must use at most 10000 subscriptions in total, got 10001 (Pub/Sub, Quotas and limits). Lower the",
        ),
        (orders(mode="both"), "pipes.orders.topic.mode: must be 'shared' or 'partitioned', got \"both\"."),
        (
            orders(retentionHours=745),
            "pipes.orders.topic.retentionHours: must be at most 744, got 745.",
        ),
        (orders(replayHours=0), "pipes.orders.topic.replayHours: must be at least 1, got 0."),
        (
            orders(ackDeadlineSeconds=9),
            "pipes.orders.topic.ackDeadlineSeconds: must be at least 10, got 9.",
        ),
        (
            orders(deadLetter={"maxDeliveryAttempts": 4}),
            "pipes.orders.topic.deadLetter.maxDeliveryAttempts: must be at least 5, got 4. Meaning of maxDeliveryAttempts: The number",
        ),
        (
            orders(deadLetter={"enabled": False, "retentionHours": 24}),
            "pipes.orders.topic.deadLetter: has keys that are ignored when enabled is false. Remove them, or set enabled to true.",
        ),
        (
            orders(retry={"minimumBackoffSeconds": 31, "maximumBackoffSeconds": 30}),
            "pipes.orders.topic.retry: minimumBackoffSeconds must be at most maximumBackoffSeconds (30), got 31. Lower",
        ),
        (
            orders(retry={"maximumBackoffSeconds": 601}),
            "pipes.orders.topic.retry.maximumBackoffSeconds: must be at most 600, got 601. Meaning of maximumBackoffSeconds: The most seconds",
        ),
        (
            orders(schema={"type": "avro", "definition": "record Order"}),
            "pipes.orders.topic.schema: definition must be valid JSON if type is avro (Expecting value",
        ),
        (
            orders(schema={"type": "avro"}),
            "pipes.orders.topic.schema.definition: is required. Meaning of definition: The full text",
        ),
        (
            orders(schema=AVRO | {"firstRevision": "latest"}),
            "pipes.orders.topic.schema.firstRevision: must be a schema revision ID of 8 hexadecimal digits such as",
        ),
        (
            orders(producers=["allUsers"]),
            "pipes.orders.topic.producers[0]: must be an IAM member other than allUsers and allAuthenticatedUsers, such as",
        ),
        (
            orders(producers=["user:a@example.com", "user:a@example.com"]),
            "pipes.orders.topic.producers: must not contain duplicates, got user:a@example.com more than once",
        ),
    ],
)
def test_invalid_pubsub_settings_are_rejected(pipes, line):
    found = config_errors(pipes)
    assert len(found) == 1, found
    assert found[0].startswith(line)


def test_subscription_quota_counts_all_pipes_and_dead_letters():
    many = {f"pipe{number}": {"parallelism": 3_332, "topic": {"mode": "partitioned"}} for number in range(2)}
    assert config_errors(many | orders(3_330, mode="partitioned")) == []
    found = config_errors(many | orders(3_334, mode="partitioned"))
    assert [line.split(", got 10001 ")[0] for line in found] == ["pipes: must use at most 10000 subscriptions in total"]


def test_customer_managed_key_must_be_a_boolean():
    [error] = config_errors(orders(), {"customerManagedKey": "yes"})
    assert error.startswith(
        'streaming.customerManagedKey: must be true or false, got "yes". Meaning of customerManagedKey: Whether'
    )
