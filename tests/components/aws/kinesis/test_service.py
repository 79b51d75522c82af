"""A data stream for each pipe on Kinesis, the tables of its consumers, and who may write and read."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi import ResourceHookArgs

from components.aws.account import AwsSettings
from components.aws.kinesis.settings import KinesisSettings
from components.aws.kinesis.stream import KinesisPipeSettings, refuse_wide_reshard, shard_steps
from components.aws.network.network import AwsNetworkSettings
from components.changes import ChangeRefusedError
from components.settings import SettingsError
from components.settings_bases import SystemWorkloads, ValidationContext
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
    """What the consumers' role may do, where, and under which condition."""
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


def test_the_stream_is_encrypted_with_the_stack_s_own_key():
    recording = shipped(STACK).recording
    assert f"{STACK}-kinesis-key" in {recording.by_urn(urn).name for urn in shipped_stream().dependencies}


def test_retention_and_metrics_are_the_pipe_s_to_choose():
    stream = with_topic(retentionHours=24, shardMetrics=["OutgoingBytes", "IncomingBytes"]).one(STREAM)
    assert stream.inputs["retentionPeriod"] == 24
    assert stream.inputs["shardLevelMetrics"] == ["IncomingBytes", "OutgoingBytes"]


def test_a_stream_with_many_shards_has_time_to_be_made():
    assert shipped_stream().custom_timeouts["create"] == "30m"


@pytest.mark.parametrize(
    ("suffix", "key"), [("", "leaseKey"), ("-WorkerMetricStats", "wid"), ("-CoordinatorState", "key")]
)
def test_each_of_the_tables_has_the_name_and_key_that_kcl_looks_for_and_is_paid_by_request(suffix, key):
    [table] = [each for each in shipped(STACK).recording.of_type(TABLE) if each.inputs["name"] == f"{NAME}{suffix}"]
    assert table.inputs["hashKey"] == key
    assert {"name": key, "type": "S"} in table.inputs["attributes"]
    assert table.inputs["billingMode"] == "PAY_PER_REQUEST"


def test_the_lease_table_has_kcl_s_index_and_can_be_brought_back():
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


def test_consumers_wait_for_everything_that_they_would_otherwise_look_for_in_vain():
    recording = shipped(STACK).recording
    waits = recording.requirements(recording.one(DEPLOYMENT))
    needed = [shipped_stream(), recording.one(CONSUMER), *recording.of_type(TABLE)]
    assert len(needed) == 5
    assert {each.urn for each in needed} <= set(waits)


def test_consumers_may_do_exactly_what_reading_and_setting_aside_needs():
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


def test_what_no_arn_can_narrow_a_condition_does():
    granted = rights(shipped(STACK).recording)
    assert granted["cloudwatch:PutMetricData", "*"] == {"StringEquals": {"cloudwatch:namespace": NAME}}
    [decrypt] = [condition for (action, _), condition in granted.items() if action == "kms:Decrypt"]
    assert decrypt == {
        "StringEquals": {
            "kms:ViaService": "kinesis.eu-west-1.amazonaws.com",
            "kms:EncryptionContext:aws:kinesis:arn": STREAM_ARN,
        }
    }


def test_with_fan_out_the_consumers_have_a_registration_of_their_own_and_read_through_it():
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


def test_consumers_are_told_where_to_read_and_under_which_name():
    assert {
        "AWS_REGION": "eu-west-1",
        "STREAM_SERVICE": "kinesis",
        "STREAM_TOPIC": NAME,
        "STREAM_GROUP": NAME,
    }.items() <= environment(shipped(STACK).recording).items()


def test_what_consumers_call_is_reached_without_leaving_the_vpc():
    endpoints = shipped(STACK).recording.of_type("aws:ec2/vpcEndpoint:VpcEndpoint")
    services = {each.inputs["serviceName"].split(".", 3)[3]: each.inputs["vpcEndpointType"] for each in endpoints}
    assert services.items() >= {("kinesis-streams", "Interface"), ("monitoring", "Interface"), ("dynamodb", "Gateway")}


def test_others_write_and_read_only_where_the_pipe_names_them():
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


def test_the_key_lets_them_in_for_that_stream_alone():
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


def test_without_others_the_key_is_the_account_s_alone():
    [own] = json.loads(shipped(STACK).recording.one(f"{STACK}-kinesis-key").inputs["policy"])["Statement"]
    assert own["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}


@pytest.mark.parametrize("protect", [True, False])
def test_records_and_how_far_they_were_read_are_protected_by_one_setting(protect):
    recording = planned({"data-pipes:protect": protect}, stack=STACK).recording
    tables = recording.of_type(TABLE)
    assert len(tables) == 3
    for held in (recording.one(STREAM), recording.one(f"{STACK}-kinesis-key"), *tables):
        assert held.protect is protect, held.name
    assert {table.inputs["deletionProtectionEnabled"] for table in tables} == {protect}


@given(present=st.integers(1, 10_000), wanted=st.integers(1, 10_000))
def test_every_step_on_the_way_is_one_that_kinesis_takes(present, wanted):
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
    """Run the hook that the engine runs before it updates the stream."""
    recording = shipped(STACK).recording
    hook = recording.hook(recording.one(STREAM), "before_update")
    assert hook.opts is not None
    assert hook.opts.on_dry_run, "it must refuse in the preview"
    old, new = {"shardCount": float(present)}, {"shardCount": float(wanted)}
    result = hook(
        ResourceHookArgs(
            urn="urn", id="id", name=NAME, type="aws:kinesis/stream:Stream", old_inputs=old, new_inputs=new
        )
    )
    if asyncio.iscoroutine(result):
        asyncio.run(result)


@pytest.mark.parametrize(
    ("present", "wanted", "told"),
    [
        (
            3,
            20,
            "at most doubles the shards of a stream in one update. Set parallelism to 6 first, then to 12, then to 20",
        ),
        (9, 2, "at most halves the shards of a stream in one update. Set parallelism to 5 first, then to 3, then to 2"),
    ],
)
def test_more_than_one_step_is_refused_in_the_preview_with_the_steps_to_take(present, wanted, told):
    with pytest.raises(ChangeRefusedError) as refusal:
        change(present, wanted)
    assert f"pipes.orders.parallelism: cannot go from {present} to {wanted}. Kinesis {told}" in str(refusal.value)
    assert "10 updates in 24 hours" in str(refusal.value)


def test_a_step_that_kinesis_takes_is_let_through():
    change(3, 6)


def topic(**changes):
    return {"data-pipes:pipes": {"orders": {"topic": changes}}}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"data-pipes:streaming": {"mode": "on-demand"}},
            "streaming.mode: must be provisioned, not on-demand: there Kinesis moves the number of shards on its own, so it would "
            "not stay that of the consumers; set provisioned, and each pipe's parallelism to what it needs",
        ),
        (
            {"data-pipes:streaming": {"mode": "both"}},
            "streaming.mode: must be 'provisioned', got \"both\".",
        ),
        ({"data-pipes:streaming": {"shardQuota": 0}}, "streaming.shardQuota: must be at least 1, got 0."),
        (
            {"data-pipes:streaming": {"shardQuota": 3}},
            "streaming.shardQuota: the pipes ask for 4 shards with those of their dead letters, and the account may have 3 in eu-west-1 "
            "(Kinesis Data Streams, Quotas and limits); lower their parallelism, or have AWS raise the quota and write the new one here",
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
def test_a_mistake_is_told_with_key_reason_and_way_out(changes, line):
    with pytest.raises(SettingsError) as error:
        settings(changes, STACK)
    [told] = str(error.value).splitlines()
    assert line in told


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
def test_all_pipes_together_keep_to_the_account_s_quota_in_the_region(region, quota):
    half = quota // 2 - 1  # each pipe has one more for its dead letters
    assert shards_refused([half, half], region) == []
    [refusal] = shards_refused([half, half, 1], region)
    assert (
        f"the pipes ask for {quota + 2} shards with those of their dead letters, and the account may have {quota} in {region}"
        in refusal
    )


def test_a_raised_quota_counts_in_place_of_the_region_s():
    assert shards_refused([2000], "eu-central-1", shardQuota=2001) == []
    assert len(shards_refused([2000], "eu-central-1", shardQuota=2000)) == 1
