"""Tests of the simulated GCP: responses, stored values, refusals and kept names. They need no engine."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from workbench.cloud import behaviour, kinds
from workbench.cloud.gcp import preconditions
from workbench.cloud.gcp.resource import NUMBER, agent
from workbench.cloud.inventory import CloudObject, Inventory, RefusedError
from workbench.cloud.kubernetes import cluster

GKE, POOL = "gcp:container/cluster:Cluster", "gcp:container/nodePool:NodePool"
TOPIC, SUBSCRIPTION = "gcp:pubsub/topic:Topic", "gcp:pubsub/subscription:Subscription"
KAFKA, KAFKA_TOPIC, ACL = "gcp:managedkafka/cluster:Cluster", "gcp:managedkafka/topic:Topic", "gcp:managedkafka/acl:Acl"
NETWORK, SUBNET = "gcp:compute/network:Network", "gcp:compute/subnetwork:Subnetwork"
RING, KEY, KEY_USER = (
    "gcp:kms/keyRing:KeyRing",
    "gcp:kms/cryptoKey:CryptoKey",
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
)
ACCOUNT, ACCOUNT_USER = "gcp:serviceaccount/account:Account", "gcp:serviceaccount/iAMMember:IAMMember"
SERVICE, AGENT = "gcp:projects/service:Service", "gcp:projects/serviceIdentity:ServiceIdentity"
PROJECT_ROLE, TOPIC_ROLE = "gcp:projects/iAMMember:IAMMember", "gcp:pubsub/topicIAMMember:TopicIAMMember"
PLACE = {"project": "pipes-1", "region": "europe-west1"}
GIB = 2**30


def there(**objects: Mapping[str, Any]) -> Callable[[str], list[Mapping[str, Any]]]:
    """Return a cloud with at most one object of each type."""
    types = {"gke": GKE, "subnet": SUBNET, "topic": TOPIC, "zone": "gcp:dns/managedZone:ManagedZone"}
    return lambda token: [inputs for name, inputs in objects.items() if types[name] == token]


def thing(type_token: str, inputs: Mapping[str, Any], settings: Mapping[str, Any] = PLACE) -> CloudObject:
    kind = kinds.kind(type_token)
    id_ = kind.identifier("x", {**settings, **inputs})
    outputs = {**kind.outputs(id_, "x", {**settings, **inputs}), **inputs}
    return CloudObject(type=type_token, id=id_, urn=f"urn of {id_}", status="", inputs=dict(inputs), outputs=outputs)


def make(inventory: Inventory, type_token: str, **inputs: Any) -> CloudObject:
    made = thing(type_token, inputs)
    inventory.create(kinds.kind(type_token), made, "")
    inventory.settle(made.type, made.id, "create")
    return made


def delete(inventory: Inventory, gone: CloudObject) -> None:
    inventory.delete(kinds.kind(gone.type), gone.type, gone.id)
    inventory.settle(gone.type, gone.id, "delete")


def refused(inventory: Inventory, type_token: str, **inputs: Any) -> str:
    return preconditions.refusal(inventory, type_token, inputs, PLACE) or ""


@pytest.fixture
def inventory(tmp_path: Path) -> Inventory:
    return Inventory(tmp_path / "inventory.sqlite")


def capacity(cpus: int, memory: int) -> dict[str, Any]:
    return {"capacityConfig": {"vcpuCount": str(cpus), "memoryBytes": str(memory * GIB)}}


@pytest.mark.parametrize(
    ("token", "old", "new", "answer"),
    [
        (TOPIC, None, {"name": "google-orders"}, "not begin with goog"),
        (TOPIC, None, {"name": "or"}, "3 to 255"),
        (TOPIC, None, {"name": "pipes-orders.dead-letters"}, None),
        (TOPIC, None, {"messageRetentionDuration": "599s"}, "10 minutes to 31 days"),
        (SUBSCRIPTION, None, {"filter": 'attributes.a = "' + "x" * 256 + '"'}, "most is 256"),
        (SUBSCRIPTION, None, {"ackDeadlineSeconds": 601}, "601 is not 10 to 600"),
        (SUBSCRIPTION, None, {"deadLetterPolicy": {"maxDeliveryAttempts": 4}}, "4 is not 5 to 100"),
        (SUBSCRIPTION, None, {"retryPolicy": {"maximumBackoff": "601s"}}, "maximumBackoff"),
        (SUBSCRIPTION, None, {"retryPolicy": {"minimumBackoff": "0s", "maximumBackoff": "600s"}}, None),
        (SUBSCRIPTION, None, {"enableExactlyOnceDelivery": True, "pushConfig": {"a": "b"}}, "only supported on pull"),
        (SUBSCRIPTION, {"name": "a"}, {"name": "a", "enableExactlyOnceDelivery": True}, None),
        (KAFKA, None, capacity(2, 8), "at least 3, not 2"),
        (KAFKA, None, capacity(3, 25), "1 to 8 GiB"),
        (KAFKA, None, capacity(3, 2), "1 to 8 GiB"),
        (KAFKA, None, capacity(3, 24), None),
        (KAFKA, None, {"brokerCapacityConfig": {"diskSizeGib": "99"}}, "at least 100"),
        (KAFKA, {"kafkaVersion": "4.1.x"}, {"kafkaVersion": "3.7.x"}, "cannot be lowered"),
        (KAFKA, {"kafkaVersion": "3.7.x"}, {"kafkaVersion": "4.1.x"}, None),
        (KAFKA_TOPIC, {"partitionCount": 6}, {"partitionCount": 3}, "cannot be decreased: it is 6, 3 was asked for"),
        (KAFKA_TOPIC, {"partitionCount": 3}, {"partitionCount": 6}, None),
        (ACL, None, {"aclId": "topics/orders"}, "not one of cluster, topic/NAME"),
        (ACL, None, {"aclId": "consumerGroupPrefixed/orders"}, None),
        (ACL, None, {"aclId": "allTopics"}, None),
        (GKE, None, {"name": "x" * 41, "initialNodeCount": 1}, "longer than 40"),
        (GKE, None, {"name": "pipes"}, "initial_node_count must be greater than zero"),
        (GKE, None, {"enableAutopilot": True, "removeDefaultNodePool": True}, "conflicts with enable_autopilot"),
        (GKE, None, {"enableAutopilot": True}, None),
        (ACCOUNT, None, {"accountId": "x" * 31}, "6 to 30 characters"),
        (ACCOUNT, None, {"accountId": "pipes-orders"}, None),
    ],
)
def test_a_service_refuses_invalid_inputs(
    token: str, old: dict[str, Any] | None, new: dict[str, Any], answer: str | None
):
    answered = behaviour.refusal(kinds.kind(token), old, new, there(topic={"name": "orders"}))
    assert answered is None if answer is None else re.search(answer, answered or ""), answered


@pytest.mark.parametrize(
    ("token", "new", "answer"),
    [
        (SUBSCRIPTION, {"topic": "projects/pipes-1/topics/payments"}, r"Resource not found \(resource=payments\)"),
        (SUBSCRIPTION, {"topic": "projects/pipes-1/topics/orders"}, None),
        (
            SUBSCRIPTION,
            {"topic": "orders", "deadLetterPolicy": {"deadLetterTopic": "projects/pipes-1/topics/lost"}},
            "resource=lost",
        ),
        (POOL, {"cluster": "auto"}, "do not support creating or modifying node pools"),
        (POOL, {"cluster": "other", "autoscaling": {"totalMinNodeCount": 4, "totalMaxNodeCount": 3}}, "4 is greater"),
        (
            SUBNET,
            {"name": "b", "network": "pipes", "ipCidrRange": "10.0.8.0/22"},
            "conflicts with existing subnetwork 'a'",
        ),
        (
            SUBNET,
            {
                "name": "b",
                "network": "other",
                "ipCidrRange": "10.0.0.0/16",
                "secondaryIpRanges": [{"rangeName": "pods", "ipCidrRange": "10.0.64.0/18"}],
            },
            "conflicts with existing subnetwork 'b'",
        ),
        (SUBNET, {"name": "b", "network": "other", "ipCidrRange": "10.0.0.0/16"}, None),
        (
            GKE,
            {
                "initialNodeCount": 1,
                "subnetwork": "projects/pipes-1/regions/europe-west1/subnetworks/a",
                "ipAllocationPolicy": {"clusterSecondaryRangeName": "pods", "servicesSecondaryRangeName": "services"},
            },
            'secondary range "services" does not exist in subnetwork "a"',
        ),
        ("gcp:dns/recordSet:RecordSet", {"managedZone": "link", "name": "*.other.cloud."}, r"is not in pipes\.cloud\."),
        ("gcp:dns/recordSet:RecordSet", {"managedZone": "link", "name": "*.pipes.cloud."}, None),
    ],
)
def test_a_service_refuses_inputs_that_conflict_with_other_objects(token: str, new: dict[str, Any], answer: str | None):
    pods = [{"rangeName": "pods", "ipCidrRange": "10.0.8.0/21"}]
    others = there(
        gke={"name": "auto", "enableAutopilot": True},
        subnet={"name": "a", "network": "pipes", "ipCidrRange": "10.0.0.0/21", "secondaryIpRanges": pods},
        topic={"name": "orders"},
        zone={"name": "link", "dnsName": "pipes.cloud."},
    )
    answered = behaviour.refusal(kinds.kind(token), None, {**PLACE, **new}, others)
    assert answered is None if answer is None else re.search(answer, answered or ""), answered


def test_ids_match_the_providers_for_full_and_short_names():
    def id_(token: str, **inputs: Any) -> str:
        return kinds.kind(token).identifier("x", {**PLACE, **inputs})

    whole = id_(GKE, name="pipes", location="europe-west1")
    assert whole == "projects/pipes-1/locations/europe-west1/clusters/pipes"
    for given in ("pipes", whole):
        assert id_(POOL, cluster=given, name="nodes", location="europe-west1") == f"{whole}/nodePools/nodes"
    topic = id_(TOPIC, name="orders")
    role = {"role": "roles/pubsub.publisher", "member": "user:a@b.c"}
    assert id_(TOPIC_ROLE, topic=topic, **role) == f"{topic}/roles/pubsub.publisher/user:a@b.c"
    assert (
        id_(KEY, keyRing="projects/p/locations/l/keyRings/r", name="k")
        == "projects/p/locations/l/keyRings/r/cryptoKeys/k"
    )
    assert id_(ACL, cluster="pipes", location="l", aclId="topic/orders").endswith("/clusters/pipes/acls/topic/orders")
    assert id_(ACCOUNT, accountId="pipes-orders").endswith("/pipes-orders@pipes-1.iam.gserviceaccount.com")
    once, twice = ({"condition": {"title": title}} for title in ("one cluster", "another"))
    assert id_(PROJECT_ROLE, **role, **once) != id_(PROJECT_ROLE, **role, **twice)


def test_default_labels_are_added_to_an_objects_labels_and_kept_in_an_update():
    kind, settings = kinds.kind(TOPIC), {"defaultLabels": '{"team": "pipes"}'}
    state = {"labels": {"mode": "shared"}, **kind.outputs("id", "x", {**settings, "labels": {"mode": "shared"}})}
    assert state["effectiveLabels"] == state["pulumiLabels"] == {"team": "pipes", "mode": "shared"}
    assert kind.updated(state, {"labels": {"mode": "other"}})["pulumiLabels"] == {"team": "pipes", "mode": "other"}
    assert kind.updated(state, {"labels": {}})["pulumiLabels"] == {"team": "pipes"}
    assert kind.updated(state, {"labels": {"mode": "shared"}}) == {}


def test_no_api_is_called_before_it_is_enabled(inventory: Inventory):
    assert "pubsub.googleapis.com has not been used in project pipes-1 before" in refused(inventory, TOPIC)
    make(inventory, SERVICE, service="pubsub.googleapis.com")
    assert refused(inventory, TOPIC) == ""
    assert "cloudkms.googleapis.com" in refused(inventory, RING)


def test_a_new_account_can_be_referenced_only_after_its_creation(inventory: Inventory):
    for api in ("pubsub", "iam", "container", "cloudresourcemanager"):
        make(inventory, SERVICE, service=f"{api}.googleapis.com")
    email = "pipes-nodes@pipes-1.iam.gserviceaccount.com"
    node = {"nodeConfig": {"serviceAccount": email}}
    assert refused(inventory, TOPIC_ROLE, member="serviceAccount:writer@pipes-1.iam.gserviceaccount.com") == "", (
        "an account of another project"
    )
    inventory.create(kinds.kind(ACCOUNT), thing(ACCOUNT, {"accountId": "pipes-nodes"}), "")
    for token, named in ((POOL, node), (PROJECT_ROLE, {"member": f"serviceAccount:{email}"})):
        assert f"Service account {email} does not exist" in refused(inventory, token, **named)
    inventory.settle(ACCOUNT, thing(ACCOUNT, {"accountId": "pipes-nodes"}).id, "create")
    assert refused(inventory, POOL, **node) == ""
    make(inventory, TOPIC_ROLE, topic="orders", member="serviceAccount:later@pipes-1.iam.gserviceaccount.com")
    assert "did not exist when urn of" in refused(inventory, ACCOUNT, accountId="later")


def test_a_service_has_no_agent_until_it_is_requested(inventory: Inventory):
    make(inventory, SERVICE, service="pubsub.googleapis.com")
    member = f"serviceAccount:{agent('gcp-sa-pubsub')}"
    assert f"service-{NUMBER}@gcp-sa-pubsub" in refused(inventory, TOPIC_ROLE, member=member)
    made = make(inventory, AGENT, service="pubsub.googleapis.com")
    assert made.outputs["member"] == member
    assert refused(inventory, TOPIC_ROLE, member=member) == ""
    kubernetes = {"member": f"serviceAccount:{agent('container-engine-robot')}"}
    assert refused(inventory, TOPIC_ROLE, **kubernetes)
    make(inventory, SERVICE, service="container.googleapis.com")
    assert refused(inventory, TOPIC_ROLE, **kubernetes) == "", "this agent is created with its API"


def test_the_identity_pool_exists_after_the_first_cluster(inventory: Inventory):
    for api in ("iam", "container"):
        make(inventory, SERVICE, service=f"{api}.googleapis.com")
    pod = {"member": "serviceAccount:pipes-1.svc.id.goog[orders/orders]"}
    assert "Identity Pool does not exist (pipes-1.svc.id.goog)" in refused(inventory, ACCOUNT_USER, **pod)
    make(inventory, GKE, name="plain", location="europe-west1")
    assert refused(inventory, ACCOUNT_USER, **pod), "that cluster has no pool"
    make(
        inventory,
        GKE,
        name="pipes",
        location="europe-west1",
        workloadIdentityConfig={"workloadPool": "pipes-1.svc.id.goog"},
    )
    assert refused(inventory, ACCOUNT_USER, **pod) == ""


@pytest.mark.parametrize(
    ("token", "inputs", "domain"),
    [
        (TOPIC, {"kmsKeyName": "K"}, "gcp-sa-pubsub"),
        (KAFKA, {"gcpConfig": {"kmsKey": "K"}}, "gcp-sa-managedkafka"),
        (GKE, {"databaseEncryption": {"keyName": "K"}}, "container-engine-robot"),
        ("gcp:artifactregistry/repository:Repository", {"kmsKeyName": "K"}, "gcp-sa-artifactregistry"),
    ],
)
def test_encryption_requires_permission_to_use_the_key(
    inventory: Inventory, token: str, inputs: dict[str, Any], domain: str
):
    for api in ("pubsub", "managedkafka", "container", "artifactregistry"):
        make(inventory, SERVICE, service=f"{api}.googleapis.com")
    use = {"cryptoKeyId": "K", "member": f"serviceAccount:{agent(domain)}"}
    make(inventory, KEY_USER, **{**use, "cryptoKeyId": "another"}, role="roles/cloudkms.cryptoKeyEncrypterDecrypter")
    make(inventory, KEY_USER, **use, role="roles/cloudkms.viewer")
    assert "'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource 'K'" in refused(inventory, token, **inputs)
    make(inventory, KEY_USER, **use, role="roles/cloudkms.cryptoKeyEncrypterDecrypter")
    assert refused(inventory, token, **inputs) == ""
    assert refused(inventory, token) == "", "Google-managed keys need no permission"


def test_deleted_key_rings_and_keys_keep_their_names_in_use(inventory: Inventory):
    ring = make(inventory, RING, name="pipes", location="europe-west1")
    key = make(inventory, KEY, keyRing=ring.id, name="orders")
    for gone in (key, ring):
        delete(inventory, gone)
        assert inventory.find(gone.type, gone.id) is None
    assert inventory.objects() == []
    for again in (ring, key):
        with pytest.raises(RefusedError, match="exists already"):
            inventory.create(kinds.kind(again.type), again, "")


def test_a_protected_cluster_is_not_deleted_and_a_deletion_includes_the_pools(inventory: Inventory):
    cluster_made = make(inventory, GKE, name="pipes", location="europe-west1", deletionProtection=False)
    make(inventory, POOL, cluster="pipes", location="europe-west1", name="nodes")
    kept = kinds.kind(GKE).blocks_delete
    for inputs in ({}, {"deletionProtection": True}):
        assert "Cannot destroy cluster because deletion_protection is set to true" in (
            kept(inputs, inventory.others) or ""
        )
    delete(inventory, cluster_made)
    assert inventory.objects() == []
    assert "deletion_policy" in (kinds.kind(TOPIC).blocks_delete({"deletionPolicy": "PREVENT"}, inventory.others) or "")


def test_a_network_with_objects_cannot_be_deleted(inventory: Inventory):
    network = make(inventory, NETWORK, name="pipes")
    subnet = make(inventory, SUBNET, name="pipes", network=network.id, ipCidrRange="10.0.0.0/20")
    router = make(inventory, "gcp:compute/router:Router", name="pipes", network=network.outputs["selfLink"])
    nat = make(inventory, "gcp:compute/routerNat:RouterNat", name="pipes", router="pipes")
    networks = [{"subnet": subnet.id}]
    kafka = make(
        inventory, KAFKA, clusterId="pipes", location="l", gcpConfig={"accessConfig": {"networkConfigs": networks}}
    )
    for used, by in ((network, SUBNET), (subnet, KAFKA), (router, nat.type)):
        with pytest.raises(RefusedError, match=f"still in use by {by}"):
            delete(inventory, used)
    for gone in (kafka, nat, subnet):
        delete(inventory, gone)
    with pytest.raises(RefusedError, match="still in use by gcp:compute/router:Router"):
        delete(inventory, network)
    for gone in (router, network):
        delete(inventory, gone)
    assert inventory.objects() == []


def test_a_cluster_without_its_default_pool_returns_another_pools_nodes(inventory: Inventory):
    first = {"machineType": "e2-medium", "serviceAccount": "a"}
    given = {"name": "pipes", "removeDefaultNodePool": True, "initialNodeCount": 1, "nodeConfig": first}
    assert kinds.kind(GKE).drift(given, inventory.others) == {}
    make(inventory, POOL, cluster="pipes", location="l", name="nodes", nodeConfig={"machineType": "e2-standard-4"})
    found = kinds.kind(GKE).drift(given, inventory.others)
    assert found["nodeConfig"] == {"machineType": "e2-standard-4", "serviceAccount": "a"}
    assert kinds.kind(GKE).drift({**given, "name": "other"}, inventory.others) == {}
    assert kinds.kind(POOL).stored({"autoscaling": {"a": 1}, "nodeCount": 3}) == {"nodeCount": 4}
    assert kinds.kind(POOL).stored({"nodeCount": 3, "version": "1.35"})["version"].startswith("1.35.")


@pytest.mark.parametrize("path", ["dns", "address"])
def test_an_existing_cluster_is_found_by_name_and_address(inventory: Inventory, path: str):
    given = {"name": "pipes", "location": "europe-west1"}
    outputs = thing(GKE, given).outputs
    dns = outputs["controlPlaneEndpointsConfig"]["dnsEndpointConfig"]["endpoint"]
    assert dns.endswith(f"-{NUMBER}.europe-west1.gke.goog")
    server = f"https://{dns if path == 'dns' else outputs['endpoint']}"
    assert not cluster.is_up(inventory, server)
    make(inventory, GKE, **given)
    assert cluster.is_up(inventory, server)


def test_the_project_is_the_providers():
    place = kinds.place("gcp", {**PLACE, "defaultLabels": "{}", "credentials": "secret"})
    assert set(place) == {"project", "region", "defaultLabels"}
    [project] = kinds.invoke("gcp:projects/getProject:getProject", {"filter": "id:pipes-1"})["projects"]
    assert (project["projectId"], project["number"]) == ("pipes-1", NUMBER)
    host = kinds.kind(KAFKA).outputs(
        "projects/p/locations/l/clusters/pipes", "x", {**PLACE, "location": "europe-west1"}
    )
    assert host["bootstrapAddress"] == "bootstrap.pipes.europe-west1.managedkafka.pipes-1.cloud.goog"
