"""Tests of the ksqlDB cluster and its permissions."""

from functools import cache

import pytest

from components.changes import ChangeRefusedError
from tests.components.confluent.test_service import BINDING, CLUSTER, STACK
from tests.components.confluent.test_topic import acls, roles
from tests.hooks import before_update
from tests.stacks import planned, shipped

KSQLDB = "confluentcloud:index/ksqlCluster:KsqlCluster"
COMPONENT = "data-pipes:confluent:Ksqldb"


@cache
def recording(tier="standard"):
    return planned({"data-pipes:streaming": {"tier": tier, "ksqldb": {"csu": 8}}}, stack=STACK).recording


def account(of):
    return of.one(KSQLDB).inputs["credentialIdentity"]["id"]


def prefix(of):
    """Return the topic prefix from the simulated service."""
    return next(
        pattern.removeprefix("transactional-id=").removesuffix("*")
        for role, pattern in roles(of, account(of))
        if role == "DeveloperWrite" and "_confluent-ksql" not in pattern
    )


def test_no_ksqldb_by_default():
    assert shipped(STACK).recording.of_type(KSQLDB) == ()
    assert "ksqldb" not in shipped(STACK).recording.outputs


def test_ksqldb_has_the_configured_csu_and_logs_no_records():
    ksqldb = recording().one(KSQLDB)
    assert ksqldb.inputs["csu"] == 8
    assert ksqldb.inputs["useDetailedProcessingLog"] is False
    assert ksqldb.inputs["kafkaCluster"]["id"] == recording().outputs["kafkaClusterId"]
    assert ksqldb.protect
    assert recording().outputs["ksqldb"].startswith("https://")


def test_ksqldb_has_its_own_service_account():
    others = {each.inputs["owner"]["id"] for each in recording().of_type("confluentcloud:index/apiKey:ApiKey")}
    assert account(recording()).startswith("sa-")
    assert account(recording()) not in others


def test_ksqldb_owns_its_topics_and_reads_only_the_stack_s_topics():
    found = roles(recording(), account(recording()))
    own = prefix(recording())
    assert own.startswith("pksqlc-")
    assert found == {
        ("ResourceOwner", f"topic={own}*"),
        ("ResourceOwner", f"topic=_confluent-ksql-{own}*"),
        ("ResourceOwner", f"group=_confluent-ksql-{own}*"),
        ("DeveloperWrite", f"transactional-id={own}*"),
        ("DeveloperWrite", f"transactional-id=_confluent-ksql-{own}*"),
        ("DeveloperRead", "topic=orders"),
        ("ResourceOwner", "subject=pksqlc-*"),
        ("ResourceOwner", "subject=_confluent-ksql-pksqlc-*"),
        ("DeveloperRead", "subject=orders-key"),
        ("DeveloperRead", "subject=orders-value"),
    }


def test_ksqldb_on_basic_uses_acls():
    found = acls(recording("basic"), account(recording("basic")))
    assert ("READ", "TOPIC", "orders", "LITERAL") in found
    assert ("DESCRIBE_CONFIGS", "CLUSTER", "kafka-cluster", "LITERAL") in found
    assert {kind for operation, kind, _, pattern in found if (operation, pattern) == ("ALL", "PREFIXED")} == {
        "TOPIC",
        "GROUP",
    }
    assert not [name for _, _, name, _ in found if name == "*"]


def test_ksqldb_waits_for_schema_registry_roles():
    before = recording().requirements(recording().one(KSQLDB))
    assert recording().one(CLUSTER).urn in before
    schemas = [each.urn for each in recording().of_type(BINDING) if "/subject=" in each.inputs["crnPattern"]]
    assert len(schemas) == 4
    assert set(schemas) <= before


def test_csu_change_is_refused_in_the_preview():
    component = recording().one(COMPONENT)
    assert component.inputs == {"csu": 8}
    before_update(recording(), component, {"csu": 8}, {"csu": 8})
    with pytest.raises(ChangeRefusedError) as refusal:
        before_update(recording(), component, {"csu": 8}, {"csu": 4})
    assert str(refusal.value).startswith(
        "streaming.ksqldb.csu: cannot be changed from 8 to 4. Another number of CSUs would replace the ksqlDB cluster"
    )
    assert "set data-pipes:protect to false and remove ksqldb, deploy" in str(refusal.value)
