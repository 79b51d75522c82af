"""What a stack file may ask of Pub/Sub."""

import pytest

from components.settings import SettingsError
from tests.stacks import settings

STACK = "gcp-pubsub-gke"


def config_errors(pipes, streaming=None):
    """What is told of the streaming service and the pipes, whatever room the platform has for so many replicas."""
    try:
        settings({"data-pipes:streaming": streaming or {}, "data-pipes:pipes": pipes}, STACK)
    except SettingsError as error:
        told = [line.split(".yaml: ", 1)[1] for line in str(error).splitlines()]
        return [line for line in told if not line.startswith("platform.")]
    return []


def orders(parallelism=3, **topic):
    return {"orders": {"parallelism": parallelism, "topic": topic}}


def long(length: int) -> str:
    """A filter of that many bytes."""
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
def test_what_pubsub_takes_is_let_through(pipes):
    assert config_errors(pipes) == []


@pytest.mark.parametrize(
    ("pipes", "line"),
    [
        (
            orders(filter=long(257)),
            "pipes.orders.topic.filter: must be at most 256 bytes long, not 257 (Pub/Sub, Filter messages); shorten it",
        ),
        (
            orders(11, mode="partitioned", filter=long(223)),
            "pipes.orders.topic.filter: must be at most 256 bytes long, with what mode partitioned adds, not 257",
        ),
        *(
            (
                orders(filter=text),
                f'pipes.orders.topic.filter: is no filter of Pub/Sub, such as attributes.kind = "order" AND NOT attributes:test (Pub/Sub, Filter messages): {told}; correct it',
            )
            for text, told in (
                ('attributes.kind = "order', "'\"order' is neither a word, nor a text in closed quotes, nor a mark"),
                ('kind = "order"', "'kind' stands where attributes was expected"),
                ("attributes.kind = order", "'order' stands where a text in quotes was expected"),
                ('attributes.a="x") OR (attributes.b="y"', "')' stands where AND, OR or the end was expected"),
                ("(attributes:a", "'the end' stands where ) was expected"),
                (
                    "attributes:a AND attributes:b OR attributes:c",
                    "AND and OR stand side by side; put one of them in parentheses",
                ),
                ('attributes.kind > "a"', "'> \"a\"' is neither a word, nor a text in closed quotes, nor a mark"),
                ("attributes:", "'the end' stands where the name of an attribute was expected"),
                ('attributes.kind "a"', "'\"a\"' stands where = or != was expected"),
            )
        ),
        (orders(filter=" "), "pipes.orders.topic.filter: must not be blank; remove it to read all messages"),
        (
            orders(10_000, mode="partitioned"),
            "pipes: ask for 10001 subscriptions, and a project has room for 10000 (Pub/Sub, Quotas and limits); lower the",
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
            "pipes.orders.topic.deadLetter.maxDeliveryAttempts: must be at least 5, got 4.",
        ),
        (
            orders(deadLetter={"enabled": False, "retentionHours": 24}),
            "pipes.orders.topic.deadLetter: has keys that are ignored when enabled is false. Remove them, or set enabled to true.",
        ),
        (
            orders(retry={"minimumBackoffSeconds": 31, "maximumBackoffSeconds": 30}),
            "pipes.orders.topic.retry: minimumBackoffSeconds must not be more than maximumBackoffSeconds, which is 30, and is 31",
        ),
        (
            orders(retry={"maximumBackoffSeconds": 601}),
            "pipes.orders.topic.retry.maximumBackoffSeconds: must be at most 600, got 601.",
        ),
        (
            orders(schema={"type": "avro", "definition": "record Order"}),
            "pipes.orders.topic.schema: definition must be JSON, which Avro is written in (Expecting value",
        ),
        (
            orders(schema={"type": "avro"}),
            "pipes.orders.topic.schema.definition: is required. Meaning of definition: ",
        ),
        (
            orders(schema=AVRO | {"firstRevision": "latest"}),
            "pipes.orders.topic.schema.firstRevision: must be the id of a schema's revision, 8 hexadecimal digits such as",
        ),
        (
            orders(producers=["allUsers"]),
            "pipes.orders.topic.producers[0]: must be an IAM member that is not everybody, such as serviceAccount:shop@",
        ),
        (
            orders(producers=["user:a@example.com", "user:a@example.com"]),
            "pipes.orders.topic.producers: must not contain duplicates, got user:a@example.com more than once",
        ),
    ],
)
def test_a_mistake_is_told_with_the_reason_and_the_way_out(pipes, line):
    told = config_errors(pipes)
    assert len(told) == 1, told
    assert told[0].startswith(line)


def test_subscriptions_of_all_pipes_are_counted_with_their_dead_letters():
    many = {f"pipe{number}": {"parallelism": 3_332, "topic": {"mode": "partitioned"}} for number in range(2)}
    assert config_errors(many | orders(3_330, mode="partitioned")) == []
    told = config_errors(many | orders(3_334, mode="partitioned"))
    assert [line.split(",")[0] for line in told] == ["pipes: ask for 10001 subscriptions"]


def test_the_key_is_a_yes_or_no():
    [told] = config_errors(orders(), {"customerManagedKey": "yes"})
    assert told.startswith('streaming.customerManagedKey: must be true or false, got "yes".')
