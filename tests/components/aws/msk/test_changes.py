"""Changes that MSK cannot make to an existing cluster or topic are refused in the preview."""

import json

import pytest

from components.changes import ChangeRefusedError
from tests.hooks import before_update
from tests.stacks import planned, shipped

CLUSTER = "aws:msk/cluster:Cluster"
TOPIC = "aws-msk-eks-orders-topic"
ARN = "arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/"


def change(name, old, new):
    recording = shipped().recording
    before_update(recording, recording.one(name), old, new)


def authorities(*names: str):
    sasl = {"sasl": {"iam": True}}
    tls = {"tls": {"certificateAuthorityArns": [f"{ARN}{name}" for name in names]}} if names else {}
    return {"clientAuthentication": {**sasl, **tls}}


def configs(**more):
    return {"configs": json.dumps({"retention.ms": "3600000", **more})}


REMOTE = configs(**{"remote.storage.enable": "true", "local.retention.ms": "1"})

REFUSED = [
    (
        CLUSTER,
        authorities("a"),
        authorities(),
        "streaming.certificateAuthorityArns: cannot be removed (the AWS provider has no request that stops MSK from accepting "
        "certificates). Set the list back; you can replace its ARNs. To accept no certificates, create a new stack with a different name, "
        "move the pipes there, then destroy this one.",
    ),
    (
        CLUSTER,
        {"storageMode": "TIERED"},
        {"storageMode": "LOCAL"},
        "streaming.tieredStorage: cannot be changed from true to false (MSK cannot disable tiered storage of a cluster). Set "
        "tieredStorage back to true. A topic without localRetentionHours does not use the tier. To have no tier, create a new stack with a "
        "different name, move the pipes there, then destroy this one.",
    ),
    (
        CLUSTER,
        {"kafkaVersion": "4.1.x.kraft"},
        {"kafkaVersion": "3.9.x.kraft"},
        "streaming.version: cannot be changed from 4.1.x.kraft to 3.9.x.kraft (Kafka cannot read the metadata of a newer version). Set "
        "version back to 4.1.x.kraft.",
    ),
    (
        CLUSTER,
        {"numberOfBrokerNodes": 6},
        {"numberOfBrokerNodes": 3},
        "streaming.brokers: cannot be changed from 6 to 3. MSK removes only brokers that hold no partitions, and this program cannot move "
        "partitions. Set brokers back to 6, or remove brokers by hand first (docs/aws.md, Fewer brokers on MSK).",
    ),
    (
        TOPIC,
        REMOTE,
        configs(),
        "pipes.orders.topic.localRetentionHours: cannot be removed (Kafka would delete the records in the low-cost tier). Set it back. To "
        "keep records on the disks for longer, raise it, up to one hour below retentionHours. To stop using the tier, add a pipe with a "
        "different name, move the producers to it, wait until the old pipe is empty, then remove the old pipe (docs/changing.md, Remove a pipe).",
    ),
]


@pytest.mark.parametrize(("name", "old", "new", "message"), REFUSED)
def test_changes_that_msk_cannot_make_are_refused_in_the_preview_with_a_fix(name, old, new, message):
    with pytest.raises(ChangeRefusedError) as refusal:
        change(name, old, new)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (CLUSTER, authorities(), authorities("a")),
        (CLUSTER, authorities("a"), authorities("b", "c")),
        (CLUSTER, authorities(), authorities()),
        (CLUSTER, {"storageMode": "LOCAL"}, {"storageMode": "TIERED"}),
        (CLUSTER, {}, {"storageMode": "LOCAL"}),
        (CLUSTER, {"storageMode": "TIERED"}, {"storageMode": "TIERED"}),
        (CLUSTER, {"kafkaVersion": "3.9.x.kraft"}, {"kafkaVersion": "4.1.x.kraft"}),
        (CLUSTER, {"numberOfBrokerNodes": 3}, {"numberOfBrokerNodes": 6}),
        (TOPIC, REMOTE, configs(**{"remote.storage.enable": "true", "local.retention.ms": "2"})),
        (TOPIC, configs(), REMOTE),
        (TOPIC, configs(), configs(**{"cleanup.policy": "compact"})),
    ],
)
def test_changes_that_msk_can_make_are_accepted(name, old, new):
    change(name, old, new)


@pytest.mark.parametrize(
    ("streaming", "mode"),
    [
        ({}, "LOCAL"),
        ({"tieredStorage": True}, "TIERED"),
        ({"instanceType": "express.m7g.large"}, None),
    ],
)
def test_the_storage_mode_is_always_set_for_standard_brokers(streaming, mode):
    cluster = planned({"data-pipes:streaming": streaming}).recording.one(CLUSTER)
    assert cluster.inputs.get("storageMode") == mode
