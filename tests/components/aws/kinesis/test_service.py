"""Kinesis data streams, KCL tables, and the permissions to write and read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.aws.account import AwsSettings
from components.aws.kinesis.settings import KinesisSettings
from components.aws.kinesis.stream import KinesisPipeSettings, refuse_wide_reshard, shard_steps
from components.aws.network.network import AwsNetworkSettings
from components.changes import ChangeRefusedError
from components.settings import SettingsError
from components.settings_bases import SystemWorkloads, ValidationContext
from tests.hooks import before_update
from tests.stacks import planned, settings, shipped

STACK = "aws-kinesis-eks"
NAME = "aws-kinesis-eks-orders"
STREAM = f"{NAME}-stream"
CONSUMER = "aws:kinesis/streamConsumer:StreamConsumer"
POLICY = "aws:kinesis/resourcePolicy:ResourcePolicy"
TABLE = "aws:dynamodb/table:Table"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
STREAM_ARN = f"arn:aws:kinesis:eu-west-1:123456789012:stream/{NAME}"
TABLE_ARN = f"arn:aws:dynamodb:eu-west-1:123456789012:table/{NAME}"
PRODUCER = "arn:aws:iam::123456789012:role/shop/producer"
READER = "arn:aws:iam::210987654321:root"


def with_topic(**topic):
    return planned({"data-pipes:pipes": {"orders": {"topic": topic}}}, stack=STACK).recording


def shipped_stream():
    return shipped(STACK).recording.one(STREAM)


def environment(recording):
    return recording.one("kubernetes:core/v1:ConfigMap").inputs["data"]


def rights(recording):
    """Return the permissions of the consumers' role, with resources and conditions."""
    [policy] = [each for each in recording.of_type("aws:iam/rolePolicy:RolePolicy") if each.name == f"{NAME}-role"]
    statements = json.loads(policy.inputs["policy"])["Statement"]
    assert {statement["Effect"] for statement in statements} == {"Allow"}
    return {
        (action, statement["Resource"]): statement.get("Condition", {})
        for statement in statements
        for action in statement["Action"]
    }


@pytest.mark.parametrize("parallelism", [1, 7])
def test_a_pipe_has_as_many_shards_as_parallelism_and_as_many_replicas(parallelism):
    plan = planned({"data-pipes:pipes": {"orders": {"parallelism": parallelism}}}, stack=STACK)
    assert plan.problems == ()
    assert plan.recording.one(STREAM).inputs["shardCount"] == parallelism
    assert plan.recording.one(DEPLOYMENT).input("spec.replicas") == parallelism


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", NAME),
        ("streamModeDetails.streamMode", "PROVISIONED"),
        ("encryptionType", "KMS"),
        ("retentionPeriod", 168),
        ("enforceConsumerDeletion", True),
        (
            "shardLevelMetrics",
            ["IteratorAgeMilliseconds", "ReadProvisionedThroughputExceeded", "WriteProvisionedThroughputExceeded"],
        ),
        ("tags", {"Name": NAME}),
    ],
)
def test_the_stream_has_a_fixed_number_of_shards_is_encrypted_and_can_be_deleted_with_its_readers(path, value):
    assert shipped_stream().input(path) == value


def test_the_stream_is_encrypted_with_the_stack_s_key():
    recording = shipped(STACK).recording
    assert f"{STACK}-kinesis-key" in {recording.by_urn(urn).name for urn in shipped_stream().dependencies}


def test_retention_and_metrics_can_be_set_for_a_pipe():
    stream = with_topic(retentionHours=24, shardMetrics=["OutgoingBytes", "IncomingBytes"]).one(STREAM)
    assert stream.inputs["retentionPeriod"] == 24
    assert stream.inputs["shardLevelMetrics"] == ["IncomingBytes", "OutgoingBytes"]


def test_a_stream_has_a_create_timeout_for_many_shards():
    assert shipped_stream().custom_timeouts["create"] == "30m"


@pytest.mark.parametrize(
    ("suffix", "key"), [("", "leaseKey"), ("-WorkerMetricStats", "wid"), ("-CoordinatorState", "key")]
)
def test_each_table_has_the_name_and_key_that_kcl_expects_and_on_demand_billing(suffix, key):
    [table] = [each for each in shipped(STACK).recording.of_type(TABLE) if each.inputs["name"] == f"{NAME}{suffix}"]
    assert table.inputs["hashKey"] == key
    assert {"name": key, "type": "S"} in table.inputs["attributes"]
    assert table.inputs["billingMode"] == "PAY_PER_REQUEST"


def test_the_lease_table_has_kcl_s_index_and_point_in_time_recovery():
    leases = shipped(STACK).recording.one(f"{NAME}-leases")
    assert leases.inputs["globalSecondaryIndexes"] == [
        {
            "name": "LeaseOwnerToLeaseKeyIndex",
            "keySchemas": [
                {"attributeName": "leaseOwner", "keyType": "HASH"},
                {"attributeName": "leaseKey", "keyType": "RANGE"},
            ],
            "projectionType": "KEYS_ONLY",
        }
    ]
    assert {"name": "leaseOwner", "type": "S"} in leases.inputs["attributes"]
    assert leases.input("pointInTimeRecovery.enabled") is True


def test_consumers_depend_on_stream_registration_and_tables():
    recording = shipped(STACK).recording
    waits = recording.requirements(recording.one(DEPLOYMENT))
    needed = [shipped_stream(), recording.one(CONSUMER), *recording.of_type(TABLE)]
    assert len(needed) == 5
    assert {each.urn for each in needed} <= set(waits)


def test_consumers_have_exactly_the_permissions_for_reading_and_dead_letters():
    key = "arn:aws:kms:eu-west-1:123456789012:key/"
    granted = rights(with_topic(fanOut=False))
    decrypt, generate = ((action, where) for action, where in granted if where.startswith(key))
    read = ("DescribeStream", "DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards")
    items = ("DeleteItem", "DescribeTable", "GetItem", "PutItem", "Scan", "UpdateItem")
    tables = (TABLE_ARN, f"{TABLE_ARN}-WorkerMetricStats", f"{TABLE_ARN}-CoordinatorState")
    assert set(granted) == {
        *((f"kinesis:{action}", STREAM_ARN) for action in read),
        *((f"dynamodb:{action}", table) for action in items for table in tables),
        ("dynamodb:Query", f"{TABLE_ARN}/index/LeaseOwnerToLeaseKeyIndex"),
        ("cloudwatch:PutMetricData", "*"),
        ("kinesis:PutRecord", f"{STREAM_ARN}.dead-letters"),
        decrypt,
        generate,
    }
    assert generate[0] == "kms:GenerateDataKey"
    assert decrypt[0] == "kms:Decrypt"


def test_conditions_limit_permissions_that_arns_cannot_limit():
    granted = rights(shipped(STACK).recording)
    assert granted["cloudwatch:PutMetricData", "*"] == {"StringEquals": {"cloudwatch:namespace": NAME}}
    [decrypt] = [condition for (action, _), condition in granted.items() if action == "kms:Decrypt"]
    assert decrypt == {
        "StringEquals": {
            "kms:ViaService": "kinesis.eu-west-1.amazonaws.com",
            "kms:EncryptionContext:aws:kinesis:arn": STREAM_ARN,
        }
    }


def test_with_fan_out_the_consumers_are_registered_and_use_the_registration():
    recording = with_topic(fanOut=True)
    consumer = recording.one(CONSUMER)
    assert (consumer.inputs["name"], consumer.inputs["streamArn"]) == (NAME, STREAM_ARN)
    arn = environment(recording)["STREAM_CONSUMER_ARN"]
    assert arn.startswith(f"{STREAM_ARN}/consumer/{NAME}:")
    granted = rights(recording)
    assert ("kinesis:SubscribeToShard", arn) in granted
    assert ("kinesis:DescribeStreamConsumer", arn) in granted


def test_without_fan_out_nothing_is_registered():
    recording = with_topic(fanOut=False)
    assert not recording.of_type(CONSUMER)
    assert "STREAM_CONSUMER_ARN" not in environment(recording)


def test_the_environment_contains_region_stream_and_application():
    assert {
        "AWS_REGION": "eu-west-1",
        "STREAM_SERVICE": "kinesis",
        "STREAM_TOPIC": NAME,
        "STREAM_GROUP": NAME,
    }.items() <= environment(shipped(STACK).recording).items()


def test_the_services_that_consumers_call_have_vpc_endpoints():
    endpoints = shipped(STACK).recording.of_type("aws:ec2/vpcEndpoint:VpcEndpoint")
    services = {each.inputs["serviceName"].split(".", 3)[3]: each.inputs["vpcEndpointType"] for each in endpoints}
    assert services.items() >= {("kinesis-streams", "Interface"), ("monitoring", "Interface"), ("dynamodb", "Gateway")}


def test_only_the_pipe_s_producers_and_readers_have_access_to_the_stream():
    assert not shipped(STACK).recording.of_type(POLICY)
    policy = with_topic(producers=[PRODUCER], readers=[READER]).one(POLICY)
    assert policy.inputs["resourceArn"] == STREAM_ARN
    writing, reading = json.loads(policy.inputs["policy"])["Statement"]
    assert (writing["Principal"], reading["Principal"]) == ({"AWS": [PRODUCER]}, {"AWS": [READER]})
    assert writing["Resource"] == reading["Resource"] == STREAM_ARN
    assert {"kinesis:PutRecord", "kinesis:PutRecords"} <= set(writing["Action"])
    assert "kinesis:GetRecords" in reading["Action"]
    assert not {"kinesis:GetRecords", "kinesis:GetShardIterator"} & set(writing["Action"])
    assert not [action for action in reading["Action"] if action.startswith("kinesis:Put")]


def test_producers_and_readers_may_use_the_key_for_their_stream_only():
    recording = with_topic(producers=[PRODUCER], readers=[READER])
    own, writing, reading = json.loads(recording.one(f"{STACK}-kinesis-key").inputs["policy"])["Statement"]
    assert own["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert (writing["Principal"], writing["Action"]) == ({"AWS": [PRODUCER]}, ["kms:GenerateDataKey"])
    assert (reading["Principal"], reading["Action"]) == ({"AWS": [READER]}, ["kms:Decrypt"])
    for statement in (writing, reading):
        assert statement["Condition"]["StringEquals"] == {
            "kms:ViaService": "kinesis.eu-west-1.amazonaws.com",
            "kms:EncryptionContext:aws:kinesis:arn": STREAM_ARN,
        }


def test_without_producers_and_readers_only_the_account_has_access_to_the_key():
    [own] = json.loads(shipped(STACK).recording.one(f"{STACK}-kinesis-key").inputs["policy"])["Statement"]
    assert own["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}


@pytest.mark.parametrize("protect", [True, False])
def test_protect_covers_stream_key_and_tables(protect):
    recording = planned({"data-pipes:protect": protect}, stack=STACK).recording
    tables = recording.of_type(TABLE)
    assert len(tables) == 3
    for held in (recording.one(STREAM), recording.one(f"{STACK}-kinesis-key"), *tables):
        assert held.protect is protect, held.name
    assert {table.inputs["deletionProtectionEnabled"] for table in tables} == {protect}


@given(present=st.integers(1, 10_000), wanted=st.integers(1, 10_000))
def test_kinesis_accepts_every_step_of_a_reshard(present, wanted):
    steps = shard_steps(present, wanted)
    for before, after in zip([present, *steps], steps, strict=False):
        assert before <= 2 * after
        assert after <= 2 * before
        assert after != before
    assert [present, *steps][-1] == wanted
    assert (refuse_wide_reshard(present, wanted) is None) == (len(steps) <= 1)


@pytest.mark.parametrize(("present", "wanted"), [(3, 3), (3, 6), (3, 2), (1, 2), (7, 4)])
def test_at_most_twice_and_at_least_half_the_shards_is_one_step(present, wanted):
    assert refuse_wide_reshard(present, wanted) is None


def change(present, wanted):
    """Run the stream's update hooks."""
    recording = shipped(STACK).recording
    before_update(recording, recording.one(STREAM), {"shardCount": float(present)}, {"shardCount": float(wanted)})


@pytest.mark.parametrize(
    ("present", "wanted", "reason"),
    [
        (
            3,
            20,
            "at most doubles the shards of a stream in one update. Set parallelism to 6 first, then to 12, then to 20",
        ),
        (9, 2, "at most halves the shards of a stream in one update. Set parallelism to 5 first, then to 3, then to 2"),
    ],
)
def test_a_reshard_in_several_steps_is_refused_in_the_preview_with_the_steps(present, wanted, reason):
    with pytest.raises(ChangeRefusedError) as refusal:
        change(present, wanted)
    assert f"pipes.orders.parallelism: cannot be changed from {present} to {wanted}. Kinesis {reason}" in str(
        refusal.value
    )
    assert "10 updates in 24 hours" in str(refusal.value)


def test_a_reshard_in_one_step_is_accepted():
    change(3, 6)


def topic(**changes):
    return {"data-pipes:pipes": {"orders": {"topic": changes}}}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"data-pipes:streaming": {"mode": "on-demand"}},
            "streaming.mode: must be provisioned, got on-demand (Kinesis would change the number of shards, but each shard needs one "
            "consumer). Use provisioned, and set each pipe's parallelism to the number of shards that it needs.",
        ),
        (
            {"data-pipes:streaming": {"mode": "both"}},
            "streaming.mode: must be 'provisioned', got \"both\".",
        ),
        ({"data-pipes:streaming": {"shardQuota": 0}}, "streaming.shardQuota: must be at least 1, got 0."),
        (
            {"data-pipes:streaming": {"shardQuota": 3}},
            "streaming.shardQuota: must be at least 4, the shards of all pipes and their dead letters, got 3 for eu-west-1 "
            "(Kinesis Data Streams, Quotas and limits). Lower the pipes' parallelism, or have AWS raise the quota and set it here.",
        ),
        (topic(retentionHours=23), "pipes.orders.topic.retentionHours: must be at least 24, got 23."),
        (topic(retentionHours=8761), "pipes.orders.topic.retentionHours: must be at most 8760, got 8761."),
        (
            topic(shardMetrics=["Lag"]),
            "pipes.orders.topic.shardMetrics[0]: must be 'IncomingBytes', 'IncomingRecords', ",
        ),
        (
            topic(shardMetrics=["ALL"]),
            "pipes.orders.topic.shardMetrics[0]: must be 'IncomingBytes', 'IncomingRecords', ",
        ),
        (
            topic(shardMetrics=["IncomingBytes", "IncomingBytes"]),
            "pipes.orders.topic.shardMetrics: must not contain duplicates, got IncomingBytes more than once",
        ),
        *(
            (
                topic(**{who: [principal]}),
                f"pipes.orders.topic.{who}[0]: must be the ARN of an IAM role, user or account without a wildcard, such as "
                f"arn:aws:iam::123456789012:role/producer, got '{principal}'",
            )
            for who in ("producers", "readers")
            for principal in (
                "*",
                "123456789012",
                "arn:aws:iam::*:role/producer",
                "arn:aws:iam::123456789012:role/*",
                "arn:aws:iam::123456789012:group/producers",
            )
        ),
    ],
)
def test_an_invalid_setting_is_refused_with_key_reason_and_fix(changes, line):
    with pytest.raises(SettingsError) as error:
        settings(changes, STACK)
    [message] = str(error.value).splitlines()
    assert line in message


def shards_refused(parallelism, region, **quota):
    pipes = {f"pipe{number}": KinesisPipeSettings(parallelism=each) for number, each in enumerate(parallelism)}
    account, network = AwsSettings(region=region), AwsNetworkSettings()
    rest = ValidationContext(
        stack="test", account=account, network=network, system_workloads=SystemWorkloads(), pipes=pipes
    )
    return [str(error) for error in KinesisSettings(service="kinesis", **quota).config_errors(rest)]


@pytest.mark.parametrize(
    ("region", "quota"), [("us-east-1", 20_000), ("us-west-2", 20_000), ("eu-west-1", 20_000), ("eu-central-1", 1000)]
)
def test_the_shards_of_all_pipes_must_fit_in_the_region_s_quota(region, quota):
    half = quota // 2 - 1  # each pipe has one more shard for its dead letters
    assert shards_refused([half, half], region) == []
    [refusal] = shards_refused([half, half, 1], region)
    assert (
        f"must be at least {quota + 2}, the shards of all pipes and their dead letters, got {quota} for {region}"
        in refusal
    )


def test_a_raised_quota_replaces_the_default_of_the_region():
    assert shards_refused([2000], "eu-central-1", shardQuota=2001) == []
    assert len(shards_refused([2000], "eu-central-1", shardQuota=2000)) == 1
