"""Tests of the Job that finds the brokers."""

import pytest

from components.changes import ChangeRefusedError
from components.kubernetes.jobs.brokers import KEY, NAME
from components.settings import SettingsError
from tests.hooks import before_update
from tests.stacks import planned, shipped
from topic import brokers as program

STACK = "azure-hdinsight-aks"
NAMESPACE = "data-pipes-topics"


@pytest.fixture(scope="module")
def recording():
    return shipped(STACK).recording


def own(recording, kind):
    """Return the job's only object of a kind that is created and not only read."""
    [found] = [
        each
        for each in recording.resources
        if each.type.endswith(f":{kind}") and each.name.startswith(f"{STACK}-brokers-") and not each.external
    ]
    return found


def pod(recording):
    return own(recording, "Job").input("spec.template.spec")


def environment(recording):
    [container] = pod(recording)["containers"]
    return {variable["name"]: variable["value"] for variable in container["env"]}


def test_the_brokers_job_uses_the_topic_image_with_another_program(recording):
    topic = recording.one(f"{STACK}-orders-topic-job")
    [container] = pod(recording)["containers"]
    [beside] = topic.input("spec.template.spec.containers")
    assert container["image"] == beside["image"] == f"{recording.outputs['registry']}:topic-1.0.0"
    assert container["command"] == ["python", "/app/brokers.py"]
    assert "command" not in beside
    assert own(recording, "Job").inputs["metadata"]["namespace"] == NAMESPACE


def test_the_brokers_job_has_a_restricted_pod_and_a_time_limit(recording):
    spec = own(recording, "Job").inputs["spec"]
    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"]) == (5, 900)
    assert pod(recording)["restartPolicy"] == "Never"
    assert pod(recording)["securityContext"]["runAsNonRoot"] is True
    [container] = pod(recording)["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"


def test_an_invalid_environment_fails_the_job_without_retries(recording):
    [rule] = own(recording, "Job").input("spec.podFailurePolicy.rules")
    [container] = pod(recording)["containers"]
    assert rule["action"] == "FailJob"
    assert rule["onExitCodes"] == {"containerName": container["name"], "operator": "In", "values": [program.main({})]}


def test_the_program_accepts_the_environment_of_the_job(recording, tmp_path):
    variables = environment(recording)
    assert variables["BROKERS"] == "3"
    assert variables["CONFIG_MAP"] == own(recording, "ConfigMap").inputs["metadata"]["name"] == NAME
    credentials = {"AMBARI_USERNAME": "x", "AMBARI_PASSWORD": "x"}
    kubernetes = {"KUBERNETES_SERVICE_HOST": "10.245.0.1", "KUBERNETES_SERVICE_PORT": "443"}
    with pytest.raises(program.WrongEnvironmentError) as wrong:
        program.read({**variables, **credentials, **kubernetes}, tmp_path)
    [line] = str(wrong.value).splitlines()
    assert line.startswith("the service account at"), "the program must accept all other variables"
    assert program.KEY == KEY


def test_only_the_brokers_job_gets_the_gateway_password(recording):
    secret = own(recording, "Secret")
    assert secret.inputs["stringData"] == "[secret]"
    assert secret.reveal("stringData")["AMBARI_USERNAME"] == "admin"
    password = secret.reveal("stringData")["AMBARI_PASSWORD"]
    assert password == recording.one(f"{STACK}-hdinsight-gateway").reveal("properties.value")
    [container] = pod(recording)["containers"]
    assert container["envFrom"] == [{"secretRef": {"name": NAME}}]
    others = [each for each in recording.of_type("kubernetes:batch/v1:Job") if each.urn != own(recording, "Job").urn]
    assert others
    assert not any(
        "envFrom" in container for each in others for container in each.input("spec.template.spec.containers")
    )


def test_the_brokers_job_can_read_and_patch_only_its_config_map(recording):
    role, binding = own(recording, "Role"), own(recording, "RoleBinding")
    assert role.inputs["rules"] == [
        {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": [NAME], "verbs": ["get", "patch"]}
    ]
    assert binding.inputs["roleRef"]["name"] == role.inputs["metadata"]["name"]
    assert binding.inputs["subjects"] == [{"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}]
    assert {role.inputs["metadata"]["namespace"], binding.inputs["metadata"]["namespace"]} == {NAMESPACE}
    assert {role.urn, binding.urn} <= recording.requirements(own(recording, "Job"))


def test_only_the_brokers_pod_has_a_token_for_the_kubernetes_api(recording):
    assert pod(recording)["automountServiceAccountToken"] is True
    assert pod(recording)["serviceAccountName"] == NAME
    assert own(recording, "ServiceAccount").inputs["automountServiceAccountToken"] is False
    for each in recording.of_type("kubernetes:batch/v1:Job"):
        if each.urn != own(recording, "Job").urn:
            assert each.input("spec.template.spec.automountServiceAccountToken") is False


def test_the_brokers_job_has_no_ingress_and_only_dns_and_https_egress(recording):
    policy = own(recording, "NetworkPolicy")
    spec = policy.inputs["spec"]
    labels = own(recording, "Job").input("spec.template.metadata.labels")
    assert spec["podSelector"]["matchLabels"].items() <= labels.items()
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in spec
    assert [port["port"] for port in spec["egress"][0]["ports"]] == [53, 53]
    [https] = spec["egress"][1:]
    assert (https["to"][0]["ipBlock"]["cidr"], https["ports"]) == ("0.0.0.0/0", [{"port": 443, "protocol": "TCP"}])
    assert policy.urn in recording.requirements(own(recording, "Job"))


def test_the_config_map_is_read_after_the_job_and_never_reset(recording):
    found = own(recording, "ConfigMap")
    assert "data" not in found.inputs
    assert found.ignore_changes == ("data",)
    written = recording.one(f"{STACK}-brokers-told")
    assert written.external
    assert own(recording, "Job").urn in recording.requirements(written)
    servers = recording.outputs["bootstrapServers"].split(",")
    assert len(servers) == 3
    assert all(server.endswith(":9092") for server in servers)


def test_topic_jobs_and_consumers_use_the_found_brokers(recording):
    job = own(recording, "Job")
    topic = recording.one(f"{STACK}-orders-topic-job")
    [container] = topic.input("spec.template.spec.containers")
    variables = {variable["name"]: variable["value"] for variable in container["env"]}
    assert variables["KAFKA_BOOTSTRAP_SERVERS"] == recording.outputs["bootstrapServers"]
    assert job.urn in recording.requirements(topic)
    assert job.urn in recording.requirements(recording.one("kubernetes:apps/v1:Deployment"))


def test_in_a_preview_only_the_brokers_are_unknown():
    plan = shipped(STACK, preview=True)
    assert plan.problems == ()
    assert plan.recording.outputs["bootstrapServers"] == "[unknown]"
    assert plan.recording.outputs["pipes"] == {"orders": {"topic": "orders", "partitions": 3, "replicas": 3}}


def test_the_brokers_job_runs_again_if_the_number_of_brokers_changes():
    recording = planned({"data-pipes:streaming": {"brokers": 5}}, stack=STACK).recording
    assert environment(recording)["BROKERS"] == "5", "a changed number must create a new Job"
    assert own(recording, "Job").inputs["metadata"]["annotations"]["data-pipes/brokers"] == "5"
    assert "name" not in own(recording, "Job").inputs["metadata"]
    assert len(recording.outputs["bootstrapServers"].split(",")) == 5


def change(recording, present, wanted):
    """Run the update hooks of the Job's service account."""
    old, new = ({"metadata": {"annotations": {"data-pipes/brokers": str(number)}}} for number in (present, wanted))
    before_update(recording, own(recording, "ServiceAccount"), old, new)


def test_fewer_brokers_are_refused_in_the_preview_and_more_are_accepted(recording):
    assert own(recording, "ServiceAccount").input('metadata.annotations["data-pipes/brokers"]') == "3"
    with pytest.raises(
        ChangeRefusedError,
        match=r"streaming\.brokers: cannot be changed from 5 to 3\. HDInsight cannot remove brokers.*Set brokers back to 5",
    ):
        change(recording, 5, 3)
    change(recording, 3, 3)
    change(recording, 3, 5)


def test_no_pipe_can_have_the_name_of_the_brokers_job():
    with pytest.raises(SettingsError, match="must not be the name of a namespace of the cluster"):
        planned({"data-pipes:pipes": {NAME: {"parallelism": 1}}}, stack=STACK)


def test_the_job_name_is_valid_for_the_longest_stack_name():
    recording = planned({"data-pipes:name": "a-name-of-24-characters1"}, stack=STACK).recording
    [job] = [each for each in recording.of_type("kubernetes:batch/v1:Job") if each.name.endswith("-brokers-job")]
    assert len(f"{job.name}-01234567") <= 63
