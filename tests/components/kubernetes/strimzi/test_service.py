"""A Kafka cluster in containers: the operator, the pools of nodes and the cluster, and what cannot be done to them."""

from itertools import pairwise

import pytest

from components.changes import ChangeRefusedError
from tests.hooks import before_update
from tests.stacks import REMOVED, planned, shipped

STACK = "aws-kafka-eks"
KAFKA, POOL, TOPIC, USER = (
    f"kubernetes:kafka.strimzi.io/v1:{kind}" for kind in ("Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser")
)
RELEASE = "kubernetes:helm.sh/v3:Release"
NAMESPACE = "kubernetes:core/v1:Namespace"
BOTH = {"data-pipes:streaming": {"cruiseControl": True, "exporter": True}}
NODE_LABEL = {"key": "data-pipes/consumers", "operator": "In", "values": ["true"]}


@pytest.fixture(scope="module")
def recording():
    return shipped(STACK).recording


def pool(recording, name):
    return recording.one(f"{STACK}-{name}")


def topics(recording):
    """Those of the records and of the dead letters."""
    found = recording.of_type(TOPIC)
    assert len(found) == 2
    return found


def kafka(recording):
    return recording.one(KAFKA)


def namespace(recording):
    [found] = [each for each in recording.of_type(NAMESPACE) if each.inputs["metadata"]["name"] == "data-pipes-kafka"]
    return found


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize(
    "changes",
    [BOTH, {"data-pipes:platform": {"compute": "auto", "nodes": REMOVED}}, {"data-pipes:protect": False}],
    ids=["with all programs", "auto", "unprotected"],
)
def test_every_form_of_the_stack_is_sound(changes, preview):
    assert planned(changes, stack=STACK, preview=preview).problems == ()


def test_the_operator_is_pinned_and_makes_restricted_pods_in_a_namespace_that_admits_no_others(recording):
    release = recording.one(RELEASE).inputs
    assert release["chart"] == "oci://quay.io/strimzi-helm/strimzi-kafka-operator"
    assert release["version"] == "1.2.0"
    assert release["namespace"] == "data-pipes-kafka"
    assert release["values"]["extraEnvs"] == [{"name": "STRIMZI_POD_SECURITY_PROVIDER_CLASS", "value": "restricted"}]
    labels = namespace(recording).input("metadata.labels")
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_there_is_one_way_to_the_brokers_over_tls_for_clients_with_a_certificate(recording):
    spec = kafka(recording).inputs["spec"]["kafka"]
    [listener] = spec["listeners"]
    assert (listener["type"], listener["port"], listener["tls"]) == ("internal", 9093, True)
    assert listener["authentication"] == {"type": "tls"}
    assert spec["authorization"] == {"type": "simple"}, "without, every known client may do everything"


def test_brokers_let_in_the_pods_of_pipelines_alone(recording):
    [listener] = kafka(recording).input("spec.kafka.listeners")
    [peer] = listener["networkPolicyPeers"]
    consumers = recording.one("kubernetes:apps/v1:Deployment")
    [home] = [
        each
        for each in recording.of_type(NAMESPACE)
        if each.inputs["metadata"]["name"] == consumers.input("metadata.namespace")
    ]
    assert peer["podSelector"]["matchLabels"]
    assert peer["podSelector"]["matchLabels"].items() <= consumers.input("spec.template.metadata.labels").items()
    assert peer["namespaceSelector"]["matchLabels"]
    assert peer["namespaceSelector"]["matchLabels"].items() <= home.input("metadata.labels").items()


def test_topics_appear_only_by_this_program_and_no_record_is_lost_with_a_zone(recording):
    spec = kafka(recording).inputs["spec"]["kafka"]
    assert spec["version"] == "4.3.1"
    assert spec["rack"] == {"topologyKey": "topology.kubernetes.io/zone"}
    assert spec["config"] == {
        "auto.create.topics.enable": False,
        "default.replication.factor": 3,
        "min.insync.replicas": 2,
        "offsets.topic.replication.factor": 3,
        "transaction.state.log.min.isr": 2,
        "transaction.state.log.replication.factor": 3,
        "unclean.leader.election.enable": False,
    }


@pytest.mark.parametrize("made", ["clusterCa", "clientsCa"])
def test_a_copy_of_a_certificate_is_good_for_more_than_a_year_whenever_it_is_made(recording, made):
    authority = kafka(recording).inputs["spec"][made]
    assert authority["renewalDays"] > 366
    assert authority["validityDays"] > authority["renewalDays"] + 366, "it would be renewed all the time"


@pytest.mark.parametrize(
    ("name", "role", "room", "heap"),
    [
        ("brokers", "broker", {"cpu": "1000m", "memory": "4096Mi"}, "2048m"),
        ("controllers", "controller", {"cpu": "500m", "memory": "2048Mi"}, "1024m"),
    ],
)
def test_nodes_have_one_role_and_as_much_room_as_they_are_promised(recording, name, role, room, heap):
    spec = pool(recording, name).inputs["spec"]
    assert (spec["roles"], spec["replicas"]) == ([role], 3)
    assert spec["resources"] == {"requests": room, "limits": room}
    assert spec["jvmOptions"] == {"-Xms": heap, "-Xmx": heap}


@pytest.mark.parametrize(("name", "size"), [("brokers", "100Gi"), ("controllers", "20Gi")])
@pytest.mark.parametrize("stack", [STACK, "azure-kafka-aks"])
def test_each_node_has_a_volume_that_can_grow_on_every_cloud(stack, name, size):
    recording = shipped(stack).recording
    storage_class = recording.one("kubernetes:storage.k8s.io/v1:StorageClass")
    assert storage_class.inputs["allowVolumeExpansion"] is True
    volume = {
        "id": 0,
        "type": "persistent-claim",
        "size": size,
        "class": storage_class.input("metadata.name"),
        "deleteClaim": False,
        "kraftMetadata": "shared",
    }
    assert recording.one(f"{stack}-{name}").input("spec.storage") == {"type": "jbod", "volumes": [volume]}


@pytest.mark.parametrize("name", ["brokers", "controllers"])
def test_nodes_are_in_three_zones_or_wait_and_stand_before_consumers_in_their_own(recording, name):
    pod = pool(recording, name).input("spec.template.pod")
    zones, machines = pod["topologySpreadConstraints"]
    selector = {"matchLabels": {"strimzi.io/cluster": "data-pipes", "strimzi.io/pool-name": name}}
    assert zones == {
        "topologyKey": "topology.kubernetes.io/zone",
        "maxSkew": 1,
        "minDomains": 3,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": selector,
    }
    assert machines["topologyKey"] == "kubernetes.io/hostname"
    assert machines["labelSelector"] == selector
    priority = recording.one("kubernetes:scheduling.k8s.io/v1:PriorityClass")
    assert pod["priorityClassName"] == priority.input("metadata.name")
    assert priority.inputs["value"] > 0, "which is that of consumers"
    assert "priorityClassName" not in recording.one("kubernetes:apps/v1:Deployment").input("spec.template.spec")


def test_the_heap_of_a_large_broker_leaves_the_rest_to_its_cache():
    changes = {
        "data-pipes:streaming": {"cpu": "2", "memory": "32Gi"},
        "data-pipes:platform": {"nodes": {"instanceType": "r5.2xlarge"}},
    }
    spec = pool(planned(changes, stack=STACK).recording, "brokers").inputs["spec"]
    assert spec["jvmOptions"] == {"-Xms": "6144m", "-Xmx": "6144m"}


def test_everything_runs_on_the_nodes_that_room_was_counted_on():
    recording = planned(BOTH, stack=STACK).recording
    spec = kafka(recording).inputs["spec"]
    pods = [
        *(pool(recording, name).input("spec.template.pod") for name in ("brokers", "controllers")),
        *(spec[program]["template"]["pod"] for program in ("entityOperator", "cruiseControl", "kafkaExporter")),
    ]
    for pod in pods:
        terms = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        assert terms == {"nodeSelectorTerms": [{"matchExpressions": [NODE_LABEL]}]}
    assert recording.one(RELEASE).input("values.nodeSelector") == {"data-pipes/consumers": "true"}


@pytest.mark.parametrize(("setting", "program"), [("cruiseControl", "cruiseControl"), ("exporter", "kafkaExporter")])
def test_cruise_control_and_the_exporter_run_where_they_are_asked_for(setting, program):
    for wanted in (True, False):
        spec = kafka(planned({"data-pipes:streaming": {setting: wanted}}, stack=STACK).recording).inputs["spec"]
        assert (program in spec) is wanted


def test_cruise_control_moves_partitions_when_brokers_come_and_go():
    spec = kafka(planned(BOTH, stack=STACK).recording).inputs["spec"]
    assert spec["cruiseControl"]["autoRebalance"] == [{"mode": "add-brokers"}, {"mode": "remove-brokers"}]


def test_what_is_asked_for_is_awaited_but_for_pools_which_are_not_ready_without_a_cluster(recording):
    for resource in (kafka(recording), *topics(recording), recording.one(USER)):
        assert resource.input("metadata.annotations") == {"pulumi.com/waitFor": "condition=Ready"}
        assert resource.custom_timeouts["create"], "the provider's own ten minutes would do by chance alone"
    for each in recording.of_type(POOL):
        assert "annotations" not in each.inputs["metadata"]


def test_what_is_removed_goes_while_there_is_still_somebody_to_see_to_it(recording):
    deployment = recording.one("kubernetes:apps/v1:Deployment")
    order = [
        [namespace(recording)],
        [recording.one(RELEASE)],
        recording.of_type(POOL),
        [kafka(recording)],
        [*topics(recording), recording.one(USER)],
        [deployment],
    ]
    for earlier, later in pairwise(order):
        for each in later:
            assert {other.urn for other in earlier} <= set(recording.requirements(each)), each.name


def test_nothing_of_it_starts_before_there_are_nodes_and_volumes(recording):
    required = {recording.by_urn(urn).type for urn in recording.requirements(recording.one(RELEASE))}
    assert {"aws:eks/nodeGroup:NodeGroup", "aws:eks/addon:Addon"} <= required


@pytest.mark.parametrize("protect", [True, False])
def test_one_setting_protects_what_holds_records_and_keeps_the_volumes(protect):
    recording = planned({"data-pipes:protect": protect}, stack=STACK).recording
    holders = [namespace(recording), *recording.of_type(POOL), kafka(recording), *topics(recording)]
    assert {each.protect for each in holders} == {protect}
    for each in recording.of_type(POOL):
        [volume] = each.input("spec.storage.volumes")
        assert volume["deleteClaim"] is not protect


def storage(size):
    return {"spec": {"replicas": 3, "storage": {"type": "jbod", "volumes": [{"id": 0, "size": f"{size}Gi"}]}}}


def test_smaller_volumes_are_refused_in_the_preview(recording):
    brokers = pool(recording, "brokers")
    before_update(recording, brokers, old=storage(100), new=storage(101))
    before_update(recording, brokers, old=storage(100), new=storage(100))
    with pytest.raises(
        ChangeRefusedError, match=r"streaming\.diskSize: cannot be changed from 100 to 99 .*Set it back to 100 or more"
    ):
        before_update(recording, brokers, old=storage(100), new=storage(99))


def test_the_guard_of_volumes_reads_what_the_pool_says(recording):
    inputs = pool(recording, "brokers").revealed
    with pytest.raises(ChangeRefusedError, match="cannot be changed from 100 to 50"):
        before_update(recording, pool(recording, "brokers"), old=inputs, new=storage(50))


def replicas(number):
    return {"spec": {"replicas": number}}


def test_fewer_brokers_are_refused_while_nothing_moves_their_partitions(recording):
    before_update(recording, pool(recording, "brokers"), old=replicas(3), new=replicas(6))
    with pytest.raises(
        ChangeRefusedError, match=r"streaming\.brokers: cannot be changed from 6 to 3\. .* cruiseControl to true"
    ):
        before_update(recording, pool(recording, "brokers"), old=replicas(6), new=replicas(3))


def test_fewer_brokers_are_let_through_where_cruise_control_moves_them():
    recording = planned(BOTH, stack=STACK).recording
    before_update(recording, pool(recording, "brokers"), old=replicas(6), new=replicas(3))


def version(number):
    return {"spec": {"kafka": {"version": number}}}


@pytest.mark.parametrize(("present", "wanted"), [("4.2.1", "4.3.0"), ("4.3.1", "4.3.0"), ("4.9.0", "4.10.0")])
def test_a_newer_version_and_a_patch_back_are_let_through(recording, present, wanted):
    before_update(recording, kafka(recording), old=version(present), new=version(wanted))


def test_a_version_that_cannot_read_the_metadata_is_refused_in_the_preview(recording):
    with pytest.raises(ChangeRefusedError, match=r"streaming\.version: cannot be changed from 4\.3\.1 to 4\.2\.1"):
        before_update(recording, kafka(recording), old=version("4.3.1"), new=version("4.2.1"))


def test_it_is_the_same_cluster_on_every_cloud():
    on_aws, on_azure = (planned(BOTH, stack=stack).recording for stack in (STACK, "azure-kafka-aks"))
    for type_token in (RELEASE, KAFKA):
        assert on_azure.one(type_token).inputs == on_aws.one(type_token).inputs
