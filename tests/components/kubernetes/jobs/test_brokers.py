"""The Job that finds brokers whose names no cloud API tells."""

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
    """The one object of a kind that is the job's own and is made, not only read."""
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


def test_it_runs_beside_the_jobs_that_make_topics_from_the_same_image_with_a_program_of_its_own(recording):
    topic = recording.one(f"{STACK}-orders-topic-job")
    [container] = pod(recording)["containers"]
    [beside] = topic.input("spec.template.spec.containers")
    assert container["image"] == beside["image"] == f"{recording.outputs['registry']}:topic-1.0.0"
    assert container["command"] == ["python", "/app/brokers.py"]
    assert "command" not in beside
    assert own(recording, "Job").inputs["metadata"]["namespace"] == NAMESPACE


def test_it_is_as_locked_down_as_every_pod_of_the_stack_and_ends_in_time(recording):
    spec = own(recording, "Job").inputs["spec"]
    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"]) == (5, 900)
    assert pod(recording)["restartPolicy"] == "Never"
    assert pod(recording)["securityContext"]["runAsNonRoot"] is True
    [container] = pod(recording)["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"


def test_brokers_that_are_missing_fail_the_job_without_another_try(recording):
    [rule] = own(recording, "Job").input("spec.podFailurePolicy.rules")
    [container] = pod(recording)["containers"]
    assert rule["action"] == "FailJob"
    assert rule["onExitCodes"] == {"containerName": container["name"], "operator": "In", "values": [program.main({})]}


def test_the_program_reads_what_the_job_tells_it(recording, tmp_path):
    variables = environment(recording)
    assert variables["BROKERS"] == "3"
    assert variables["CONFIG_MAP"] == own(recording, "ConfigMap").inputs["metadata"]["name"] == NAME
    credentials = {"AMBARI_USERNAME": "x", "AMBARI_PASSWORD": "x"}
    kubernetes = {"KUBERNETES_SERVICE_HOST": "10.245.0.1", "KUBERNETES_SERVICE_PORT": "443"}
    with pytest.raises(program.WrongEnvironmentError) as wrong:
        program.read({**variables, **credentials, **kubernetes}, tmp_path)
    [line] = str(wrong.value).splitlines()
    assert line.startswith("the service account at"), "all else is as the program wants it"
    assert program.KEY == KEY


def test_the_gateway_s_password_is_a_secret_that_this_job_alone_is_given(recording):
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


def test_it_may_read_and_change_one_config_map_and_nothing_else_in_the_cluster(recording):
    role, binding = own(recording, "Role"), own(recording, "RoleBinding")
    assert role.inputs["rules"] == [
        {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": [NAME], "verbs": ["get", "patch"]}
    ]
    assert binding.inputs["roleRef"]["name"] == role.inputs["metadata"]["name"]
    assert binding.inputs["subjects"] == [{"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}]
    assert {role.inputs["metadata"]["namespace"], binding.inputs["metadata"]["namespace"]} == {NAMESPACE}
    assert {role.urn, binding.urn} <= recording.requirements(own(recording, "Job"))


def test_only_its_pod_has_a_token_for_the_kubernetes_api(recording):
    assert pod(recording)["automountServiceAccountToken"] is True
    assert pod(recording)["serviceAccountName"] == NAME
    assert own(recording, "ServiceAccount").inputs["automountServiceAccountToken"] is False
    for each in recording.of_type("kubernetes:batch/v1:Job"):
        if each.urn != own(recording, "Job").urn:
            assert each.input("spec.template.spec.automountServiceAccountToken") is False


def test_nobody_reaches_it_and_it_reaches_dns_and_https_alone(recording):
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


def test_what_the_job_writes_is_read_after_it_and_never_taken_back(recording):
    found = own(recording, "ConfigMap")
    assert "data" not in found.inputs
    assert found.ignore_changes == ("data",)
    told = recording.one(f"{STACK}-brokers-told")
    assert told.external
    assert own(recording, "Job").urn in recording.requirements(told)
    servers = recording.outputs["bootstrapServers"].split(",")
    assert len(servers) == 3
    assert all(server.endswith(":9092") for server in servers)


def test_jobs_that_make_topics_and_consumers_get_the_brokers_from_it(recording):
    job = own(recording, "Job")
    topic = recording.one(f"{STACK}-orders-topic-job")
    [container] = topic.input("spec.template.spec.containers")
    variables = {variable["name"]: variable["value"] for variable in container["env"]}
    assert variables["KAFKA_BOOTSTRAP_SERVERS"] == recording.outputs["bootstrapServers"]
    assert job.urn in recording.requirements(topic)
    assert job.urn in recording.requirements(recording.one("kubernetes:apps/v1:Deployment"))


def test_a_preview_of_a_new_stack_knows_no_brokers_yet_and_all_else():
    plan = shipped(STACK, preview=True)
    assert plan.problems == ()
    assert plan.recording.outputs["bootstrapServers"] == "[unknown]"
    assert plan.recording.outputs["pipes"] == {"orders": {"topic": "orders", "partitions": 3, "replicas": 3}}


def test_it_runs_again_when_the_number_of_workers_changes():
    recording = planned({"data-pipes:streaming": {"brokers": 5}}, stack=STACK).recording
    assert environment(recording)["BROKERS"] == "5", "which makes it a new Job"
    assert own(recording, "Job").inputs["metadata"]["annotations"]["data-pipes/brokers"] == "5"
    assert "name" not in own(recording, "Job").inputs["metadata"]
    assert len(recording.outputs["bootstrapServers"].split(",")) == 5


def change(recording, present, wanted):
    """Run the update hooks of the Job's service account."""
    old, new = ({"metadata": {"annotations": {"data-pipes/brokers": str(number)}}} for number in (present, wanted))
    before_update(recording, own(recording, "ServiceAccount"), old, new)


def test_fewer_workers_are_refused_in_the_preview_and_more_are_let_through(recording):
    assert own(recording, "ServiceAccount").input('metadata.annotations["data-pipes/brokers"]') == "3"
    with pytest.raises(
        ChangeRefusedError,
        match=r"streaming\.brokers: cannot be changed from 5 to 3\. HDInsight cannot remove brokers.*Set brokers back to 5",
    ):
        change(recording, 5, 3)
    change(recording, 3, 3)
    change(recording, 3, 5)


def test_no_pipe_can_take_the_names_of_the_job():
    with pytest.raises(SettingsError, match="must not be the name of a namespace of the cluster"):
        planned({"data-pipes:pipes": {NAME: {"parallelism": 1}}}, stack=STACK)


def test_the_name_of_the_job_fits_with_any_stack_that_is_let_through():
    recording = planned({"data-pipes:name": "a-name-of-24-characters1"}, stack=STACK).recording
    [job] = [each for each in recording.of_type("kubernetes:batch/v1:Job") if each.name.endswith("-brokers-job")]
    assert len(f"{job.name}-01234567") <= 63
