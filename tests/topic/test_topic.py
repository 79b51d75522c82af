"""Topic program: creates topics, adds partitions, never removes partitions, and reports errors."""

import base64
import time
from dataclasses import replace
from urllib.parse import parse_qs, urlparse

import pytest
from confluent_kafka import KafkaError
from hypothesis import given
from hypothesis import strategies as st

from tests.topic.clock import Clock
from tests.topic.kafka import Kafka, failure
from topic import topic as program
from topic.topic import Configure, Create, CurrentTopic, DesiredTopic, Grow, TopicError, decide

ENVIRONMENT = {
    "STREAM_TOPIC": "orders",
    "TOPIC_PARTITIONS": "3",
    "TOPIC_CONFIG": '{"retention.ms": "3600000"}',
    "KAFKA_BOOTSTRAP_SERVERS": "b-1:9098",
}

MSK = {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_MECHANISM": "OAUTHBEARER", "AWS_REGION": "eu-west-1"}

NAMES = st.sampled_from(["a", "b", "c"])
CONFIGS = st.dictionaries(NAMES, st.sampled_from(["1", "2"]))
DESIRED = st.builds(
    DesiredTopic,
    name=st.just("t"),
    partitions=st.integers(1, 6),
    replication_factor=st.none() | st.just(3),
    config=CONFIGS,
    settings=st.sets(NAMES),
)
CURRENT = st.builds(
    CurrentTopic, partitions=st.integers(1, 6), leaders=st.just(0), config=CONFIGS, overrides=st.sets(NAMES)
)


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
        """Return the exit status, stdout and stderr."""
        status = program.main({**ENVIRONMENT, **changes})
        out, err = capsys.readouterr()
        return status, out, err

    return run


@given(CURRENT, DESIRED)
def test_actions_bring_the_topic_to_the_desired_state_and_never_remove_partitions(current, desired):
    if current.partitions > desired.partitions:
        with pytest.raises(TopicError, match="cannot remove partitions"):
            decide(current, desired)
        return
    partitions, config, overrides = current.partitions, dict(current.config), set(current.overrides)
    for action in decide(current, desired):
        match action:
            case Configure(changed, reset):
                assert changed.items() <= desired.config.items(), "only desired settings are set"
                assert not changed.items() & config.items(), "only settings that differ are set"
                assert overrides >= set(reset) <= desired.settings, "only overrides listed in TOPIC_SETTINGS are reset"
                config |= changed
                overrides = overrides - set(reset) | changed.keys()
            case Grow(before, after):
                assert before == partitions < after
                partitions = after
            case Create():
                pytest.fail("the topic already exists")
    assert partitions == desired.partitions
    assert config == {**current.config, **desired.config}
    assert overrides & desired.settings <= desired.config.keys()
    reached = CurrentTopic(partitions=partitions, leaders=0, config=config, overrides=overrides)
    assert decide(reached, desired) == []


def test_a_missing_topic_is_created_with_the_brokers_default_replication_factor(kafka, run):
    assert run() == (0, "orders: created with 3 partitions\n", "")
    assert kafka.topics["orders"].partitions == 3
    assert kafka.topics["orders"].replication_factor == -1, "-1 means the broker's default"
    assert kafka.topics["orders"].config == {"retention.ms": "3600000"}


def test_the_configured_replication_factor_is_used(kafka, run):
    run(TOPIC_REPLICATION_FACTOR="2")
    assert kafka.topics["orders"].replication_factor == 2


def test_a_second_run_changes_nothing(kafka, run):
    run()
    kafka.requests.clear()
    assert run() == (0, "orders: up to date (3 partitions)\n", "")
    assert kafka.changes == []


def test_adding_partitions_keeps_existing_settings(kafka, run):
    kafka.has(3, retention_ms="3600000", min_insync_replicas="2")
    assert run(TOPIC_PARTITIONS="6") == (0, "orders: partitions increased from 3 to 6\n", "")
    assert kafka.topics["orders"].partitions == 6
    assert kafka.topics["orders"].config == {"retention.ms": "3600000", "min.insync.replicas": "2"}
    assert kafka.changes == ["create_partitions"]


def test_fewer_partitions_are_refused_and_the_topic_is_unchanged(kafka, run):
    kafka.has(6, retention_ms="1")
    status, out, err = run()
    assert (status, out) == (1, "")
    assert err == (
        "orders: cannot be changed from 6 to 3 partitions (Kafka cannot remove partitions because their records would be lost). "
        "Set parallelism to 6 or more; to have fewer, add a pipe with a different name.\n"
    )
    assert kafka.changes == [], "settings are unchanged too"


def test_only_settings_that_differ_are_set(kafka, run):
    kafka.has(3, retention_ms="1", min_insync_replicas="2")
    status, out, _ = run(TOPIC_CONFIG='{"retention.ms": "3600000", "min.insync.replicas": "2"}')
    assert (status, out) == (0, "orders: retention.ms = 3600000\n")
    assert kafka.topics["orders"].config == {"retention.ms": "3600000", "min.insync.replicas": "2"}


@pytest.mark.parametrize("config", [{"TOPIC_CONFIG": "{}"}, {"TOPIC_CONFIG": '{"retention.ms": "604800000"}'}])
def test_missing_settings_and_default_values_change_nothing(kafka, run, config):
    kafka.has(3)
    assert run(**config)[0] == 0
    assert kafka.changes == []


def test_a_removed_setting_is_reset_to_the_brokers_default(kafka, run):
    kafka.has(3, retention_ms="3600000", retention_bytes="1000000", min_insync_replicas="2")
    settings = {"TOPIC_SETTINGS": "retention.bytes,compression.type"}
    assert run(**settings) == (0, "orders: retention.bytes reset to the brokers' default\n", "")
    assert kafka.topics["orders"].config == {"retention.ms": "3600000", "min.insync.replicas": "2"}, (
        "other settings are kept"
    )
    kafka.requests.clear()
    assert run(**settings)[0] == 0
    assert kafka.changes == [], "broker defaults are not reset"


def test_settings_are_reset_when_topic_config_is_empty(kafka, run):
    kafka.has(3, retention_bytes="1000000")
    assert run(TOPIC_CONFIG="{}", TOPIC_SETTINGS="retention.bytes") == (
        0,
        "orders: retention.bytes reset to the brokers' default\n",
        "",
    )
    assert kafka.topics["orders"].config == {}


def test_settings_are_set_and_reset_in_one_request_before_partitions_are_added(kafka, run):
    kafka.has(1, retention_ms="1", retention_bytes="1000000")
    status, out, _ = run(TOPIC_SETTINGS="retention.bytes")
    assert status == 0
    assert out == (
        "orders: retention.ms = 3600000, retention.bytes reset to the brokers' default\n"
        "orders: partitions increased from 1 to 3\n"
    )
    assert kafka.topics["orders"].config == {"retention.ms": "3600000"}
    assert kafka.changes == ["incremental_alter_configs", "create_partitions"]


def test_a_setting_in_both_topic_config_and_topic_settings_is_kept(kafka, run):
    kafka.has(3, retention_ms="3600000")
    assert run(TOPIC_SETTINGS="retention.ms")[0] == 0
    assert kafka.changes == []


def test_settings_not_listed_in_topic_settings_are_not_reset(kafka, run):
    kafka.has(3, retention_ms="3600000", retention_bytes="1000000")
    run()
    assert kafka.changes == []


def test_without_settings_the_describe_configs_permission_is_not_needed(kafka, run):
    kafka.has(3)
    run(TOPIC_CONFIG="{}")
    assert "describe_configs" not in kafka.requests


@pytest.mark.parametrize("present", [None, 3])
def test_a_rejected_setting_is_reported_and_no_partitions_are_added(kafka, run, present):
    if present:
        kafka.has(present)
    status, out, err = run(TOPIC_PARTITIONS="6", TOPIC_CONFIG='{"nope": "1"}')
    assert (status, out, err) == (1, "", "orders: Unknown topic config name: nope (INVALID_CONFIG)\n")
    assert [topic.partitions for topic in kafka.topics.values()] == ([present] if present else [])


def test_a_topic_created_concurrently_gets_the_missing_partitions(kafka, run):
    kafka.before["create_topics", 1] = lambda: kafka.has(1, retention_ms="3600000")
    assert run() == (0, "orders: partitions increased from 1 to 3\n", "")


def test_a_topic_created_concurrently_with_more_partitions_is_unchanged(kafka, run):
    kafka.before["create_topics", 1] = lambda: kafka.has(9)
    status, _, err = run()
    assert status == 1
    assert "from 9 to 3" in err
    assert kafka.topics["orders"].partitions == 9


def test_unknown_topic_after_creation_is_retried_without_repeating_actions(kafka, run, clock):
    def unknown():
        raise failure(KafkaError.UNKNOWN_TOPIC_OR_PART, "Broker: Unknown topic or partition")

    kafka.before = {("describe_topics", 2): unknown, ("describe_topics", 3): unknown}
    assert run() == (0, "orders: created with 3 partitions\n", "")
    assert kafka.changes == ["create_topics"]
    assert clock.pauses == [0.5, 1, 2]


def test_waits_until_every_partition_has_a_leader(kafka, run):
    topic = kafka.has(3, leaders=2, retention_ms="3600000")

    def elect():
        topic.leaders = 3

    kafka.before["describe_topics", 4] = elect
    assert run()[0] == 0
    assert kafka.requests.count("describe_topics") == 4


def test_a_partition_without_leader_is_retried_with_increasing_pauses_until_the_deadline(kafka, run, clock):
    kafka.has(3, leaders=2, retention_ms="3600000")
    status, out, err = run()
    assert (status, out) == (1, "")
    assert err == (
        "orders: not in the desired state after 240 seconds. Last attempt: 2 of 3 partitions have a leader\n"
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
def test_a_transient_error_is_retried(kafka, run, request_, code):
    def fail():
        raise failure(code, "try again")

    kafka.has(1, retention_ms="3600000")
    kafka.before[request_, 1] = fail
    assert run() == (0, "orders: partitions increased from 1 to 3\n", "")


@pytest.mark.parametrize("code", [KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.INVALID_PARTITIONS])
def test_a_permanent_error_is_reported_without_retry(kafka, run, clock, code):
    def fail():
        raise failure(code, "no,\nnever")

    kafka.before["create_topics", 1] = fail
    status, _, err = run()
    assert status == 1
    assert err.startswith("orders: no, never (")
    assert clock.pauses == []


def test_unreachable_brokers_are_retried_until_the_deadline_and_the_reason_is_reported(kafka, run, clock):
    kafka.unreachable = KafkaError(KafkaError._TRANSPORT, "b-1:9098: Connection refused")
    status, out, err = run()
    assert (status, out) == (1, "")
    assert err == (
        "orders: not in the desired state after 240 seconds. Last attempt: b-1:9098: Connection refused (_TRANSPORT)\n"
    )
    assert 230 < sum(clock.pauses) <= 240


def test_a_failed_sign_in_is_reported_without_retry_and_without_the_password(kafka, run, clock):
    kafka.unreachable = KafkaError(KafkaError._AUTHENTICATION, "b-1:9098: Authentication failed")
    status, out, err = run(KAFKA_SASL_USERNAME="alice", KAFKA_SASL_PASSWORD="hunter2")
    assert kafka.settings["sasl.password"] == "hunter2"
    assert (status, out, err) == (1, "", "orders: b-1:9098: Authentication failed (_AUTHENTICATION)\n")
    assert clock.pauses == []


def test_the_client_gets_its_properties_from_the_environment_with_logging_off_and_a_backoff(kafka, run):
    run(KAFKA_SECURITY_PROTOCOL="SASL_SSL", KAFKA_SSL_CA_LOCATION="/ca", STREAM_GROUP="orders", KAFKAESQUE="no")
    del kafka.settings["error_cb"]
    assert kafka.settings == {
        "bootstrap.servers": "b-1:9098",
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": "/ca",
        "log_level": 0,
        "reconnect.backoff.ms": 1000,
    }


def test_an_existing_topic_with_the_number_of_partitions_is_not_changed(kafka, run):
    kafka.has(3, retention_ms="1")
    assert run(TOPIC_EXISTING="true") == (0, "orders: up to date (3 partitions)\n", "")
    assert kafka.changes == []
    assert kafka.topics["orders"].config == {"retention.ms": "1"}


@pytest.mark.parametrize("found", [1, 6])
def test_an_existing_topic_with_another_number_of_partitions_ends_with_both_numbers_and_is_not_changed(
    kafka, run, clock, found
):
    kafka.has(found)
    status, out, err = run(TOPIC_EXISTING="true")
    assert (status, out) == (2, ""), "a retry of the Job could not succeed"
    assert err == (
        f"orders: the pipe's parallelism must be {found}, the number of partitions of the existing topic, got 3 (every partition has exactly "
        f"one reader). Set parallelism to {found}.\n"
    )
    assert kafka.changes == []
    assert clock.pauses == []


def test_an_existing_topic_that_is_missing_is_reported_and_not_created(kafka, run):
    status, out, err = run(TOPIC_EXISTING="true")
    assert (status, out) == (2, "")
    assert err.startswith("orders: must be a topic that exists, got none with this name. ")
    assert kafka.topics == {}


def test_an_existing_topic_is_checked_again_after_a_transient_error(kafka, run):
    def fail():
        raise failure(KafkaError._TRANSPORT, "try again")

    kafka.has(3)
    kafka.before["describe_topics", 1] = fail
    assert run(TOPIC_EXISTING="true")[0] == 0


KEEP = {"TOPIC_KEEP_SETTINGS": "true"}


def test_a_missing_topic_is_created_with_its_settings_on_brokers_of_another_owner(kafka, run):
    assert run(**KEEP) == (0, "orders: created with 3 partitions\n", "")
    assert kafka.topics["orders"].config == {"retention.ms": "3600000"}


def test_settings_of_a_topic_of_another_owner_are_refused_with_both_values_and_nothing_is_changed(kafka, run, clock):
    kafka.has(1, retention_ms="60000", retention_bytes="5")
    config = '{"retention.ms": "3600000", "min.insync.replicas": "2", "retention.bytes": "5"}'
    status, out, err = run(TOPIC_CONFIG=config, TOPIC_SETTINGS="retention.bytes", **KEEP)
    assert (status, out) == (2, ""), "a retry of the Job could not succeed"
    assert err == (
        "orders: min.insync.replicas must be 1, the present value, got 2; retention.ms must be 60000, the present value, got 3600000 (the topic "
        "is there, and the brokers have another owner, so its settings are not changed). Set the present values in the stack file, change the "
        "topic with the tools of its owner, or set topic.existing: true (for dead letters, deadLetter.enabled: false).\n"
    )
    assert kafka.changes == [], "no partitions are added either"
    assert clock.pauses == []


def test_a_setting_that_the_brokers_do_not_have_is_refused_on_a_topic_of_another_owner(kafka, run):
    kafka.has(3)
    status, _, err = run(TOPIC_CONFIG='{"nope": "1"}', **KEEP)
    assert status == 2
    assert err.startswith(
        "orders: nope must not be set, because the topic does not have this setting, got 1 (the topic is there"
    )


def test_partitions_are_added_to_a_topic_of_another_owner_and_no_setting_is_reset(kafka, run):
    kafka.has(1, retention_ms="3600000", retention_bytes="5")
    found = run(TOPIC_SETTINGS="retention.bytes", **KEEP)
    assert found == (0, "orders: partitions increased from 1 to 3\n", "")
    assert kafka.topics["orders"].config == {"retention.ms": "3600000", "retention.bytes": "5"}
    assert kafka.changes == ["create_partitions"]


def test_a_broker_that_does_not_have_the_settings_of_a_new_topic_yet_ends_no_job(kafka, run):
    kafka.before["describe_topics", 2] = lambda: kafka.has(3)  # with the defaults of the brokers
    assert run(**KEEP) == (0, "orders: created with 3 partitions\n", "")
    assert kafka.changes == ["create_topics"]


def test_a_topic_that_another_owner_created_concurrently_is_only_checked(kafka, run):
    kafka.before["create_topics", 1] = lambda: kafka.has(3, retention_ms="1")
    status, _, err = run(**KEEP)
    assert status == 2
    assert err.startswith("orders: retention.ms must be 1, the present value, got 3600000 ")
    assert kafka.topics["orders"].config == {"retention.ms": "1"}


@given(CURRENT, DESIRED)
def test_a_topic_of_another_owner_gets_partitions_and_nothing_else(current, desired):
    kept = replace(desired, keep_settings=True)
    same = desired.config.items() <= current.config.items()
    if current.partitions > desired.partitions or not same:
        with pytest.raises(TopicError):
            decide(current, kept)
        return
    actions = decide(current, kept)
    assert actions == (
        [Grow(current.partitions, desired.partitions)] if current.partitions < desired.partitions else []
    )


def test_all_invalid_variables_are_reported_together(capsys):
    invalid = {
        "TOPIC_PARTITIONS": "three",
        "TOPIC_REPLICATION_FACTOR": "0",
        "TOPIC_CONFIG": '{"retention.ms": 1}',
        "TOPIC_SETTINGS": "retention.bytes, compression.type",
        "TOPIC_KEEP_SETTINGS": "1",
        "TOPIC_EXISTING": "yes",
        "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
    }
    assert program.main(invalid) == 2
    assert capsys.readouterr().err.splitlines() == [
        "STREAM_TOPIC: is required.",
        "KAFKA_BOOTSTRAP_SERVERS: is required.",
        "AWS_REGION: is required.",
        "TOPIC_PARTITIONS: must be a whole number from 1 to 10000, got 'three'.",
        "TOPIC_REPLICATION_FACTOR: must be a whole number from 1 to 10000, got '0'.",
        'TOPIC_CONFIG: must be a JSON object with string values, got {"retention.ms": 1}.',
        "TOPIC_SETTINGS: must be comma-separated setting names without spaces, got 'retention.bytes, compression.type'.",
        "TOPIC_KEEP_SETTINGS: must be true or false, got '1'.",
        "TOPIC_EXISTING: must be true or false, got 'yes'.",
    ]


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "10001", "٣", "3 ", "99999999999"])
def test_an_invalid_number_of_partitions_is_refused(run, text):
    status, _, err = run(TOPIC_PARTITIONS=text)
    assert status == 2
    assert err.startswith("TOPIC_PARTITIONS: ")


@pytest.mark.parametrize("text", ["", "retention.ms=1", "[]", "null", '{"a": {}}'])
def test_topic_config_must_be_an_object_with_string_values(run, text):
    status, _, err = run(TOPIC_CONFIG=text)
    assert status == 2
    assert err.startswith("TOPIC_CONFIG: ")


def test_an_unknown_client_property_is_an_invalid_environment(run):
    status, _, err = run(KAFKA_FOO_BAR="1")
    assert status == 2
    assert err == 'KAFKA_...: No such configuration property: "foo.bar" (_INVALID_ARG)\n'


class TestAmazonMsk:
    """IAM sign-in, which creates tokens without network access."""

    @pytest.fixture(autouse=True)
    def _without_machine_credentials(self, monkeypatch, tmp_path):
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "BOTO_CONFIG"):
            monkeypatch.setenv(variable, str(tmp_path / "none"))
        for variable in ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
            monkeypatch.delenv(variable, raising=False)

    def test_the_token_is_signed_for_the_region_and_has_an_expiry(self, kafka, run, monkeypatch):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
        status, out, err = run(**MSK)
        assert status == 0
        token, expires = kafka.settings["oauth_cb"]("")
        url = urlparse(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode())
        assert url.hostname == "kafka.eu-west-1.amazonaws.com"
        assert parse_qs(url.query)["Action"] == ["kafka-cluster:Connect"]
        assert "/eu-west-1/kafka-cluster/" in parse_qs(url.query)["X-Amz-Credential"][0]
        assert 800 < expires - time.time() <= 900, "in seconds, as the client expects"
        assert "hunter2" not in out + err + token

    def test_missing_credentials_are_reported(self, kafka, run):
        assert run(**MSK) == (
            1,
            "",
            "orders: sign-in failed: no AWS credentials found. Run this with an AWS identity.\n",
        )
        assert kafka.requests == []

    def test_unavailable_credentials_are_reported_in_one_line(self, kafka, run, monkeypatch):
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:0/credentials")
        monkeypatch.setattr("botocore.utils.ContainerMetadataFetcher.SLEEP_TIME", 0)
        status, _, err = run(**MSK)
        assert status == 1
        assert err.startswith("orders: sign-in failed: ")
        assert err.count("\n") == 1

    def test_other_mechanisms_need_no_aws_credentials(self, kafka, run):
        assert run(KAFKA_SASL_MECHANISM="PLAIN")[0] == 0
        assert "oauth_cb" not in kafka.settings
