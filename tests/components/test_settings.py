"""Tests of invalid stack files: all errors are reported, each with file, key, reason and fix."""

import json
import string

import pulumi
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.settings import Settings, SettingsError, from_config, load
from tests.stacks import NAMES, REMOVED, changed, refused, settings
from workbench.recording.recorder import record

FILE = "stacks/Pulumi.test.yaml: "


def config_errors(changes):
    stack_file = changed(changes)
    return refused(stack_file.program_config(), secret_keys=stack_file.secret_keys)


WRONG = [
    # Unknown keys, at every depth.
    ({"data-pipes:pipez": {}}, "pipez: unknown key. Did you mean 'pipes'?"),
    ({"data-pipes:streaming": {"instanceTyp": 1}}, "streaming.instanceTyp: unknown key. Did you mean 'instanceType'?"),
    ({"data-pipes:streaming": {"disk_size": 1}}, "streaming.disk_size: unknown key. Did you mean 'diskSize'?"),
    ({"data-pipes:platform": {"nodes": {"maxx": 3}}}, "platform.nodes.maxx: unknown key. Did you mean 'max'?"),
    (
        {"data-pipes:pipes": {"orders": {"consumer": {"imagee": ""}}}},
        "pipes.orders.consumer.imagee: unknown key. Did you mean 'image'?",
    ),
    ({"aws:regionn": "x"}, "aws:regionn: unknown key. Did you mean 'region'?"),
    # Missing keys.
    ({"aws:region": REMOVED}, "aws:region: is required. Meaning of region: "),
    ({"data-pipes:streaming": REMOVED}, "streaming: must be a map with the key service. Set service to one of:"),
    ({"data-pipes:platform": REMOVED}, "platform: must be a map with the key service. Set service to one of:"),
    ({"data-pipes:pipes": REMOVED}, "pipes: must be a map with at least one pipe"),
    (
        {"data-pipes:pipes": {"orders": {"parallelism": REMOVED}}},
        "pipes.orders.parallelism: is required. Meaning of parallelism: ",
    ),
    # Services.
    (
        {"data-pipes:streaming": {"service": "mks"}},
        'streaming.service: must be a streaming service on aws, got "mks". Did you mean',
    ),
    (
        {"data-pipes:platform": {"service": "kes"}},
        'platform.service: must be a container platform, got "kes". Did you mean',
    ),
    # Numbers out of range and values of another type.
    ({"data-pipes:pipes": {"orders": {"parallelism": 0}}}, "pipes.orders.parallelism: must be at least 1, got 0."),
    ({"data-pipes:pipes": {"orders": {"parallelism": "3"}}}, 'parallelism: must be a whole number, got "3".'),
    ({"data-pipes:pipes": {"orders": {"parallelism": True}}}, "parallelism: must be a whole number, got true."),
    ({"data-pipes:pipes": {"orders": {"parallelism": 2.5}}}, "parallelism: must be a whole number, got 2.5."),
    ({"data-pipes:streaming": {"diskSize": 16385}}, "streaming.diskSize: must be at most 16384, got 16385."),
    ({"data-pipes:protect": "yes"}, 'protect: must be true or false, got "yes".'),
    ({"data-pipes:tags": {"team": 7}}, "tags.team: must be a string, got the number 7. Write it in quotes"),
    ({"data-pipes:tags": {"aws:x": "y"}}, "tags.aws:x: must be the name of a tag, neither of AWS's own"),
    ({"data-pipes:tags": {"a": "b,c"}}, "tags.a: must be the value of a tag"),
    ({"data-pipes:platform": {"logDays": 91}}, "platform.logDays: must be 1, 3, 5"),
    ({"data-pipes:network": {"nat": "none"}}, "network.nat: must be 'zone' or 'one', got \"none\"."),
    # Strings that do not match their pattern.
    (
        {"data-pipes:platform": {"version": 1.35}},
        "platform.version: must be a string, got the number 1.35 (without quotes, YAML reads 1.30 as 1.3). Write it in quotes",
    ),
    ({"data-pipes:platform": {"version": True}}, "platform.version: must be a string, got true. Write it in quotes"),
    ({"data-pipes:platform": {"version": "v1.35"}}, "platform.version: must be a Kubernetes version of two numbers"),
    ({"data-pipes:streaming": {"version": "3.9.x"}}, "streaming.version: must be a Kafka version with KRaft"),
    ({"data-pipes:streaming": {"version": "3.6.x.kraft"}}, "streaming.version: must be 3.8.x.kraft or newer"),
    (
        {"data-pipes:streaming": {"instanceType": "m5.large"}},
        "streaming.instanceType: must be a standard or Express broker size",
    ),
    (
        {"data-pipes:platform": {"nodes": {"instanceType": "p4.large"}}},
        "instanceType: must be an instance type of family",
    ),
    ({"data-pipes:platform": {"admins": ["me"]}}, "platform.admins[0]: must be the ARN of an IAM role or user"),
    ({"data-pipes:platform": {"logs": ["api"]}}, "platform.logs: must contain api and audit, got api"),
    (
        {"data-pipes:pipes": {"orders": {"consumer": {"image": "nginx"}}}},
        "consumer.image: must be a container image with",
    ),
    ({"data-pipes:pipes": {"orders": {"consumer": {"image": "a/b@sha256:12"}}}}, "image: must be a container image"),
    ({"data-pipes:pipes": {"orders": {"consumer": {"image": ""}}}}, "image: must be a container image"),
    ({"data-pipes:pipes": {"orders": {"consumer": {"cpu": "lots"}}}}, "consumer.cpu: must be an amount of CPU"),
    (
        {"data-pipes:pipes": {"orders": {"consumer": {"files": {"here": "ordersToken"}}}}},
        "files.here: must be an absolute",
    ),
    (
        {"data-pipes:pipes": {"Orders": {"parallelism": 1}}},
        "pipes.Orders: the name of a pipe must be 2 to 24 lower-case",
    ),
    (
        {"data-pipes:pipes": {"kube-system": {"parallelism": 1}}},
        "pipes.kube-system: must not be the name of a namespace of the cluster",
    ),
    ({"data-pipes:name": "Stack"}, "name: must be 2 to 24 lower-case letters"),
    ({"aws:region": "Ireland"}, "aws:region: must be an AWS region such as eu-west-1"),
    ({"aws:region": "us-west-1"}, "aws:region: must be a region with three availability zones"),
    ({"aws:region": "cn-north-1"}, "aws:region: must be a region outside China"),
    (
        {"data-pipes:platform": {"version": "1.20"}},
        "platform.version: must be 1.32 or newer, got ",
    ),
    ({"data-pipes:streaming": {"version": "3.9.1.kraft"}}, "streaming.version: must be a Kafka version with KRaft"),
    ({"data-pipes:platform": {"nodes": {"instanceType": "m5.999xlarge"}}}, "instanceType: must be an instance type of"),
    (
        {"data-pipes:platform": {"admins": ["arn:aws:iam::123456789012:role/a"] * 2}},
        "platform.admins: must not contain duplicates, got arn:aws:iam::123456789012:role/a more than once",
    ),
    (
        {"data-pipes:pipes": {"orders": {"topic": {"config": {"retention.byte": "1"}}}}},
        "pipes.orders.topic.config.retention.byte: is not a Kafka topic setting. Did you mean 'retention.bytes'?",
    ),
    (
        {"data-pipes:pipes": {"orders": {"topic": {"config": {"unclean.leader.election.enable": "true"}}}}},
        "unclean.leader.election.enable: cannot be set by a pipe (acknowledged records would be lost). Remove it.",
    ),
    (
        {"data-pipes:pipes": {"orders": {"consumer": {"nodeSelector": {"data-pipes/consumers": "no"}}}}},
        "pipes.orders.consumer.nodeSelector.data-pipes/consumers: must not start with data-pipes/ (the platform sets these labels)",
    ),
    (
        {"data-pipes:pipes": {"orders": {"consumer": {"environment": {"LEVEL": 5}}}}},
        "pipes.orders.consumer.environment.LEVEL: must be a string, got the number 5. Write it in quotes",
    ),
    (
        {"data-pipes:pipes": {"orders": {"consumer": {"files": {"/opt/c": "ordersToken", "/opt/c/x": "ordersToken"}}}}},
        "pipes.orders.consumer.files./opt/c: must not be the directory of another file",
    ),
    (
        {"data-pipes:pipes": {"orders": {"consumer": {"files": {"/opt/./c": "ordersToken"}}}}},
        "pipes.orders.consumer.files./opt/./c: must be an absolute path without . or .. in it",
    ),
    (
        {"data-pipes:pipes": {"orders": {"consumer": {"healthCommand": ["CMD-SHELL", "curl localhost"]}}}},
        "pipes.orders.consumer.healthCommand: must start with the program, got CMD-SHELL",
    ),
    (
        {"data-pipes:pipes": {"orders": {"consumer": {"healthCommand": [""]}}}},
        "pipes.orders.consumer.healthCommand[0]: must not be empty",
    ),
    ({"datapipes:pipes": {}}, "datapipes:pipes: unknown namespace 'datapipes'. Did you mean 'data-pipes'?"),
    # Networks.
    (
        {"data-pipes:network": {"interfaceEndpoints": ["ec2", "ec2"]}},
        "network.interfaceEndpoints: must not contain duplicates",
    ),
    (
        {"data-pipes:network": {"interfaceEndpoints": ["s3", "ec2", "dynamodb"]}},
        "network.interfaceEndpoints: must not contain s3 and dynamodb",
    ),
    # Pipes that would use a namespace of the cluster.
    (
        {"data-pipes:pipes": {"data-pipes-topics": {"parallelism": 1}}},
        "pipes.data-pipes-topics: must not be the name of a namespace of the cluster",
    ),
    (
        {"data-pipes:platform": {"endpoint": {"publicCidrs": ["0.0.0.0/1", "128.0.0.0/1"]}}},
        "platform.endpoint.publicCidrs[0]: must be a range of /8 or smaller, got 0.0.0.0/1",
    ),
    (
        {"data-pipes:network": {"existing": {"vpcId": "vpc-0a", "cidr": "0.0.0.0/0", "privateSubnetIds": []}}},
        "network.existing.cidr: must be a VPC range from /16 to /28",
    ),
    (
        {
            "data-pipes:network": {
                "existing": {"vpcId": "vpc-0a", "cidr": "10.0.0.0/16", "privateSubnetIds": ["subnet-1"] * 3}
            }
        },
        "network.existing.privateSubnetIds: must not contain duplicates, got subnet-1 more than once",
    ),
    ({"data-pipes:network": {"cidr": "10.0.0.0/22"}}, "network.cidr: must be a range from /16"),
    ({"data-pipes:network": {"cidr": "10.0.0.1/16"}}, "network.cidr: must be an IPv4 range"),
    (
        {"data-pipes:network": {"zones": ["a", "a", "b"]}},
        "network.zones: must not contain duplicates, got a more than once",
    ),
    ({"data-pipes:network": {"zones": ["a", "b"]}}, "network.zones: must have at least 3 entries, got 2."),
    (
        {"data-pipes:platform": {"endpoint": {"publicCidrs": ["0.0.0.0/0"]}}},
        "platform.endpoint.publicCidrs[0]: must be a range of /8 or smaller, got 0.0.0.0/0",
    ),
    (
        {
            "data-pipes:network": {
                "nat": "one",
                "existing": {
                    "vpcId": "vpc-0a",
                    "cidr": "10.1.0.0/16",
                    "privateSubnetIds": ["subnet-0a", "subnet-0b", "subnet-0c"],
                },
            }
        },
        "network: nat must not be set together with existing (an existing VPC is not changed)",
    ),
    # Rules across settings.
    (
        {"data-pipes:streaming": {"brokers": 4}},
        "streaming.brokers: must be a multiple of 3 (the same number of brokers in each zone)",
    ),
    (
        {
            "data-pipes:streaming": {"instanceType": "kafka.t3.small"},
            "data-pipes:pipes": {"orders": {"parallelism": 251}},
        },
        "streaming.brokers: must have room for 906 partitions = (251 of pipes + 1 of dead letters + 50 of Kafka) x 3 replicas, "
        "got 3 brokers of kafka.t3.small with room for 300 each = 900",
    ),
    (
        {"data-pipes:pipes": {"orders": {"parallelism": 19}}},
        "platform.nodes.max: must be at least 7, got 6 (m5.large nodes with 1680m CPU and 6391Mi for pods: "
        "orders 19 replicas of 500m CPU and 1Gi, 3 per node). Raise max to 7",
    ),
    (
        {
            "data-pipes:pipes": {"orders": {"parallelism": 1}}
            | {f"pipe-{n}": {"parallelism": n, "consumer": {"image": "a:1"}} for n in range(1, 7)}
        },
        "platform.nodes.max: must be at least 8, got 6 (m5.large nodes with 1680m CPU and 6391Mi for pods: "
        "pipe-6 6 replicas of 500m CPU and 1Gi, 3 per node; pipe-5 5 replicas of 500m CPU and 1Gi, 3 per node; "
        "pipe-4 4 replicas of 500m CPU and 1Gi, 3 per node; 4 more pipes). Raise max to 8",
    ),
    (
        {
            "data-pipes:platform": {"nodes": {"max": 3}},
            "data-pipes:pipes": {
                "orders": {"parallelism": 9},
                "clicks": {"parallelism": 1, "consumer": {"image": "a:1"}},
            },
        },
        "orders 9 replicas of 500m CPU and 1Gi, 3 per node; clicks 1 replica of 500m CPU and 1Gi, 3 per node). Raise max to 4",
    ),
    (
        {"data-pipes:pipes": {"orders": {"consumer": {"cpu": "4"}}}},
        "pipes.orders.consumer: must fit on one m5.large node",
    ),
    ({"data-pipes:platform": {"nodes": {"min": 7}}}, "platform.nodes: max must be at least min (7), got 6"),
    (
        {"data-pipes:pipes": {"orders": {"topic": {"config": {"retention.ms": "1"}}}}},
        "pipes.orders.topic.config.retention.ms: cannot be set by a pipe (set retentionHours instead)",
    ),
    (
        {"data-pipes:pipes": {"orders": {"consumer": {"environment": {"STREAM_TOPIC": "x"}}}}},
        "pipes.orders.consumer.environment.STREAM_TOPIC: must not start with STREAM_, ",
    ),
    (
        {"data-pipes:pipes": {"orders": {"consumer": {"environment": {"API_TOKEN": "x"}}}}},
        "pipes.orders.consumer.environment.API_TOKEN: must not be in both environment and secrets",
    ),
    (
        {"data-pipes:pipes": {"orders": {"consumer": {"batch": {"records": 10_001}}}}},
        "pipes.orders.consumer.batch.records: must be at most 10000, got 10001",
    ),
    (
        {"data-pipes:pipes": {"orders": {"consumer": {"batch": {"milliseconds": 0}}}}},
        "pipes.orders.consumer.batch.milliseconds: must be at least 1, got 0",
    ),
    (
        {
            "data-pipes:pipes": {
                "orders": {
                    "consumer": {"memory": "512Mi", "batch": {"records": 68}},
                    "expect": {"messagesPerSecond": 1, "bytes": 1_000_000, "handlingMilliseconds": 1},
                }
            }
        },
        "pipes.orders.consumer.batch.records: must be at most 67 (records of 1000000 bytes, as expect.bytes says, in an eighth of the "
        "memory of 512Mi), got 68. Lower it, or raise memory.",
    ),
    (
        {"data-pipes:pipes": {"orders": {"consumer": {"secrets": {"OTHER": "absent"}}}}},
        "pipes.orders.consumer.secrets.OTHER: must be the name of a secret under data-pipes:secrets, got 'absent' (it has no value). Set it with: pulumi config set",
    ),
]


@pytest.mark.parametrize(
    ("changes", "line"), WRONG, ids=[line.split(":")[0] + f"-{n}" for n, (_, line) in enumerate(WRONG)]
)
def test_an_error_has_file_key_reason_and_fix(changes, line):
    errors = config_errors(changes)
    assert [each for each in errors if each.startswith(FILE) and line in each], errors


def test_all_errors_are_reported_at_once_and_once_each():
    errors = config_errors(
        {
            "aws:region": "nowhere",
            "data-pipes:protect": 3,
            "data-pipes:streaming": {"brokers": 4, "diskSize": 0},
            "data-pipes:platform": {"logs": [], "colour": "red"},
            "data-pipes:pipes": {"orders": {"parallelism": 0}, "clicks": {}},
        }
    )
    keys = sorted(line.removeprefix(FILE).split(": ")[0] for line in errors)
    assert keys == [
        "aws:region",
        "pipes.clicks.parallelism",
        "pipes.orders.parallelism",
        "platform.colour",
        "platform.logs",
        "protect",
        "streaming.diskSize",
    ]


def test_errors_across_settings_are_reported_together_with_others():
    errors = config_errors({"data-pipes:protect": 3, "data-pipes:streaming": {"brokers": 4}})
    assert [line.removeprefix(FILE).split(": ")[0] for line in errors] == ["protect", "streaming.brokers"]


def test_a_secret_in_plain_text_is_refused_without_showing_it():
    errors = refused({**changed().program_config(), "data-pipes:secrets": '{"ordersToken": "hunter2"}'})
    assert any("secrets.ordersToken: must be encrypted" in line for line in errors)
    assert "hunter2" not in "".join(errors)


def test_an_encrypted_value_outside_secrets_is_refused_without_showing_it():
    config = {**changed().program_config(), "data-pipes:pipes": '{"orders": {"parallelism": "hunter2"}}'}
    errors = refused(config, secret_keys=frozenset({"data-pipes:secrets", "data-pipes:pipes"}))
    assert [line.removeprefix(FILE).split(": ")[0] for line in errors] == ["pipes"]
    assert "supported only under data-pipes:secrets" in errors[0]
    assert "hunter2" not in errors[0]


def test_a_secret_s_value_in_place_of_its_name_is_not_repeated():
    errors = config_errors({"data-pipes:pipes": {"orders": {"consumer": {"secrets": {"API_TOKEN": "hunter 2"}}}}})
    assert len(errors) == 1
    assert "must be the name of a secret in data-pipes:secrets, not its value" in errors[0]
    assert "hunter" not in errors[0]


def test_an_invalid_value_in_a_list_is_reported_once():
    errors = config_errors({"data-pipes:network": {"zones": ["a", "b", "cc"]}})
    assert [line.removeprefix(FILE).split(": ")[0] for line in errors] == ["network.zones[2]"]


def test_settings_never_show_a_secret():
    assert "stand-in" not in repr(settings())


def test_settings_are_frozen():
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        settings().pipes["orders"].parallelism = 4  # pyright: ignore[reportAttributeAccessIssue]


def test_the_name_defaults_to_the_stack_s():
    config = {key: value for key, value in changed().program_config().items() if key != "data-pipes:name"}
    keys = changed().secret_keys
    assert load(config, source="x", stack="my-stack", secret_keys=keys).name == "my-stack"
    assert load({**config, "data-pipes:name": "kept"}, source="x", stack="my-stack", secret_keys=keys).name == "kept"


def test_the_configuration_is_read_from_the_cli_s_environment_variables(monkeypatch):
    stack_file = changed()
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(stack_file.program_config()))
    monkeypatch.setenv("PULUMI_CONFIG_SECRET_KEYS", json.dumps(sorted(stack_file.secret_keys)))
    read: list[Settings] = []
    record(lambda: read.append(from_config()), stack="prod")
    assert read[0].pipes["orders"].parallelism == 3
    assert set(read[0].secrets) == {"ordersToken"}


def test_an_error_ends_the_program_with_only_its_message():
    config = {**changed().program_config(), "data-pipes:protect": "yes"}
    with pytest.raises(pulumi.RunError, match=r"stacks/Pulumi\.prod\.yaml: protect: must be true or false"):
        record(from_config, config=config, secret_keys=changed().secret_keys, stack="prod")


def test_an_invalid_default_name_from_the_stack_is_refused():
    config = {key: value for key, value in changed().program_config().items() if key != "data-pipes:name"}
    with pytest.raises(SettingsError, match="name: defaults to the name of the stack, but must be 2 to 24"):
        load(config, source="x", stack="Prod_EU", secret_keys=changed().secret_keys)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(string.printable, max_size=8),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(st.text(string.ascii_letters, max_size=8), children, max_size=3)
    ),
    max_leaves=8,
)


@given(
    stack=st.sampled_from(NAMES),
    key=st.sampled_from(
        [
            "aws:region",
            *(
                f"data-pipes:{key}"
                for key in ("streaming", "platform", "pipes", "network", "secrets", "tags", "protect", "name")
            ),
        ]
    ),
    value=json_values,
)
def test_no_value_in_a_file_ends_in_a_traceback(stack, key, value):
    config = {**changed(stack=stack).program_config(), key: json.dumps(value)}
    for line in refused(config, secret_keys=frozenset({"data-pipes:secrets"})):
        assert line.startswith(FILE)


@given(parallelism=st.integers())
def test_any_parallelism_is_accepted_or_refused_with_its_key(parallelism):
    errors = config_errors({"data-pipes:pipes": {"orders": {"parallelism": parallelism}}})
    fits = 1 <= parallelism <= 18
    assert fits == (not errors)
    assert all(
        "pipes.orders.parallelism" in line or "platform.nodes.max" in line or "streaming.brokers" in line
        for line in errors
    )
