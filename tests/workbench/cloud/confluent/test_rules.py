"""Tests of the simulated Confluent Cloud and its provider: responses and refusals. They need no engine."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from workbench.cloud import behaviour, kinds
from workbench.cloud.inventory import CloudObject, Inventory, RefusedError

PREFIX = "confluentcloud:index/"
ENVIRONMENT, CLUSTER = f"{PREFIX}environment:Environment", f"{PREFIX}kafkaCluster:KafkaCluster"
TOPIC, ACL = f"{PREFIX}kafkaTopic:KafkaTopic", f"{PREFIX}kafkaAcl:KafkaAcl"
KEY, BINDING = f"{PREFIX}apiKey:ApiKey", f"{PREFIX}roleBinding:RoleBinding"
POOL, KSQL = f"{PREFIX}identityPool:IdentityPool", f"{PREFIX}ksqlCluster:KsqlCluster"
ATTACHMENT = f"{PREFIX}privateLinkAttachment:PrivateLinkAttachment"
PLACE: dict[str, Any] = {"cloud": "AWS", "region": "eu-west-1"}


def make(inventory: Inventory, type_token: str, *, done: bool = True, **inputs: Any) -> CloudObject:
    """Create an object in the inventory as the provider does."""
    kind = kinds.kind(type_token)
    if refused := behaviour.refusal(kind, None, inputs, inventory.active):
        raise RefusedError(refused)
    id_ = kind.identifier(str(inputs), inputs)
    outputs = dict(kind.outputs(id_, "x", inputs))
    made = CloudObject(type=type_token, id=id_, urn=f"urn of {id_}", status="", inputs=inputs, outputs=outputs)
    inventory.create(kind, made, "")
    if done:
        inventory.settle(type_token, id_, "create")
    return made


def delete(inventory: Inventory, item: CloudObject) -> None:
    inventory.delete(kinds.kind(item.type), item.type, item.id)
    inventory.settle(item.type, item.id, "delete")


def cluster(inventory: Inventory, **tier: Any) -> CloudObject:
    environment = make(inventory, ENVIRONMENT, displayName="pipes")
    given = {"displayName": "pipes", "environment": {"id": environment.id}, **PLACE, **tier}
    return make(inventory, CLUSTER, **given)


def manager(
    inventory: Inventory, of: CloudObject, role: str = "CloudClusterAdmin", within: str = "", *, done: bool = True
) -> CloudObject:
    """Create an account with a key for a cluster and a role on the cluster or on an object in it."""
    make(inventory, KEY, owner={"id": "sa-00000001"}, managedResource={"id": of.id})
    pattern = f"{of.outputs['rbacCrn']}/kafka={of.id}/{within}" if within else of.outputs["rbacCrn"]
    return make(inventory, BINDING, done=done, principal="User:sa-00000001", roleName=role, crnPattern=pattern)


def topic(inventory: Inventory, of: CloudObject) -> CloudObject:
    credentials = {"key": "KEY", "secret": "secret"}
    return make(
        inventory, TOPIC, kafkaCluster={"id": of.id}, topicName="orders", partitionsCount=3, credentials=credentials
    )


@pytest.mark.parametrize(
    ("token", "old", "new", "answer"),
    [
        (CLUSTER, {"basic": {}}, {"standard": {}}, None),
        (CLUSTER, {"standard": {}}, {"basic": {}}, "only be upgraded from 'Basic' to 'Standard'"),
        (CLUSTER, {"standard": {}}, {"enterprises": [{}]}, "only be upgraded from 'Basic' to 'Standard'"),
        (CLUSTER, {"standard": {"maxEcku": 2}}, {"standard": {"maxEcku": 4}}, None),
        (CLUSTER, None, {"basic": {}, "standard": {}}, "only one of"),
        (CLUSTER, None, {"basic": {}, "availability": "SINGLE_ZONE"}, None),
        (CLUSTER, None, {"basic": {}, "availability": "MULTI_ZONE"}, "not supported for Basic"),
        (CLUSTER, None, {"basic": {}, "availability": "HIGH"}, "not supported for Basic"),
        (CLUSTER, None, {"dedicated": {"cku": 1}, "availability": "MULTI_ZONE"}, "at least 2 CKUs"),
        (CLUSTER, None, {"dedicated": {"cku": 2}, "availability": "MULTI_ZONE"}, None),
        (CLUSTER, None, {"dedicated": {"cku": 2}, "availability": "HIGH"}, "not supported for Dedicated"),
        (POOL, None, {"filter": "sub == 'a'", "identityClaim": "claims.sub"}, "says nothing of the claims"),
        (POOL, None, {"filter": "claims.sub == 'a'", "identityClaim": "sub"}, "identity_claim 'sub' is no claim"),
        (POOL, None, {"filter": "claims.sub == 'a'", "identityClaim": "claims.sub"}, None),
        (KSQL, None, {"credentialIdentity": {"id": "pool-00000001"}}, "neither a service account nor a user"),
        (KSQL, None, {"credentialIdentity": {"id": "sa-00000001"}}, None),
    ],
)
def test_confluent_cloud_refuses_unsupported_inputs(
    token: str, old: dict[str, Any] | None, new: dict[str, Any], answer: str | None
):
    refused = behaviour.refusal(kinds.kind(token), old, new)
    assert refused is None if answer is None else re.search(answer, refused or ""), refused


def test_topics_and_acls_require_an_active_administrator_role(tmp_path: Path):
    inventory = Inventory(tmp_path / "inventory.sqlite")
    kafka = cluster(inventory, standard={})
    with pytest.raises(RefusedError, match=r"403 Forbidden: .* make the topic"):
        topic(inventory, kafka)
    binding = manager(inventory, kafka, done=False)
    with pytest.raises(RefusedError, match=r"403 Forbidden: .* alter its ACLs"):
        make(inventory, ACL, kafkaCluster={"id": kafka.id}, resourceType="TOPIC")
    inventory.settle(binding.type, binding.id, "create")
    make(inventory, ACL, kafkaCluster={"id": kafka.id}, resourceType="TOPIC")
    assert topic(inventory, kafka).id == f"{kafka.id}/orders"


@pytest.mark.parametrize(
    ("role", "within", "made", "grown"),
    [
        ("ResourceOwner", "topic=orders", True, True),
        ("ResourceOwner", "topic=ord*", True, True),
        ("ResourceOwner", "topic=pay*", False, False),
        ("ResourceOwner", "topic=order", False, False),
        ("ResourceOwner", "group=orders", False, False),
        ("DeveloperManage", "topic=orders", True, False),
        ("DeveloperRead", "topic=orders", False, False),
    ],
)
def test_resource_owner_may_create_and_grow_a_topic_and_developer_manage_only_create_it(
    tmp_path: Path, role: str, within: str, made: bool, grown: bool
):
    inventory = Inventory(tmp_path / "inventory.sqlite")
    kafka = cluster(inventory, standard={})
    manager(inventory, kafka, role, within)
    few = {"kafkaCluster": {"id": kafka.id}, "topicName": "orders", "partitionsCount": 3}
    many = {**few, "partitionsCount": 6}
    assert (behaviour.refusal(kinds.kind(TOPIC), None, few, inventory.active) is None) is made
    assert (behaviour.refusal(kinds.kind(TOPIC), few, many, inventory.active) is None) is grown
    with pytest.raises(RefusedError, match="403 Forbidden"):
        make(inventory, ACL, kafkaCluster={"id": kafka.id}, resourceType="TOPIC")


def test_a_key_for_one_cluster_cannot_create_topics_on_another(tmp_path: Path):
    inventory = Inventory(tmp_path / "inventory.sqlite")
    manager(inventory, cluster(inventory, standard={}))
    other = {"kafkaCluster": {"id": "lkc-ffffffff"}, "topicName": "orders"}
    with pytest.raises(RefusedError, match="403 Forbidden: no owner of an API key for lkc-ffffffff"):
        make(inventory, TOPIC, **other)
    make(inventory, KEY, owner={"id": "sa-00000001"}, managedResource={"id": "lkc-ffffffff"})
    with pytest.raises(RefusedError, match="is authorized to make the topic"):
        make(inventory, TOPIC, **other)


def test_the_topic_of_another_owner_keeps_no_role(tmp_path: Path):
    inventory = Inventory(tmp_path / "inventory.sqlite")
    kafka = cluster(inventory, standard={})
    inputs = {"kafkaCluster": {"id": kafka.id}, "topicName": "orders", "partitionsCount": 3}
    inventory.plant(
        CloudObject(type=TOPIC, id=f"{kafka.id}/orders", urn="", status="active", inputs=inputs, outputs=inputs)
    )
    delete(inventory, manager(inventory, kafka, "ResourceOwner", "topic=orders"))


@pytest.mark.parametrize(("role", "within"), [("CloudClusterAdmin", ""), ("ResourceOwner", "topic=orders")])
def test_the_role_to_delete_a_topic_cannot_be_deleted_before_the_topic(tmp_path: Path, role: str, within: str):
    inventory = Inventory(tmp_path / "inventory.sqlite")
    kafka = cluster(inventory, standard={})
    binding, orders = manager(inventory, kafka, role, within), topic(inventory, kafka)
    with pytest.raises(RefusedError, match="no identity could delete the topic orders"):
        delete(inventory, binding)
    delete(inventory, orders)
    delete(inventory, binding)


def test_an_administrator_role_can_be_deleted_if_the_identity_also_owns_the_topic(tmp_path: Path):
    inventory = Inventory(tmp_path / "inventory.sqlite")
    kafka = cluster(inventory, standard={})
    administrator = manager(inventory, kafka)
    topic(inventory, kafka)
    crn = f"{kafka.outputs['rbacCrn']}/kafka={kafka.id}/topic=orders"
    make(inventory, BINDING, principal="User:sa-00000001", roleName="ResourceOwner", crnPattern=crn)
    delete(inventory, administrator)


@pytest.mark.parametrize(("tier", "refused"), [("basic", True), ("standard", False)])
def test_basic_clusters_have_no_roles_for_topics_and_groups(tmp_path: Path, tier: str, refused: bool):
    inventory = Inventory(tmp_path / "inventory.sqlite")
    kafka = cluster(inventory, **{tier: {}})
    crn = kafka.outputs["rbacCrn"]
    reader: dict[str, Any] = {"principal": "User:pool-00000001", "roleName": "DeveloperRead"}
    answer = behaviour.refusal(
        kinds.kind(BINDING), None, {**reader, "crnPattern": f"{crn}/kafka={kafka.id}/topic=orders"}, inventory.active
    )
    assert ("not available for resources of a Basic" in str(answer)) is refused
    make(inventory, BINDING, **{**reader, "roleName": "CloudClusterAdmin", "crnPattern": crn})


def test_environments_and_clusters_with_objects_cannot_be_deleted(tmp_path: Path):
    inventory = Inventory(tmp_path / "inventory.sqlite")
    kafka = cluster(inventory, enterprises=[{}])
    environment = next(item for item in inventory.objects() if item.type == ENVIRONMENT)
    within: dict[str, Any] = {"environment": {"id": environment.id}}
    ksql = make(inventory, KSQL, displayName="pipes", kafkaCluster={"id": kafka.id}, **within)
    attachment = make(inventory, ATTACHMENT, displayName="pipes", **within, **PLACE)
    for held in (kafka, environment):
        with pytest.raises(RefusedError, match="still in use by"):
            delete(inventory, held)
    for gone in (ksql, attachment, kafka, environment):
        delete(inventory, gone)
    assert inventory.objects() == []


def test_a_cluster_with_deletion_protection_is_not_deleted(tmp_path: Path):
    inventory = Inventory(tmp_path / "inventory.sqlite")
    with pytest.raises(RefusedError, match="deletionProtection is on"):
        delete(inventory, cluster(inventory, standard={}, deletionProtection=True))


@pytest.mark.parametrize(
    ("tier", "host"),
    [
        ({"standard": {}}, r"pkc-\w{5}\.eu-west-1\.aws\.confluent\.cloud"),
        ({"enterprises": [{}]}, r"lkc-\w{8}\.eu-west-1\.aws\.private\.confluent\.cloud"),
    ],
)
def test_the_cluster_s_domain_depends_on_its_tier(tmp_path: Path, tier: dict[str, Any], host: str):
    kafka = cluster(Inventory(tmp_path / "inventory.sqlite"), **tier).outputs
    assert re.fullmatch(rf"SASL_SSL://{host}:9092", kafka["bootstrapEndpoint"])
    assert re.fullmatch(rf"https://{host}:443", kafka["restEndpoint"])


@pytest.mark.parametrize(
    ("cloud", "key", "form"),
    [
        ("AWS", "aws", r"\{'vpcEndpointServiceName': 'com\.amazonaws\.vpce\.here\.vpce-svc-\w{17}'\}"),
        ("AZURE", "azures", r".*'privateLinkServiceResourceId': '/subscriptions/.*/privateLinkServices/platt-\w{8}'\}"),
        (
            "GCP",
            "gcps",
            r"\{'privateServiceConnectServiceAttachment': 'projects/.*/regions/here/serviceAttachments/.*'\}",
        ),
    ],
)
def test_a_private_link_returns_the_service_of_the_stack_s_cloud(cloud: str, key: str, form: str):
    kind, given = kinds.kind(ATTACHMENT), {"cloud": cloud, "region": "here"}
    outputs: Mapping[str, Any] = kind.outputs("platt-00000001", "x", given)
    services = {each: outputs[each] for each in ("aws", "azures", "gcps")}
    assert re.fullmatch(form, str(services.pop(key)[0]))
    assert list(services.values()) == [[], []]
    assert outputs["dnsDomain"] == f"here.{cloud.lower()}.private.confluent.cloud"


def test_an_environment_has_one_schema_registry():
    token = f"{PREFIX}getSchemaRegistryCluster:getSchemaRegistryCluster"
    one, other = (kinds.invoke(token, {"environment": {"id": f"env-0000000{n}"}}) for n in (1, 2))
    assert one["id"] != other["id"]
    assert one["resourceName"].endswith(f"/environment=env-00000001/schema-registry={one['id']}")
    organization = kinds.invoke(f"{PREFIX}getOrganization:getOrganization", {})
    assert one["resourceName"].startswith(f"{organization['resourceName']}/environment=")


@pytest.mark.parametrize(
    ("role", "within", "readable"),
    [
        ("DeveloperManage", "topic=orders", True),
        ("DeveloperRead", "topic=orders", False),
        ("DeveloperManage", "topic=other", False),
        ("CloudClusterAdmin", "", True),
    ],
)
def test_a_topic_is_returned_only_to_an_account_that_may_describe_its_settings(
    tmp_path: Path, role: str, within: str, *, readable: bool
):
    inventory = Inventory(tmp_path / "inventory.sqlite")
    kafka = cluster(inventory, standard={})
    manager(inventory, kafka, role, within)
    args = {"kafkaCluster": {"id": kafka.id}, "topicName": "orders"}
    assert (kinds.kind(TOPIC).unreadable(args, inventory.active) is None) == readable
