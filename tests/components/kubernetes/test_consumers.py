"""Tests of a pipe's consumers on Kubernetes."""

import json
from pathlib import PurePosixPath

import pytest

from components.consumer import file_key
from tests.stacks import REMOVED, planned, shipped
from workbench.values import SECRET

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
CONTAINER = "spec.template.spec.containers[0]"


def deployment(plan=None):
    return (plan or shipped()).recording.one(DEPLOYMENT)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("apiVersion", "apps/v1"),
        ("spec.replicas", 3),
        (f"{CONTAINER}.imagePullPolicy", "Always"),
        (f"{CONTAINER}.ports", [{"name": "http", "containerPort": 8080, "protocol": "TCP"}]),
        (f"{CONTAINER}.env[0].name", "API_TOKEN"),
        (f"{CONTAINER}.env[0].valueFrom.secretKeyRef.key", "API_TOKEN"),
        (f"{CONTAINER}.volumeMounts[0].mountPath", "/etc/consumer/token"),
        (f"{CONTAINER}.volumeMounts[0].subPath", "file-etc_.consumer_.token"),
        ("spec.template.spec.volumes[0].secret.items[0].key", "file-etc_.consumer_.token"),
        ("spec.template.spec.nodeSelector", {"data-pipes/consumers": "true"}),
    ],
)
def test_the_default_deployment_has_every_field_of_the_worked_example(path, value):
    assert deployment().input(path) == value


def test_the_selector_matches_the_pods():
    spec = deployment().inputs["spec"]
    assert spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()


def test_the_config_map_has_the_whole_environment():
    settings = shipped().recording.one("kubernetes:core/v1:ConfigMap")
    assert settings.inputs["data"] == {
        "AWS_REGION": "eu-west-1",
        "KAFKA_BOOTSTRAP_SERVERS": shipped().recording.outputs["bootstrapServers"],
        "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "LOG_LEVEL": "info",
        "STREAM_DEAD_LETTERS": "orders.dead-letters",
        "STREAM_GROUP": "orders",
        "STREAM_MAX_DELIVERY_ATTEMPTS": "5",
        "STREAM_SERVICE": "kafka",
        "STREAM_TOPIC": "orders",
    }
    assert settings.urn in deployment().property_dependencies["spec"]
    assert len(deployment().input(f"{CONTAINER}.envFrom")) == 1


def test_secrets_stay_secret():
    secret = shipped().recording.one("kubernetes:core/v1:Secret")
    assert secret.inputs["stringData"] == SECRET
    assert secret.reveal("stringData") == {
        "API_TOKEN": "stand-in for secrets.ordersToken",
        "file-etc_.consumer_.token": "stand-in for secrets.ordersToken",
    }
    assert "stand-in" not in json.dumps(shipped().as_json())


def test_config_map_and_secret_have_generated_names_so_changes_restart_pods():
    for kind in ("ConfigMap", "Secret"):
        assert "name" not in shipped().recording.one(f"kubernetes:core/v1:{kind}").inputs["metadata"]


def test_a_consumer_without_secrets_has_no_secret_and_no_volume():
    plan = planned({"data-pipes:pipes": {"orders": {"consumer": {"secrets": REMOVED, "files": REMOVED}}}})
    assert plan.recording.of_type("kubernetes:core/v1:Secret") == ()
    assert "volumes" not in deployment(plan).input("spec.template.spec")


def test_pods_meet_the_restricted_level_that_the_namespace_enforces():
    namespace = shipped().recording.one("kubernetes:core/v1:Namespace")
    assert namespace.input("metadata.labels")["pod-security.kubernetes.io/enforce"] == "restricted"
    pod = deployment().input("spec.template.spec.securityContext")
    assert pod["runAsNonRoot"] is True
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    container = deployment().input(f"{CONTAINER}.securityContext")
    assert container["allowPrivilegeEscalation"] is False
    assert container["readOnlyRootFilesystem"] is True
    assert container["capabilities"] == {"drop": ["ALL"]}


def test_a_rollout_never_runs_more_consumers_than_partitions():
    strategy = deployment().input("spec.strategy")
    assert strategy == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": "25%"}}


def test_requests_equal_limits():
    resources = deployment().input(f"{CONTAINER}.resources")
    assert resources["requests"] == resources["limits"] == {"cpu": "500m", "memory": "1Gi"}


def test_consumers_have_probes_zone_spread_and_a_grace_period():
    container = deployment().input(CONTAINER)
    assert {
        probe: container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")
    } == {
        "startupProbe": "/live",
        "livenessProbe": "/live",
        "readinessProbe": "/ready",
    }
    [spread] = deployment().input("spec.template.spec.topologySpreadConstraints")
    assert spread["topologyKey"] == "topology.kubernetes.io/zone"
    assert deployment().input("spec.template.spec.terminationGracePeriodSeconds") == 60
    budget = shipped().recording.one("kubernetes:policy/v1:PodDisruptionBudget")
    assert budget.input("spec.maxUnavailable") == 1
    assert budget.input("spec.selector") == deployment().input("spec.selector")


def test_consumers_have_no_ingress_and_only_the_required_egress():
    plan = planned({"data-pipes:pipes": {"orders": {"consumer": {"egress": [{"cidr": "10.20.0.0/16", "port": 5432}]}}}})
    policy = plan.recording.one("kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs["spec"]
    assert policy["podSelector"] == {}
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in policy
    places = {(rule["to"][0]["ipBlock"]["cidr"], rule["ports"][0]["port"]) for rule in policy["egress"][1:]}
    assert places == {
        ("10.0.0.0/16", 9098),
        ("169.254.170.23/32", 80),
        ("0.0.0.0/0", 443),
        ("10.20.0.0/16", 5432),
    }


@pytest.mark.parametrize(
    ("image", "policy"),
    [("registry.example.com/orders:1", "Always"), (f"registry.example.com/orders@sha256:{'0' * 64}", "IfNotPresent")],
)
def test_a_tag_is_pulled_for_each_pod_and_a_digest_once(image, policy):
    plan = planned({"data-pipes:pipes": {"orders": {"consumer": {"image": image}}}})
    assert deployment(plan).input(f"{CONTAINER}.image") == image
    assert deployment(plan).input(f"{CONTAINER}.imagePullPolicy") == policy


def test_consumer_settings_are_applied_to_the_pods():
    consumer = {
        "cpu": "1",
        "memory": "2Gi",
        "environment": {"COLOUR": "red"},
        "nodeSelector": {"topology.kubernetes.io/zone": "eu-west-1a"},
        "gracePeriodSeconds": 300,
    }
    plan = planned({"data-pipes:pipes": {"orders": {"consumer": consumer}}})
    pod = deployment(plan).input("spec.template.spec")
    assert pod["containers"][0]["resources"]["limits"] == {"cpu": "1", "memory": "2Gi"}
    assert pod["nodeSelector"]["topology.kubernetes.io/zone"] == "eu-west-1a"
    assert pod["terminationGracePeriodSeconds"] == 300
    assert plan.recording.one("kubernetes:core/v1:ConfigMap").inputs["data"]["COLOUR"] == "red"


def test_pods_wait_for_their_identity_with_exactly_the_consumer_s_permissions():
    recorded = shipped().recording
    association = recorded.one("aws:eks/podIdentityAssociation:PodIdentityAssociation")
    assert association.urn in recorded.requirements(deployment())
    assert (association.inputs["namespace"], association.inputs["serviceAccount"]) == ("orders", "consumer")
    assert recorded.one("kubernetes:core/v1:ServiceAccount").inputs["automountServiceAccountToken"] is False
    [policy] = [
        each for each in recorded.of_type("aws:iam/rolePolicy:RolePolicy") if each.name == "aws-msk-eks-orders-role"
    ]
    assert policy.urn in recorded.requirements(association), "pods must not start before they have permissions"
    statements = json.loads(policy.inputs["policy"])["Statement"]
    arns = {kind: f"arn:aws:kafka:eu-west-1:123456789012:{kind}/aws-msk-eks/" for kind in ("cluster", "topic", "group")}
    assert [(each["Effect"], each["Action"]) for each in statements] == [
        ("Allow", ["kafka-cluster:Connect"]),
        ("Allow", ["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"]),
        ("Allow", ["kafka-cluster:DescribeGroup", "kafka-cluster:AlterGroup"]),
        ("Allow", ["kafka-cluster:WriteDataIdempotently"]),
        ("Allow", ["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"]),
    ]
    cluster, topic, group, same_cluster, dead_letters = (each["Resource"] for each in statements)
    assert same_cluster == cluster
    assert dead_letters == f"{topic}.dead-letters"
    assert cluster.startswith(arns["cluster"])
    assert topic.startswith(arns["topic"])
    assert topic.endswith("/orders")
    assert group.startswith(arns["group"])
    assert group.endswith("/orders")
    assert "*" not in policy.inputs["policy"]


def test_only_this_service_account_of_this_cluster_can_assume_the_role():
    [role] = [
        each for each in shipped().recording.of_type("aws:iam/role:Role") if each.name == "aws-msk-eks-orders-role"
    ]
    [statement] = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert statement["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    assert statement["Condition"] == {
        "StringEquals": {
            "aws:SourceAccount": "123456789012",
            "aws:RequestTag/kubernetes-namespace": "orders",
            "aws:RequestTag/kubernetes-service-account": "consumer",
        },
        "ArnEquals": {"aws:SourceArn": "arn:aws:eks:eu-west-1:123456789012:cluster/aws-msk-eks"},
    }


def test_no_two_paths_share_a_key():
    paths = ["/a/b", "/a_b", "/a.b", "/a-b", "/a_/b", "/a/_b", "/a__b", "/a_.b", "/a/.b", "/a./b"]
    assert len({file_key(PurePosixPath(path)) for path in paths}) == len(paths)


def test_readers_of_one_partition_each_are_a_stateful_set_with_parallel_start_and_stop():
    partitioned = {"data-pipes:pipes": {"orders": {"topic": {"mode": "partitioned"}}}}
    plan = planned(partitioned, stack="gcp-pubsub-gke")
    assert not plan.recording.of_type(DEPLOYMENT), "a second workload would be a second reader"
    consumers = plan.recording.one("kubernetes:apps/v1:StatefulSet")
    assert consumers.input("spec.replicas") == 3
    assert consumers.input("spec.podManagementPolicy") == "Parallel"
    assert consumers.input("spec.updateStrategy") == {"type": "RollingUpdate"}
    [number, subscription] = [
        each for each in consumers.input(f"{CONTAINER}.env") if each["name"].startswith("STREAM_")
    ]
    index = "metadata.labels['apps.kubernetes.io/pod-index']"
    assert number == {"name": "STREAM_PARTITION", "valueFrom": {"fieldRef": {"fieldPath": index}}}
    assert subscription["value"].endswith("/subscriptions/gcp-pubsub-gke-orders.$(STREAM_PARTITION)")
    labels = consumers.input("spec.template.metadata.labels")
    assert consumers.input("spec.selector.matchLabels").items() <= labels.items()


def test_pods_get_their_token_in_a_renewed_read_only_file():
    plan = shipped("aws-confluent-eks")
    workload = deployment(plan)
    [volume] = workload.input("spec.template.spec.volumes")
    [source] = volume["projected"]["sources"]
    token = {"audience": "confluent.cloud", "expirationSeconds": 3600, "path": "token"}
    assert source == {"serviceAccountToken": token}
    [mount] = workload.input(f"{CONTAINER}.volumeMounts")
    assert mount == {"name": volume["name"], "mountPath": "/var/run/secrets/data-pipes", "readOnly": True}
    settings = plan.recording.one("kubernetes:core/v1:ConfigMap").inputs["data"]
    assert settings["STREAM_TOKEN_FILE"] == "/var/run/secrets/data-pipes/token"
    assert workload.input("spec.template.spec.automountServiceAccountToken") is False
