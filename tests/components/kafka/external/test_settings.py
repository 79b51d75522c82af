"""Tests of the settings of any Kafka that was there before the stack."""

from typing import Any

import pytest

from components.settings import SettingsError
from tests.combinations import AUTHORITY
from tests.stacks import REMOVED, rule, settings

STACK = "kubernetes-any-kafka"


def errors(streaming: dict[str, Any] | None = None, **pipe: Any) -> list[str]:
    changes: dict[str, Any] = {"data-pipes:streaming": streaming or {}, "data-pipes:pipes": {"orders": pipe}}
    try:
        settings(changes, STACK)
    except SettingsError as error:
        return [rule(line).split(".yaml: ", 1)[1] for line in str(error).splitlines()]
    return []


@pytest.mark.parametrize(
    ("streaming", "expected"),
    [
        (
            {"bootstrapServers": ["b1.example.com"]},
            "streaming.bootstrapServers[0]: must be a name or IPv4 address with a port, such as b1.example.com:9093, got 'b1.example.com'.",
        ),
        (
            {"bootstrapServers": ["b1.example.com:99999"]},
            "streaming.bootstrapServers[0]: must have a port of at most 65535, got 'b1.example.com:99999'. Correct it.",
        ),
        ({"bootstrapServers": []}, "streaming.bootstrapServers: must have at least 1 entries, got 0."),
        ({"brokerCidrs": REMOVED}, "streaming.brokerCidrs: is required."),
        (
            {"certificateAuthority": "ca.crt"},
            "streaming.certificateAuthority: must be certificates in PEM format, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----.",
        ),
        (
            {"authentication": "none"},
            "streaming.credentials.username: has no effect with authentication none. Remove it.",
        ),
        (
            {"credentials": {"password": REMOVED}},
            "streaming.credentials.password: is required with authentication scram-sha-512. Set it to the name of a secret in data-pipes:secrets.",
        ),
        (
            {"tls": False},
            "streaming.tls: must be true if brokers are outside private ranges, got false with 203.0.113.0/24 in brokerCidrs. Remove it, or list "
            "only private ranges.",
        ),
        (
            {"tls": False, "authentication": "tls", "brokerCidrs": ["10.0.0.0/8"]},
            "streaming.tls: must be true with authentication tls, got false (clients sign in during the TLS handshake). Remove it.",
        ),
        (
            {"tls": False, "certificateAuthority": AUTHORITY, "brokerCidrs": ["10.0.0.0/8"]},
            "streaming.certificateAuthority: has no effect while tls is false. Remove it.",
        ),
    ],
)
def test_a_wrong_setting_is_refused_by_key(streaming: dict[str, Any], expected: str):
    assert expected in errors(streaming)


def test_an_existing_topic_without_parallelism_is_refused():
    assert errors(parallelism=REMOVED, topic={"existing": True}) == [
        "pipes.orders.parallelism: is required on kafka-external (the number of partitions can only be read from inside the network). Set it to "
        "the number of partitions of the topic."
    ]


def test_an_image_in_a_registry_of_the_stack_is_refused():
    [line] = errors({"topicImage": ":topic-1.0.0"})
    assert line.startswith("streaming.topicImage: must be a full reference such as ")


def test_a_file_of_a_consumer_beside_the_certificates_is_refused():
    [line] = errors(consumer={"files": {"/etc/data-pipes/kafka/ca.crt": "kafkaPassword"}})[:1]
    assert line.startswith("pipes.orders.consumer.files./etc/data-pipes/kafka/ca.crt: ")


def test_connections_without_encryption_are_warned_about():
    [line] = settings(
        {"data-pipes:streaming": {"tls": False, "authentication": "plain", "brokerCidrs": ["10.0.0.0/8"]}}, STACK
    ).warnings
    assert line.startswith("streaming.tls: false sends the password and all records unencrypted")
