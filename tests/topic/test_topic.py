"""The program that makes topics: it makes and grows them, never takes partitions away, and tells plainly why it cannot."""

import base64
import time
from urllib.parse import parse_qs, urlparse

import pytest
from confluent_kafka import KafkaError
from hypothesis import given
from hypothesis import strategies as st

from tests.topic.clock import Clock
from tests.topic.kafka import Kafka, failure
from topic import topic as program
from topic.topic import Configure, Create, Grow, Present, TopicError, Wanted, decide

ENVIRONMENT = {
    "STREAM_TOPIC": "orders",
    "TOPIC_PARTITIONS": "3",
    "TOPIC_CONFIG": '{"retention.ms": "3600000"}',
    "KAFKA_BOOTSTRAP_SERVERS": "b-1:9098",
}

MSK = {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_MECHANISM": "OAUTHBEARER", "AWS_REGION": "eu-west-1"}

NAMES = st.sampled_from(["a", "b", "c"])
CONFIGS = st.dictionaries(NAMES, st.sampled_from(["1", "2"]))
WANTED = st.builds(
    Wanted,
    name=st.just("t"),
    partitions=st.integers(1, 6),
    replication_factor=st.none() | st.just(3),
    config=CONFIGS,
    settings=st.sets(NAMES),
)
PRESENT = st.builds(Present, partitions=st.integers(1, 6), leaders=st.just(0), config=CONFIGS, own=st.sets(NAMES))


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(program, "time", clock)
    return clock


@pytest.fixture
def kafka(monkeypatch, clock):
    kafka = Kafka()
    monkeypatch.setattr(program, "AdminClient", kafka.client)
    return kafka


@pytest.fixture
def run(capsys):
    def run(**changes):
        """Exit status, what was printed, what was printed of errors."""
        status = program.main({**ENVIRONMENT, **changes})
        out, err = capsys.readouterr()
        return status, out, err

    return run


@given(PRESENT, WANTED)
def test_what_is_decided_turns_the_present_topic_into_the_wanted_one_and_never_shrinks_it(present, wanted):
    if present.partitions > wanted.partitions:
        with pytest.raises(TopicError, match="cannot take partitions away"):
            decide(present, wanted)
        return
    partitions, config, own = present.partitions, dict(present.config), set(present.own)
    for action in decide(present, wanted):
        match action:
            case Configure(changed, reset):
                assert changed.items() <= wanted.config.items(), "only what is wanted is set"
                assert not changed.items() & config.items(), "and only what differs"
                assert own >= set(reset) <= wanted.settings, "only what the topic has and may lose is reset"
                config |= changed
                own = own - set(reset) | changed.keys()
            case Grow(before, after):
                assert before == partitions < after
                partitions = after
            case Create():
                pytest.fail("the topic is there")
    assert partitions == wanted.partitions
    assert config == {**present.config, **wanted.config}
    assert own & wanted.settings <= wanted.config.keys()
    assert decide(Present(partitions=partitions, leaders=0, config=config, own=own), wanted) == []


def test_a_missing_topic_is_created_with_the_brokers_own_replication(kafka, run):
    assert run() == (0, "orders: created with 3 partitions\n", "")
    assert kafka.topics["orders"].partitions == 3
    assert kafka.topics["orders"].replication_factor == -1, "Kafka's sign for the broker's default"
    assert kafka.topics["orders"].config == {"retention.ms": "3600000"}


def test_a_replication_factor_that_is_given_is_used(kafka, run):
    run(TOPIC_REPLICATION_FACTOR="2")
    assert kafka.topics["orders"].replication_factor == 2


def test_a_second_run_changes_nothing(kafka, run):
    run()
    kafka.requests.clear()
    assert run() == (0, "orders: 3 partitions, nothing to do\n", "")
    assert kafka.changes == []


def test_a_topic_grows_and_keeps_what_it_has(kafka, run):
    kafka.has(3, retention_ms="3600000", min_insync_replicas="2")
    assert run(TOPIC_PARTITIONS="6") == (0, "orders: 3 → 6 partitions\n", "")
    assert kafka.topics["orders"].partitions == 6
    assert kafka.topics["orders"].config == {"retention.ms": "3600000", "min.insync.replicas": "2"}
    assert kafka.changes == ["create_partitions"]


def test_a_topic_with_more_partitions_is_left_as_it_is_with_fact_reason_and_way_out(kafka, run):
    kafka.has(6, retention_ms="1")
    status, out, err = run()
    assert (status, out) == (1, "")
    assert err == (
        "orders: cannot go from 6 to 3 partitions. Kafka cannot take partitions away, since their records would be lost. "
        "Set parallelism to 6 or more; to end with fewer, add a pipe of another name.\n"
    )
    assert kafka.changes == [], "not even the settings"


def test_only_settings_that_differ_are_set(kafka, run):
    kafka.has(3, retention_ms="1", min_insync_replicas="2")
    status, out, _ = run(TOPIC_CONFIG='{"retention.ms": "3600000", "min.insync.replicas": "2"}')
    assert (status, out) == (0, "orders: retention.ms = 3600000\n")
    assert kafka.topics["orders"].config == {"retention.ms": "3600000", "min.insync.replicas": "2"}


@pytest.mark.parametrize("config", [{"TOPIC_CONFIG": "{}"}, {"TOPIC_CONFIG": '{"retention.ms": "604800000"}'}])
def test_settings_that_are_not_given_or_are_there_by_default_change_nothing(kafka, run, config):
    kafka.has(3)
    assert run(**config)[0] == 0
    assert kafka.changes == []


def test_a_setting_that_is_no_longer_chosen_goes_back_to_the_brokers_default(kafka, run):
    kafka.has(3, retention_ms="3600000", retention_bytes="1000000", min_insync_replicas="2")
    settings = {"TOPIC_SETTINGS": "retention.bytes,compression.type"}
    assert run(**settings) == (0, "orders: retention.bytes reset\n", "")
    assert kafka.topics["orders"].config == {"retention.ms": "3600000", "min.insync.replicas": "2"}, "others stay"
    kafka.requests.clear()
    assert run(**settings)[0] == 0
    assert kafka.changes == [], "the brokers' own value is nothing to reset"


def test_settings_are_reset_even_when_none_is_wanted(kafka, run):
    kafka.has(3, retention_bytes="1000000")
    assert run(TOPIC_CONFIG="{}", TOPIC_SETTINGS="retention.bytes") == (0, "orders: retention.bytes reset\n", "")
    assert kafka.topics["orders"].config == {}


def test_settings_are_set_and_reset_by_one_request_before_the_topic_grows(kafka, run):
    kafka.has(1, retention_ms="1", retention_bytes="1000000")
    status, out, _ = run(TOPIC_SETTINGS="retention.bytes")
    assert (status, out) == (0, "orders: retention.ms = 3600000, retention.bytes reset\norders: 1 → 3 partitions\n")
    assert kafka.topics["orders"].config == {"retention.ms": "3600000"}
    assert kafka.changes == ["incremental_alter_configs", "create_partitions"]


def test_a_setting_that_is_chosen_is_kept_though_it_may_be_reset(kafka, run):
    kafka.has(3, retention_ms="3600000")
    assert run(TOPIC_SETTINGS="retention.ms")[0] == 0
    assert kafka.changes == []


def test_nothing_is_reset_unless_it_is_asked_for(kafka, run):
    kafka.has(3, retention_ms="3600000", retention_bytes="1000000")
    run()
    assert kafka.changes == []


def test_without_settings_no_right_to_read_settings_is_needed(kafka, run):
    kafka.has(3)
    run(TOPIC_CONFIG="{}")
    assert "describe_configs" not in kafka.requests


@pytest.mark.parametrize("present", [None, 3])
def test_a_setting_that_the_service_refuses_is_told_and_no_partition_is_added(kafka, run, present):
    if present:
        kafka.has(present)
    status, out, err = run(TOPIC_PARTITIONS="6", TOPIC_CONFIG='{"nope": "1"}')
    assert (status, out, err) == (1, "", "orders: Unknown topic config name: nope (INVALID_CONFIG)\n")
    assert [topic.partitions for topic in kafka.topics.values()] == ([present] if present else [])


def test_a_topic_made_by_somebody_else_meanwhile_is_grown(kafka, run):
    kafka.before["create_topics", 1] = lambda: kafka.has(1, retention_ms="3600000")
    assert run() == (0, "orders: 1 → 3 partitions\n", "")


def test_a_topic_made_larger_by_somebody_else_meanwhile_is_left_as_it_is(kafka, run):
    kafka.before["create_topics", 1] = lambda: kafka.has(9)
    status, _, err = run()
    assert status == 1
    assert "from 9 to 3" in err
    assert kafka.topics["orders"].partitions == 9


def test_brokers_that_do_not_know_the_new_topic_yet_are_asked_again_and_nothing_is_done_twice(kafka, run, clock):
    def unknown():
        raise failure(KafkaError.UNKNOWN_TOPIC_OR_PART, "Broker: Unknown topic or partition")

    kafka.before = {("describe_topics", 2): unknown, ("describe_topics", 3): unknown}
    assert run() == (0, "orders: created with 3 partitions\n", "")
    assert kafka.changes == ["create_topics"]
    assert clock.pauses == [0.5, 1, 2]


def test_it_ends_only_when_every_partition_has_a_leader(kafka, run):
    topic = kafka.has(3, leaders=2, retention_ms="3600000")

    def elect():
        topic.leaders = 3

    kafka.before["describe_topics", 4] = elect
    assert run()[0] == 0
    assert kafka.requests.count("describe_topics") == 4


def test_a_partition_without_leader_is_waited_for_until_the_deadline_ever_more_seldom(kafka, run, clock):
    kafka.has(3, leaders=2, retention_ms="3600000")
    status, out, err = run()
    assert (status, out) == (1, "")
    assert err == (
        "orders: not as wanted after 240 seconds of trying. The last try: 2 of 3 partitions are seen with a leader\n"
    )
    assert clock.pauses[:5] == [0.5, 1, 2, 4, 8]
    assert set(clock.pauses[5:]) == {8}
    assert 230 < sum(clock.pauses) <= 240


@pytest.mark.parametrize("request_", ["describe_topics", "describe_configs", "create_partitions"])
@pytest.mark.parametrize(
    "code",
    [
        KafkaError._RESOLVE,
        KafkaError._TIMED_OUT,
        KafkaError._TRANSPORT,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_CONTROLLER,
        KafkaError.REASSIGNMENT_IN_PROGRESS,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.THROTTLING_QUOTA_EXCEEDED,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
    ],
)
def test_an_error_that_passes_is_tried_again(kafka, run, request_, code):
    def fail():
        raise failure(code, "try again")

    kafka.has(1, retention_ms="3600000")
    kafka.before[request_, 1] = fail
    assert run() == (0, "orders: 1 → 3 partitions\n", "")


@pytest.mark.parametrize("code", [KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.INVALID_PARTITIONS])
def test_an_error_that_stays_is_told_at_once(kafka, run, clock, code):
    def fail():
        raise failure(code, "no,\nnever")

    kafka.before["create_topics", 1] = fail
    status, _, err = run()
    assert status == 1
    assert err.startswith("orders: no, never (")
    assert clock.pauses == []


def test_brokers_out_of_reach_are_tried_until_the_deadline_and_the_reason_is_told(kafka, run, clock):
    kafka.unreachable = KafkaError(KafkaError._TRANSPORT, "b-1:9098: Connection refused")
    status, out, err = run()
    assert (status, out) == (1, "")
    assert err == (
        "orders: not as wanted after 240 seconds of trying. The last try: b-1:9098: Connection refused (_TRANSPORT)\n"
    )
    assert 230 < sum(clock.pauses) <= 240


def test_a_refused_sign_in_is_told_at_once_and_without_the_password(kafka, run, clock):
    kafka.unreachable = KafkaError(KafkaError._AUTHENTICATION, "b-1:9098: Authentication failed")
    status, out, err = run(KAFKA_SASL_USERNAME="alice", KAFKA_SASL_PASSWORD="hunter2")
    assert kafka.settings["sasl.password"] == "hunter2"
    assert (status, out, err) == (1, "", "orders: b-1:9098: Authentication failed (_AUTHENTICATION)\n")
    assert clock.pauses == []


def test_the_client_gets_its_properties_from_the_environment_keeps_quiet_and_connects_seldom(kafka, run):
    run(KAFKA_SECURITY_PROTOCOL="SASL_SSL", KAFKA_SSL_CA_LOCATION="/ca", STREAM_GROUP="orders", KAFKAESQUE="no")
    del kafka.settings["error_cb"]
    assert kafka.settings == {
        "bootstrap.servers": "b-1:9098",
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": "/ca",
        "log_level": 0,
        "reconnect.backoff.ms": 1000,
    }


def test_every_mistake_in_the_environment_is_told_at_once_by_the_variables_name(capsys):
    mistaken = {
        "TOPIC_PARTITIONS": "three",
        "TOPIC_REPLICATION_FACTOR": "0",
        "TOPIC_CONFIG": '{"retention.ms": 1}',
        "TOPIC_SETTINGS": "retention.bytes, compression.type",
        "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
    }
    assert program.main(mistaken) == 2
    assert capsys.readouterr().err.splitlines() == [
        "STREAM_TOPIC: must be set",
        "KAFKA_BOOTSTRAP_SERVERS: must be set",
        "AWS_REGION: must be set",
        "TOPIC_PARTITIONS: must be a whole number from 1 to 10000, not 'three'",
        "TOPIC_REPLICATION_FACTOR: must be a whole number from 1 to 10000, not '0'",
        'TOPIC_CONFIG: must be a JSON object with a text for each of the topic\'s settings, not {"retention.ms": 1}',
        "TOPIC_SETTINGS: must be names of settings with commas between, not 'retention.bytes, compression.type'",
    ]


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "10001", "٣", "3 ", "99999999999"])
def test_a_number_of_partitions_that_kafka_could_not_take_is_refused(run, text):
    status, _, err = run(TOPIC_PARTITIONS=text)
    assert status == 2
    assert err.startswith("TOPIC_PARTITIONS: ")


@pytest.mark.parametrize("text", ["", "retention.ms=1", "[]", "null", '{"a": {}}'])
def test_settings_that_are_no_object_of_texts_are_refused(run, text):
    status, _, err = run(TOPIC_CONFIG=text)
    assert status == 2
    assert err.startswith("TOPIC_CONFIG: ")


def test_a_property_that_the_client_does_not_know_is_a_wrong_environment(run):
    status, _, err = run(KAFKA_FOO_BAR="1")
    assert status == 2
    assert err == 'KAFKA_...: No such configuration property: "foo.bar" (_INVALID_ARG)\n'


class TestAmazonMsk:
    """Signing in by IAM, which asks no network for a token."""

    @pytest.fixture(autouse=True)
    def _no_identity_of_the_machine(self, monkeypatch, tmp_path):
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "BOTO_CONFIG"):
            monkeypatch.setenv(variable, str(tmp_path / "none"))
        for variable in ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
            monkeypatch.delenv(variable, raising=False)

    def test_the_token_is_signed_for_the_region_and_says_when_it_expires(self, kafka, run, monkeypatch):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
        status, out, err = run(**MSK)
        assert status == 0
        token, expires = kafka.settings["oauth_cb"]("")
        url = urlparse(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode())
        assert url.hostname == "kafka.eu-west-1.amazonaws.com"
        assert parse_qs(url.query)["Action"] == ["kafka-cluster:Connect"]
        assert "/eu-west-1/kafka-cluster/" in parse_qs(url.query)["X-Amz-Credential"][0]
        assert 800 < expires - time.time() <= 900, "in seconds, as the client wants it"
        assert "hunter2" not in out + err + token

    def test_without_an_identity_it_says_so(self, kafka, run):
        assert run(**MSK) == (
            1,
            "",
            "orders: cannot sign in: no AWS credentials are found; run this under an AWS identity\n",
        )
        assert kafka.requests == []

    def test_an_identity_that_cannot_be_had_is_told_in_one_line(self, kafka, run, monkeypatch):
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:0/credentials")
        monkeypatch.setattr("botocore.utils.ContainerMetadataFetcher.SLEEP_TIME", 0)
        status, _, err = run(**MSK)
        assert status == 1
        assert err.startswith("orders: cannot sign in: ")
        assert err.count("\n") == 1

    def test_another_mechanism_needs_no_identity(self, kafka, run):
        assert run(KAFKA_SASL_MECHANISM="PLAIN")[0] == 0
        assert "oauth_cb" not in kafka.settings
