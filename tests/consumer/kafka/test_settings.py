"""librdkafka properties from the environment, and errors for invalid combinations."""

import pytest
from confluent_kafka import Consumer, KafkaException

from consumer.errors import WrongEnvironmentError
from consumer.kafka.settings import KafkaSettings, read
from consumer.variables import Variables

ENVIRONMENT = {"STREAM_TOPIC": "orders", "STREAM_GROUP": "readers", "KAFKA_BOOTSTRAP_SERVERS": "b-1:9098,b-2:9098"}

CLASSIC_ONLY = [
    "KAFKA_SESSION_TIMEOUT_MS",
    "KAFKA_HEARTBEAT_INTERVAL_MS",
    "KAFKA_PARTITION_ASSIGNMENT_STRATEGY",
    "KAFKA_GROUP_PROTOCOL_TYPE",
]


def settings(**changes: str) -> KafkaSettings:
    variables = Variables({**ENVIRONMENT, **changes})
    known = read(variables)
    variables.check()
    return known


def config_errors(**changes: str) -> list[str]:
    with pytest.raises(WrongEnvironmentError) as error:
        settings(**changes)
    return str(error.value).splitlines()


def accepted(known: KafkaSettings) -> bool:
    """Return whether librdkafka accepts the properties."""
    try:
        Consumer({**known.connection, **known.membership}).close()
    except KafkaException:
        return False
    return True


def test_variables_become_properties_of_librdkafka():
    known = settings(
        KAFKA_SECURITY_PROTOCOL="SASL_SSL",
        KAFKA_SASL_MECHANISM="SCRAM-SHA-512",
        KAFKA_SASL_USERNAME="reader",
        KAFKA_SASL_PASSWORD="from a secret",
        KAFKA_FETCH_MIN_BYTES="2",
    )
    told = {"security.protocol", "sasl.mechanism", "sasl.username", "sasl.password", "bootstrap.servers"}
    assert told <= known.connection.keys()
    assert known.membership["fetch.min.bytes"] == "2"
    assert "fetch.min.bytes" not in known.connection, "producers get no consumer properties"
    assert accepted(known)


def test_handled_records_are_committed_and_a_new_group_starts_at_the_oldest_record():
    membership = settings().membership
    assert membership["group.id"] == "readers"
    assert membership["enable.auto.offset.store"] is False
    assert membership["enable.auto.commit"] is True
    assert membership["auto.offset.reset"] == "earliest"


def test_the_classic_protocol_is_cooperative_and_supports_static_membership():
    known = settings(KAFKA_GROUP_INSTANCE_ID="orders-0")
    assert known.membership["partition.assignment.strategy"] == "cooperative-sticky"
    assert known.membership["group.instance.id"] == "orders-0"
    assert known.membership["session.timeout.ms"] >= 45_000
    assert "group.protocol" not in known.membership
    assert accepted(known)


def test_the_newer_protocol_does_not_set_properties_that_the_brokers_control():
    known = settings(KAFKA_GROUP_PROTOCOL="consumer", KAFKA_GROUP_INSTANCE_ID="orders-0")
    assert known.membership["group.protocol"] == "consumer"
    assert known.membership["group.instance.id"] == "orders-0"
    classic_only = {"session.timeout.ms", "heartbeat.interval.ms", "partition.assignment.strategy"}
    assert not classic_only & known.membership.keys()
    assert accepted(known)


@pytest.mark.parametrize("name", CLASSIC_ONLY)
def test_properties_of_the_classic_protocol_are_rejected_with_the_newer_one(name):
    (error,) = config_errors(KAFKA_GROUP_PROTOCOL="consumer", **{name: "1"})
    assert error == (f"{name}: must not be set (with KAFKA_GROUP_PROTOCOL=consumer the brokers control it). Remove it.")


def test_properties_of_the_newer_protocol_are_rejected_with_the_classic_one():
    (error,) = config_errors(KAFKA_GROUP_REMOTE_ASSIGNOR="uniform")
    assert error.startswith("KAFKA_GROUP_REMOTE_ASSIGNOR: must not be set (it requires KAFKA_GROUP_PROTOCOL=")


def test_classic_members_notice_a_rebalance_within_half_a_second_except_on_event_hubs():
    assert settings().membership["heartbeat.interval.ms"] == 500
    assert settings(KAFKA_GROUP_PROTOCOL="consumer").classic().membership["heartbeat.interval.ms"] == 500
    assert settings(KAFKA_HEARTBEAT_INTERVAL_MS="1000").membership["heartbeat.interval.ms"] == "1000"
    hub = settings(KAFKA_BOOTSTRAP_SERVERS="orders.servicebus.windows.net:9093")
    assert hub.membership["heartbeat.interval.ms"] == 3000


def test_the_client_fetches_again_soon_after_its_queue_was_full():
    known = settings()
    assert known.membership["fetch.queue.backoff.ms"] == 10
    assert "fetch.queue.backoff.ms" not in known.connection, "producers get no consumer properties"
    assert settings(KAFKA_GROUP_PROTOCOL="consumer").membership["fetch.queue.backoff.ms"] == 10
    assert known.classic().membership["fetch.queue.backoff.ms"] == 10
    assert settings(KAFKA_FETCH_QUEUE_BACKOFF_MS="50").membership["fetch.queue.backoff.ms"] == "50"
    assert accepted(known)


def test_an_unknown_group_protocol_is_rejected():
    assert config_errors(KAFKA_GROUP_PROTOCOL="share") == [
        "KAFKA_GROUP_PROTOCOL: must be classic or consumer, got 'share'."
    ]


@pytest.mark.parametrize(
    "name",
    [
        "KAFKA_GROUP_ID",
        "KAFKA_ENABLE_AUTO_COMMIT",
        "KAFKA_ENABLE_AUTO_OFFSET_STORE",
        "KAFKA_AUTO_OFFSET_RESET",
        "KAFKA_MAX_POLL_INTERVAL_MS",
        "KAFKA_PARTITION_ASSIGNMENT_STRATEGY",
    ],
)
def test_properties_that_the_delivery_guarantees_depend_on_cannot_be_set(name):
    assert config_errors(**{name: "1"}) == [f"{name}: is set by the consumer. Remove it."]


def test_all_errors_are_reported_at_once():
    told = config_errors(
        STREAM_TOPIC="", KAFKA_GROUP_PROTOCOL="x", KAFKA_GROUP_ID="y", KAFKA_SSL_KEY_LOCATION="/missing"
    )
    assert [line.partition(":")[0] for line in told] == [
        "STREAM_TOPIC",
        "KAFKA_GROUP_PROTOCOL",
        "KAFKA_GROUP_ID",
        "KAFKA_SSL_KEY_LOCATION",
    ]


def test_with_tokens_librdkafka_gets_the_callback_but_no_scope_or_extensions():
    known = settings(
        KAFKA_SECURITY_PROTOCOL="SASL_SSL",
        KAFKA_SASL_MECHANISM="OAUTHBEARER",
        KAFKA_SASL_OAUTHBEARER_EXTENSIONS="logicalCluster=lkc-1,identityPoolId=pool-1",
        STREAM_TOKEN_FILE="/token",
    )
    assert known.tokens is not None
    assert known.connection["oauth_cb"] is known.tokens
    assert not [name for name in known.connection if "oauthbearer" in name]


def test_without_tokens_there_is_no_callback():
    known = settings(KAFKA_SECURITY_PROTOCOL="SASL_SSL", KAFKA_SASL_MECHANISM="PLAIN")
    assert known.tokens is None
    assert "oauth_cb" not in known.connection


def test_reconnects_have_a_pause_of_at_least_one_second():
    assert settings().connection["reconnect.backoff.ms"] >= 1000


def test_dead_letters_are_disabled_if_no_topic_is_set():
    assert settings().dead_letters is None
    assert settings(STREAM_DEAD_LETTERS="orders.dead-letters").dead_letters == "orders.dead-letters"
